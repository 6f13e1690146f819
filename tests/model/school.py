"""A small school: its records, and whatever its SIS may say about each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from dokstamp_sync.order import Step
from tests.model.marks import marked
from tests.model.meetings import MEETING, drawn, plots_of
from tests.model.said import Key, Said, Version, moment

# A module that no course of the first institution can have: its list is refused, and nothing else.
FOREIGN = "M5"

# What changes its key, or what it belongs to, whenever something new is said of it.
RENAMED = frozenset(
    {(Step.COURSE, "C2"), (Step.MODULE, "M2"), (Step.COHORT, "K2"), (Step.STUDENT, "S2"), (Step.ENROLLMENT, "E2")}
)


@dataclass(frozen=True, slots=True)
class Traits:
    """``overlap``: a course's list names modules that groups claim. ``contested``: so does the second group, if there
    is one, with a module of the first. ``unruly``: certificates are issued anew under the same id. ``patient``: nobody
    loses patience, so every record must be delivered in the end. ``meetings``: the kinds of meetings.KINDS that it has.
    """

    overlap: bool
    unruly: bool
    patient: bool
    crowd: bool
    second_institution: bool
    second_group: bool
    contested: bool
    meetings: frozenset[str]


class School:
    """What is said about each record is drawn by ``random``; no two contents have the same mark.

    ``meetings``: those that it may have.
    """

    def __init__(self, random: Random, meetings: frozenset[str] = MEETING) -> None:
        self._random = random
        self._marks = 0
        self._told: dict[Key, list[Version]] = {}
        overlap, unruly, patient = (random.random() < chance for chance in (0.3, 0.25, 0.6))
        self.traits = Traits(
            overlap=overlap,
            unruly=unruly,
            # What is issued anew without a revocation would be waited with for ever.
            patient=patient and not unruly,
            crowd=random.random() < 0.4,
            second_institution=random.random() < 0.4,
            second_group=random.random() < 0.5,
            contested=random.random() < 0.5,
            meetings=drawn(random, meetings, patient=patient),
        )
        self.plots = plots_of(random, self.traits.meetings, patient=patient)

    def keys(self) -> Iterator[Key]:
        """All its records, parents before children."""
        traits = self.traits
        yield from ((Step.INSTITUTION, name) for name in ("I1", "I2")[: 1 + traits.second_institution])
        yield from ((Step.COURSE, name) for name in ("C1", "C2"))
        yield from ((Step.MODULE, name) for name in ("M1", "M2", "M3", "M4", FOREIGN)[: 4 + traits.second_institution])
        yield (Step.COURSE_MODULES, "C1")
        yield from ((Step.MODULE_GROUP, f"C1/{name}") for name in ("G1", "G2")[: 1 + traits.second_group])
        yield from ((Step.COHORT, name) for name in ("K1", "K2"))
        yield from ((Step.STUDENT, name) for name in ("s1@school.example", "S2"))
        yield from ((Step.ENROLLMENT, name) for name in ("s1@school.example/C1/K1", "E2"))
        yield from ((Step.CERTIFICATE, name) for name in ("s1@school.example/C1/K1", "E2", "E2/2"))

    def version(self, key: Key, hour: int) -> Version:
        """New content, or some that was told before."""
        if key[0] is Step.CERTIFICATE:
            return self._certificate(key, hour)
        told = self._told.get(key, [])
        if told and self._random.random() < 0.35:
            return self._again(self._random.choice(told), hour)
        return self.changed(key, hour)

    def changed(self, key: Key, hour: int) -> Version:
        """New content; of a certificate only what may follow."""
        if key[0] is Step.CERTIFICATE:
            return self._certificate(key, hour)
        self._marks += 1
        return self._new(key, hour, marked(key[0], self._content(key, self._marks), self._marks))

    def meeting(self, key: Key, hour: int, said: Said) -> Version:
        """What a plot says of one of its records; the same again is no new content."""
        last = self._told[key][-1] if key in self._told else None
        if last and last.said == marked(key[0], said, last.mark):
            return self._again(last, hour)
        self._marks += 1
        return self._new(key, hour, marked(key[0], said, self._marks))

    def as_told_last(self, key: Key, hour: int) -> Version:
        """What was told last, of another hour."""
        return self._again(self._told[key][-1], hour)

    def as_of(self, key: Key, hour: int) -> Version | None:
        """What was told of that hour, or of one before, if anything was."""
        told = [version for version in self._told.get(key, []) if version.occurred_at <= moment(hour)]
        newest = max(told, key=lambda each: each.occurred_at, default=None)
        return replace(newest, occurred_at=moment(hour)) if newest else None

    def _new(self, key: Key, hour: int, said: Said) -> Version:
        self._told.setdefault(key, []).append(Version(key, moment(hour), self._marks, said))
        return self._told[key][-1]

    def _again(self, version: Version, hour: int) -> Version:
        self._told[version.key].append(replace(version, occurred_at=moment(hour)))
        return self._told[version.key][-1]

    def _certificate(self, key: Key, hour: int) -> Version:
        """Issued, perhaps told again, perhaps revoked later; anew under the same id only in an unruly school."""
        told = self._told.get(key, [])
        about = {"sis_id": key[1], "enrollment_id": key[1].removesuffix("/2")}
        if not told or (self.traits.unruly and self._random.random() < 0.5):
            self._marks += 1
            return self._new(key, hour, {**about, "pdf": f"s3://school-pdfs/{self._marks}.pdf"})
        if self._random.random() < 0.5 or "revoke" in told[-1].said:
            return self._again(told[-1], hour)
        self._marks += 1
        return self._new(key, hour, {**about, "revoke": True, "revocation_reason": f"v{self._marks}"})

    def _content(self, key: Key, mark: int) -> Said:
        step, name = key
        match step:
            case Step.INSTITUTION:
                return {"sis_id": name, "name": f"Institution {name}", "country": "Brazil"}
            case Step.COURSE:
                other = name == "C2" and self.traits.second_institution
                # The same code in another institution is another course.
                code, home = ("C1", "I2") if other else (self._name(key), "I1")
                return {"sis_id": name, "code": code, "name": name, "institution_id": home}
            case Step.MODULE:
                home = "I2" if name == FOREIGN else "I1"
                return {"sis_id": name, "code": self._name(key), "name": name, "institution_id": home}
            case Step.COURSE_MODULES:
                foreign = (FOREIGN,) if self.traits.second_institution and self._random.random() < 0.3 else ()
                return {"course_id": "C1", "modules": self._attached((*self._list_of_course(), *foreign))}
            case Step.MODULE_GROUP:
                group = name.removeprefix("C1/")
                second = ("M2", "M3") if self.traits.contested else ("M3",)
                modules = self._attached(("M1", "M2") if group == "G1" else second)
                return {"course_id": "C1", "name": group, "modules": modules}
            case Step.COHORT:
                return {"sis_id": name, "code": self._name(key), "course_id": f"C{name[1]}"}
            case Step.STUDENT:
                email = name if "@" in name else f"{self._name(key).lower()}@school.example"
                return {"sis_id": name, "name": name, "email": email, "date_of_birth": "2000-01-01"}
        return self._enrollment(name, mark)

    def _name(self, key: Key) -> str:
        """Some keep their names; others have a new one each time, so that DokStamp can't be asked by what was said."""
        name = key[1]
        return f"{name}.{len(self._told.get(key, ())) % 3}" if key in RENAMED else name

    def _enrollment(self, name: str, mark: int) -> Said:
        said = {"enrolled_at": "2026-01-01"}
        if name == "E2":
            # It moves into its cohort and out of it.
            cohort = {"cohort_id": "K2"} if len(self._told.get((Step.ENROLLMENT, name), ())) % 2 else {}
            return {"sis_id": name, "student_id": "S2", "course_id": "C2", **cohort, **said}
        return {"student_id": "s1@school.example", "course_id": "C1", "cohort_id": "K1", **said}

    def _list_of_course(self) -> tuple[str, ...]:
        if self.traits.overlap:
            return ("M1", "M2", "M3", "M4")
        return ("M4",) if self.traits.second_group else ("M3", "M4")

    def _attached(self, modules: tuple[str, ...]) -> list[Said]:
        chosen = self._random.sample(modules, self._random.randint(0, len(modules)))
        return [{"module_id": each} for each in chosen]
