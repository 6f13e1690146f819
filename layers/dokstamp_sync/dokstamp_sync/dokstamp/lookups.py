"""Looking an entity up by what names it in the SIS.

A look-up may match loosely, ignore a filter it does not know and spread over pages: every entity that comes back
is compared with what was wanted. Source: [sync], [students], [cohorts], [deletion].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from dokstamp_sync.dokstamp.answers import Entity, is_entity
from dokstamp_sync.errors import NotFound, Rejected
from dokstamp_sync.fields import clean
from dokstamp_sync.order import Step


class Reads(Protocol):
    """The reading half of the client."""

    def pages(self, path: str, where: Mapping[str, str] | None = None) -> Iterator[Entity]: ...

    def get(self, path: str) -> Entity: ...


def uuid_of(entity: Entity, nested: str) -> str | None:
    """The uuid of ``{"institution": {"uuid": ...}}`` and the like."""
    inner = entity.get(nested)
    return inner["uuid"] if is_entity(inner) else None


def key_of(step: Step, entity: Entity) -> tuple[str, ...]:
    """The parts that name an entity of this step in DokStamp; the step's ``find_...`` takes them."""
    match step:
        case Step.INSTITUTION:
            return (_form(entity.get("name")),)
        case Step.COURSE | Step.MODULE:
            return (_form(entity.get("code")), uuid_of(entity, "institution") or "")
        case Step.COHORT:
            return (_form(entity.get("code")), uuid_of(entity, "course") or "")
        case Step.MODULE_GROUP:
            return (uuid_of(entity, "course") or "", _form(entity.get("name")))
        case Step.STUDENT:
            return (email_key(entity.get("email")),)
        case Step.ENROLLMENT:
            parents = (uuid_of(entity, name) for name in ("student", "course", "cohort"))
            return tuple(uuid for uuid in parents if uuid)
    raise ValueError(f"an entity of step '{step}' is not looked up by what names it")


def email_key(email: object) -> str:
    """An e-mail in the one form in which it is compared."""
    return _form(email).lower()


def find_institution(api: Reads, name: str) -> Entity | None:
    """By its name, among all: a tenant has few, and a filter could miss another Unicode form."""
    return _first(api, "/institutions", {}, lambda each: _form(each.get("name")) == _form(name))


def find_course(api: Reads, code: str, institution_uuid: str | None) -> Entity | None:
    """By code within an institution; without one, only if a single institution has that code."""
    return _owned(api, "/courses", {"code": code}, "institution", institution_uuid)


def find_module(api: Reads, code: str, institution_uuid: str | None) -> Entity | None:
    """By code within an institution; without one, only if a single institution has that code."""
    where = {"code": code} | ({"institution_uuid": institution_uuid} if institution_uuid else {})
    return _owned(api, "/modules", where, "institution", institution_uuid)


def find_cohort(api: Reads, code: str, course_uuid: str | None) -> Entity | None:
    """By code within a course; without one, only if a single course has that code."""
    return _owned(api, "/cohorts", {"code": code}, "course", course_uuid)


def find_student(api: Reads, email: str, *, everywhere: bool = False) -> Entity | None:
    """By e-mail in any case: DokStamp may take two cases for one e-mail, though its filter tells them apart.

    ``everywhere``: goes through all students if the filters show none.
    """

    def wanted(each: Entity) -> bool:
        return email_key(each.get("email")) == email_key(email)

    asked: list[dict[str, str]] = [{"email": each} for each in dict.fromkeys((email, email.lower()))]
    if everywhere:
        asked.append({})
    return next(filter(None, (_first(api, "/students", where, wanted) for where in asked)), None)


def find_enrollment(api: Reads, student_uuid: str, course_uuid: str, cohort_uuid: str | None) -> Entity | None:
    """By student, course and cohort. Without a cohort, only an enrollment that has none."""

    def wanted(each: Entity) -> bool:
        found = uuid_of(each, "student"), uuid_of(each, "course"), uuid_of(each, "cohort")
        return found == (student_uuid, course_uuid, cohort_uuid)

    return _first(api, "/enrollments", {"course_uuid": course_uuid}, wanted, narrow={"student_uuid": student_uuid})


def find_group(api: Reads, course_uuid: str, name: str) -> Entity | None:
    """By its name among the course's groups."""
    path = f"/courses/{course_uuid}/modules/groups"
    return _first(api, path, {}, lambda each: _form(each.get("name")) == _form(name))


def find_certificate(api: Reads, student_uuid: str, course_uuid: str, file_uuid: str) -> Entity | None:
    """By its file, student and course: DokStamp takes a file for one certificate only [files]."""

    def wanted(each: Entity) -> bool:
        files = each.get("files")
        has_it = isinstance(files, list) and any(isinstance(f, dict) and f.get("uuid") == file_uuid for f in files)
        return has_it and (uuid_of(each, "student"), uuid_of(each, "course")) == (student_uuid, course_uuid)

    where = {"course_uuid": course_uuid}
    return _first(api, "/certificates", where, wanted, narrow={"student_uuid": student_uuid})


def _owned(api: Reads, path: str, where: Mapping[str, str], owner: str, owner_uuid: str | None) -> Entity | None:
    coded = [each for each in _listed(api, path, where) if _form(each.get("code")) == _form(where["code"])]
    owners = {uuid_of(each, owner) for each in coded}
    if owner_uuid is None:
        return coded[0] if len(owners) == 1 else None
    return next((each for each in coded if uuid_of(each, owner) == owner_uuid), None)


def _first(
    api: Reads,
    path: str,
    where: Mapping[str, str],
    wanted: Callable[[Entity], bool],
    narrow: Mapping[str, str] | None = None,
) -> Entity | None:
    """The first entity that is wanted. ``narrow``: undocumented filters, left out if they are refused."""
    if narrow:
        try:
            return next(filter(wanted, _listed(api, path, {**where, **narrow})), None)
        except NotFound:
            raise
        except Rejected:
            # DokStamp does not know the filter.
            pass
    return next(filter(wanted, _listed(api, path, where)), None)


def _listed(api: Reads, path: str, where: Mapping[str, str]) -> Iterator[Entity]:
    """Without filters whose value reads ``null``: to DokStamp that means "has none" [files]."""
    return api.pages(path, {field: value for field, value in where.items() if value.lower() != "null"})


def _form(value: Any) -> str:
    """The form in which names and codes are compared."""
    return clean(value) if isinstance(value, str) else ""
