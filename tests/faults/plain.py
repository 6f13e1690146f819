"""The calls of the steps that look up, then create or update: all but attachments and certificates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults import school
from tests.faults.calls import Call, Rival, moves, parent_look_up, usually
from tests.faults.school import Json, Sections, changed, joined, sis_id

BY_HAND = "11111111-1111-4111-8111-111111111111"
"""Stands for the uuid of the institution that is set up by hand; the bench fills in the real one."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A step's record, its changed form, and what is delivered before.

    ``names``: what names it in DokStamp, in another form. ``unique``: the field on which a second one is refused, with
    the ``switches`` that make the sandbox do so, and how a ``rival`` has it. ``move``: the other parent that it can be
    moved to, and ``there`` that parent.
    """

    step: Step
    record: Json
    update: Mapping[str, Any]
    before: Sections
    names: Mapping[str, Any] = field(default_factory=dict)
    unique: str = ""
    rival: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    move: Mapping[str, Any] = field(default_factory=dict)
    there: Sections = field(default_factory=dict)


_TO_COLLEGE: dict[str, Any] = {
    "move": {"institution_id": "State College"},
    "there": {"institutions": [school.OTHER_INSTITUTION]},
}
_TO_DATA_SCIENCE: dict[str, Any] = {"move": {"course_id": "DS"}, "there": {"courses": [school.OTHER_COURSE]}}

PLAIN = (
    Plain(
        *(Step.INSTITUTION, school.INSTITUTION, {"website": "https://new.example"}, {}),
        names={"name": "Federal University of Vale"},
    ),
    Plain(
        *(Step.COURSE, school.COURSE, {"name": "Computing", "workload_hours": 3000}, school.INSTITUTIONS),
        names={"code": "CSC"},
        unique="code",
        rival={"name": "Computer studies"},
        switches={"course_code_scope": "institution"},
        **_TO_COLLEGE,
    ),
    Plain(
        *(Step.MODULE, school.MODULE, {"name": "Algorithms I", "workload": 80}, school.INSTITUTIONS),
        names={"code": "ALG-1"},
        unique="code",
        rival={"name": "Algorithmics"},
        **_TO_COLLEGE,
    ),
    Plain(
        *(Step.COHORT, school.COHORT, {"modality": "hybrid"}, school.COURSES),
        names={"code": "CS-A"},
        unique="code",
        rival={"modality": "remote"},
        **_TO_DATA_SCIENCE,
    ),
    Plain(
        *(Step.STUDENT, school.STUDENT, {"name": "Ana Souza Lima"}, {}),
        names={"email": "ana.lima@school.example"},
        unique="email",
        rival={"name": "Ana S."},
    ),
    Plain(
        *(Step.ENROLLMENT, school.ENROLLMENT, {"grade": 9.25}, school.PEOPLE),
        unique="student and course",
        rival={"grade": 1},
        switches={"enrollment_scope": "cohort"},
    ),
)


def _calls(plain: Plain) -> list[Call]:
    """Those of a record that is new to the mapping, or that DokStamp has already, in another form."""
    step, said, path = plain.step, plain.record, f"^/{plain.step.section}$"
    new, one = changed(said, **plain.update), f"^/{step.section}/[^/]+$"
    lost = {"kind": "reset_after", "method": "POST", "path": path}
    first = usually(step, record=said, outcome=Outcome.CREATED, before=plain.before)
    known = joined(plain.before, {step.section: [said]})
    later = usually(step, record=new, outcome=Outcome.UPDATED, before=known, newer=said)
    unmapped = (f"{step.value}#{sis_id(step.section, said)}",)
    return [
        first("look-up", "GET", path),
        first("create", "POST", path, look_up=path, rivals=_rivals(plain), newer=new),
        first("look-up after a lost create", "GET", path, skip=1, earlier=lost),
        later("update", "PATCH", one, whose="own"),
        later("correct what was found", "PATCH", one, unmapped=unmapped, look_up=path, may_say_created=True),
        *_renames(plain),
        *_moves(plain),
    ]


def _rivals(plain: Plain) -> tuple[Rival, ...]:
    if not plain.unique:
        return ()
    just = "somebody else has just created"
    return (
        Rival(f"{just} the same ({plain.unique})", Outcome.UNCHANGED, {}, plain.switches),
        Rival(f"{just} it with other values ({plain.unique})", Outcome.UPDATED, plain.rival, plain.switches),
    )


def _renames(plain: Plain) -> list[Call]:
    """What names the entity in DokStamp changes: it has to be known by its uuid, for it cannot be looked up."""
    if not plain.names:
        return []
    old = changed(plain.record, sis_id="ID-1")
    new = changed(old, **plain.names)
    known = joined(plain.before, {plain.step.section: [old]})
    one = f"^/{plain.step.section}/[^/]+$"
    return [Call(plain.step, "rename", "PATCH", one, new, Outcome.UPDATED, known, whose="own", newer=old)]


def _moves(plain: Plain) -> list[Call]:
    if not plain.move:
        return []
    before, there = joined(plain.before, plain.there), changed(plain.record, **plain.move)
    return moves(plain.step, before, plain.record, there)


_BY_HAND = Call(
    *(
        Step.INSTITUTION,
        "institution set up by hand",
        "GET",
        "^/institutions/[^/]+$",
        {"sis_id": "FU", "uuid": BY_HAND},
    ),
    *(Outcome.UNCHANGED, school.INSTITUTIONS),
    whose="hand",
    unmapped=("institution#Federal University",),
)

_PARENTS = [
    parent_look_up(Step.COURSE, Step.INSTITUTION, school.INSTITUTIONS, school.COURSE, "Federal University"),
    parent_look_up(Step.MODULE, Step.INSTITUTION, school.INSTITUTIONS, school.MODULE, "Federal University"),
    parent_look_up(Step.COHORT, Step.COURSE, school.COURSES, school.COHORT, "CS"),
    parent_look_up(Step.ENROLLMENT, Step.STUDENT, school.PEOPLE, school.ENROLLMENT, school.EMAIL),
    parent_look_up(Step.ENROLLMENT, Step.COURSE, school.PEOPLE, school.ENROLLMENT, "CS"),
    parent_look_up(Step.ENROLLMENT, Step.COHORT, school.PEOPLE, school.ENROLLMENT, "CS-1"),
]

# With an id of its own: the one that it gets otherwise names the cohort.
_ENTERED = changed(school.ENROLLMENT, sis_id="E-1")
_FREE = changed(_ENTERED, cohort_id=None)
_TWO_COHORTS = joined(school.PEOPLE, {"cohorts": [school.OTHER_COHORT]})
_CHANGES_OF_COHORT = [
    *moves(Step.ENROLLMENT, _TWO_COHORTS, _ENTERED, changed(_ENTERED, cohort_id="CS-2")),
    *moves(Step.ENROLLMENT, school.PEOPLE, _ENTERED, _FREE, name="move out of the cohort"),
    *moves(Step.ENROLLMENT, school.PEOPLE, _FREE, _ENTERED, name="move into a cohort"),
]

CALLS = [call for plain in PLAIN for call in _calls(plain)] + _CHANGES_OF_COHORT + [_BY_HAND] + _PARENTS
