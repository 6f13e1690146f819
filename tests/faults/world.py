"""What DokStamp should hold after what the SIS said, what it does hold, and how the two differ.

Worked out from the records alone, with nothing of the project's own code: a second opinion.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.faults.school import Json, Sections

Name = tuple[str, str]
"""A kind of thing and what names it in the SIS, e.g. ``("course", "CS")``."""
Wanted = dict[Name, Json]
Found = list[tuple[Name, Json]]

TENANT = "sandbox"
_COHORT_WORDS = {"in_person": "presential", "online": "remote", "remote": "remote", "hybrid": "hybrid"}
_MODULE_WORDS = {"presential": "in_person", "remote": "online"}


def wanted(*messages: Sections) -> Wanted:
    """What DokStamp should hold after these messages, said in this order."""
    world: Wanted = {}
    names: dict[Name, Name] = {}
    for message in messages:
        for section, records in message.items():
            for record in records:
                _forget_old_name(world, names, section, record)
                _TELL[section](world, record)
    return world


def _forget_old_name(world: Wanted, names: dict[Name, Name], section: str, said: Json) -> None:
    """What is said again under its ``sis_id`` is no second thing; ``names`` keeps what each was called last."""
    kind, field_ = _NAMED_BY.get(section, ("", ""))
    if "sis_id" in said and field_ in said:
        name = kind, said[field_]
        world.pop(names.get((kind, said["sis_id"]), name), None)
        names[kind, said["sis_id"]] = name


def _tell_institution(world: Wanted, said: Json) -> None:
    if "name" in said:
        world["institution", said["name"]] = {name: said[name] for name in ("country", "website") if name in said}


def _tell_course(world: Wanted, said: Json) -> None:
    world["course", said["code"]] = {
        "name": said["name"],
        "workload_hours": said["workload_hours"],
        "status": "active" if said.get("is_active", True) else "archived",
        "institution": said["institution_id"],
    }


def _tell_module(world: Wanted, said: Json) -> None:
    modality = {"modality": _MODULE_WORDS.get(said["modality"], said["modality"])} if "modality" in said else {}
    told = {"name": said["name"], "workload": said["workload"], "institution": said["institution_id"]}
    world["module", said["code"]] = told | modality


def _tell_course_modules(world: Wanted, said: Json) -> None:
    _attach(world, said, group=None)


def _tell_group(world: Wanted, said: Json) -> None:
    world["group", f"{said['course_id']}/{said['name']}"] = {"order": said.get("order")}
    _attach(world, said, group=said["name"])


def _attach(world: Wanted, said: Json, group: str | None) -> None:
    """The whole list: what it does not name any more goes; what a group has, a course's own list leaves alone."""
    course = said["course_id"]
    for name in [name for name in world if name[0] == "attachment" and name[1].startswith(f"{course}/")]:
        if world[name]["group"] == group:
            del world[name]
    for place, each in enumerate(said["modules"], start=1):
        name = "attachment", f"{course}/{each['module_id']}"
        if group is None and name in world:
            continue
        world[name] = {
            "order": each.get("order", place),
            "is_required": each.get("is_required", True),
            "workload": each.get("workload"),
            "group": group,
        }


def _tell_cohort(world: Wanted, said: Json) -> None:
    told = {"course": said["course_id"], "modality": _COHORT_WORDS[said["modality"]]}
    world["cohort", said["code"]] = told


def _tell_student(world: Wanted, said: Json) -> None:
    world["student", said["email"]] = {"name": said["name"], "date_of_birth": said["date_of_birth"]}


def _tell_enrollment(world: Wanted, said: Json) -> None:
    world["enrollment", f"{said['student_id']}/{said['course_id']}"] = {
        "cohort": said.get("cohort_id"),
        "grade": said["grade"],
        "completion_status": said.get("completion_status", "completed"),
    }


def _tell_certificate(world: Wanted, said: Json) -> None:
    name = said["enrollment_id"]
    if said.get("revoke"):
        world["certificate", name] |= {"status": "revoked", "revocation_reason": said["revocation_reason"]}
        return
    file = said["pdf"].rpartition("/")[2]
    world["file", file] = {"used": True}
    world["certificate", name] = {"status": "issued", "file": file}
    world["notification", name] = {}


_TELL: dict[str, Callable[[Wanted, Json], None]] = {
    "institutions": _tell_institution,
    "courses": _tell_course,
    "modules": _tell_module,
    "course_modules": _tell_course_modules,
    "module_groups": _tell_group,
    "cohorts": _tell_cohort,
    "students": _tell_student,
    "enrollments": _tell_enrollment,
    "certificates": _tell_certificate,
}

_NAMED_BY = {
    "institutions": ("institution", "name"),
    "courses": ("course", "code"),
    "modules": ("module", "code"),
    "cohorts": ("cohort", "code"),
    "students": ("student", "email"),
}


@dataclass(slots=True)
class Differences:
    """Sentences about what is not there, there more than once, or otherwise than it should be."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def compare(wanted: Mapping[Name, Json], found: Iterable[tuple[Name, Json]]) -> Differences:
    """How what was found differs from what was wanted; values that nobody asked for are not looked at."""
    differences = Differences()
    by_name: dict[Name, list[Json]] = {}
    for name, values in found:
        by_name.setdefault(name, []).append(values)
    for name, values in wanted.items():
        there = by_name.pop(name, [])
        shown = f"{name[0]} '{name[1]}'"
        if not there:
            differences.lost.append(f"{shown} is not there")
        if len(there) > 1:
            differences.doubled.append(f"{shown} is there {len(there)} times")
        for one in there[:1]:
            other = {key: one.get(key) for key, value in values.items() if one.get(key) != value}
            if other:
                differences.wrong.append(f"{shown} has {other} instead of { ({key: values[key] for key in other}) }")
    for name, there in by_name.items():
        differences.doubled.append(f"{name[0]} '{name[1]}' is there {len(there)} times and should not be")
    return differences
