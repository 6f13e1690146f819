"""The calls of the steps that look up, then create or update: all but attachments and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults import school
from tests.faults.calls import Call, Rival, moves, parent_look_up
from tests.faults.school import Json, Sections, changed, joined

BY_HAND = "11111111-1111-4111-8111-111111111111"
"""Stands for the uuid of the institution that is set up by hand; the bench fills in the real one."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A step's record, its changed form, what is delivered before, and where its entities live.

    ``unique``: the field on which a second one is refused, with the ``switches`` that make the sandbox do so, and how
    a ``rival`` has it. ``move``: the other parent that it can be moved to, and ``there`` that parent.
    """

    step: Step
    record: Json
    update: Mapping[str, Any]
    row: str
    before: Sections
    path: str
    unique: str = ""
    rival: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    move: Mapping[str, Any] = field(default_factory=dict)
    there: Sections = field(default_factory=dict)


_COLLEGE: Sections = {"institutions": [school.OTHER_INSTITUTION]}
_TO_COLLEGE = {"institution_id": "State College"}

PLAIN = (
    Plain(
        Step.INSTITUTION,
        school.INSTITUTION,
        {"website": "https://new.example"},
        "Federal University",
        {},
        "^/institutions",
    ),
    Plain(
        Step.COURSE,
        school.COURSE,
        {"name": "Computing", "workload_hours": 3000},
        "CS",
        school.INSTITUTIONS,
        "^/courses",
        unique="code",
        rival={"name": "Computer studies"},
        switches={"course_code_scope": "institution"},
        move=_TO_COLLEGE,
        there=_COLLEGE,
    ),
    Plain(
        Step.MODULE,
        school.MODULE,
        {"name": "Algorithms I", "workload": 80},
        "ALG",
        school.INSTITUTIONS,
        "^/modules",
        unique="code",
        rival={"name": "Algorithmics"},
        move=_TO_COLLEGE,
        there=_COLLEGE,
    ),
    Plain(
        Step.COHORT,
        school.COHORT,
        {"modality": "hybrid"},
        "CS-1",
        school.COURSES,
        "^/cohorts",
        unique="code",
        rival={"modality": "remote"},
        move={"course_id": "DS"},
        there={"courses": [school.OTHER_COURSE]},
    ),
    Plain(
        Step.STUDENT,
        school.STUDENT,
        {"name": "Ana Souza Lima"},
        school.EMAIL,
        {},
        "^/students",
        unique="email",
        rival={"name": "Ana S."},
    ),
    Plain(
        Step.ENROLLMENT,
        school.ENROLLMENT,
        {"grade": 9.25},
        school.ENROLLMENT_ID,
        school.PEOPLE,
        "^/enrollments",
        unique="student and course",
        rival={"grade": 1},
        switches={"enrollment_scope": "cohort"},
    ),
)


def _calls(plain: Plain) -> list[Call]:
    """Those of a record that is new to the mapping."""
    step, said, before, path = plain.step, plain.record, plain.before, f"{plain.path}$"
    lost = {"kind": "reset_after", "method": "POST", "path": path}
    new = changed(said, **plain.update)
    return [
        Call(step, "look-up", "GET", path, said, Outcome.CREATED, before),
        Call(
            step,
            "create",
            "POST",
            path,
            said,
            Outcome.CREATED,
            before,
            look_up=path,
            rivals=_rivals(plain),
            newer=new,
        ),
        Call(step, "look-up after a lost create", "GET", path, said, Outcome.CREATED, before, skip=1, earlier=lost),
    ]


def _changes(plain: Plain) -> list[Call]:
    """Those of a record that DokStamp has already, in another form."""
    step, said, one = plain.step, plain.record, f"{plain.path}/[^/]+$"
    new = changed(said, **plain.update)
    known = joined(plain.before, {step.section: [said]})
    return [
        Call(step, "update", "PATCH", one, new, Outcome.UPDATED, known, whose="own", newer=said),
        Call(
            step,
            "correct what was found",
            "PATCH",
            one,
            new,
            Outcome.UPDATED,
            known,
            unmapped=(f"{step.value}#{plain.row}",),
            look_up=f"{plain.path}$",
            newer=said,
            may_say_created=True,
        ),
    ]


def _moves(plain: Plain) -> list[Call]:
    if not plain.move:
        return []
    before, there = joined(plain.before, plain.there), changed(plain.record, **plain.move)
    return moves(plain.step, plain.path, before, plain.record, there)


def _rivals(plain: Plain) -> tuple[Rival, ...]:
    if not plain.unique:
        return ()
    same = Rival(f"somebody else has just created the same ({plain.unique})", Outcome.UNCHANGED, {}, plain.switches)
    other = Rival(
        f"somebody else has just created it with other values ({plain.unique})",
        Outcome.UPDATED,
        plain.rival,
        plain.switches,
    )
    return same, other


_BY_HAND = Call(
    Step.INSTITUTION,
    "institution set up by hand",
    "GET",
    "^/institutions/[^/]+$",
    {"sis_id": "FU", "uuid": BY_HAND},
    Outcome.UNCHANGED,
    school.INSTITUTIONS,
    whose="hand",
)

_PARENTS = [
    parent_look_up(
        Step.COURSE, Step.INSTITUTION, "^/institutions$", school.INSTITUTIONS, school.COURSE, "Federal University"
    ),
    parent_look_up(
        Step.MODULE, Step.INSTITUTION, "^/institutions$", school.INSTITUTIONS, school.MODULE, "Federal University"
    ),
    parent_look_up(Step.COHORT, Step.COURSE, "^/courses$", school.COURSES, school.COHORT, "CS"),
    parent_look_up(Step.ENROLLMENT, Step.STUDENT, "^/students$", school.PEOPLE, school.ENROLLMENT, school.EMAIL),
    parent_look_up(Step.ENROLLMENT, Step.COURSE, "^/courses$", school.PEOPLE, school.ENROLLMENT, "CS"),
    parent_look_up(Step.ENROLLMENT, Step.COHORT, "^/cohorts$", school.PEOPLE, school.ENROLLMENT, "CS-1"),
]

# With an id of its own: the one that it gets otherwise names the cohort.
_ENTERED = changed(school.ENROLLMENT, sis_id="E-1")
_FREE = changed(_ENTERED, cohort_id=None)
_TWO_COHORTS = joined(school.PEOPLE, {"cohorts": [school.OTHER_COHORT]})

_IDS: Mapping[Step, Mapping[str, Any]] = {
    Step.INSTITUTION: {"name": "Federal University of Vale"},
    Step.COURSE: {"code": "CSC"},
    Step.MODULE: {"code": "ALG-1"},
    Step.COHORT: {"code": "CS-A"},
    Step.STUDENT: {"email": "ana.lima@school.example"},
}


def _renames(plain: Plain) -> list[Call]:
    """What names the entity in DokStamp changes: it has to be known by its uuid, for it cannot be looked up."""
    if plain.step not in _IDS:
        return []
    old = changed(plain.record, sis_id="ID-1")
    new = changed(old, **_IDS[plain.step])
    known = joined(plain.before, {plain.step.section: [old]})
    one = f"{plain.path}/[^/]+$"
    return [Call(plain.step, "rename", "PATCH", one, new, Outcome.UPDATED, known, whose="own", newer=old)]


_CHANGES_OF_COHORT = [
    *moves(Step.ENROLLMENT, "^/enrollments", _TWO_COHORTS, _ENTERED, changed(_ENTERED, cohort_id="CS-2")),
    *moves(Step.ENROLLMENT, "^/enrollments", school.PEOPLE, _ENTERED, _FREE, name="move out of the cohort"),
    *moves(Step.ENROLLMENT, "^/enrollments", school.PEOPLE, _FREE, _ENTERED, name="move into a cohort"),
]

CALLS = (
    [call for plain in PLAIN for call in (*_calls(plain), *_changes(plain), *_renames(plain), *_moves(plain))]
    + _CHANGES_OF_COHORT
    + [_BY_HAND]
    + _PARENTS
)
