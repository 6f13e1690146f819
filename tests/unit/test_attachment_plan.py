"""The plan of a course's attachments as a table: what its records want and what is attached, and what follows."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from dokstamp_sync.outcomes import MOST_REASON_BYTES
from dokstamp_sync.steps.attachment_plan import (
    MAYBE,
    Changes,
    Place,
    Wish,
    Wishes,
    add_wish,
    groups_of_others,
    plan,
    told_of_gone,
)

LIST, G1, G2 = "course_modules#CS", "module_group#CS/G1", "module_group#CS/G2"


def at(order: int, group: str | None = None) -> Place:
    return {"order": order, "is_required": True, "workload": None, "group": group}


def wish(places: Mapping[str, Place], occurred_at: str = "2026-01-01", turn: int = 1) -> Wish:
    return {"occurred_at": occurred_at, "turn": turn, "places": dict(places)}


class Case(NamedTuple):
    """``attach``: record -> what is attached for it."""

    says: str
    wishes: Wishes
    known: dict[str, Place]
    free: tuple[str, ...] = ()
    doubted: str | None = None
    attach: Mapping[str, dict[str, Place]] = {}
    drop: tuple[str, ...] = ()
    detach: tuple[str, ...] = ()


AS_LISTED = {"m1": at(1), "m2": at(2)}
LISTED = {LIST: wish(AS_LISTED)}
BOTH = LISTED | {G1: wish({"m1": at(5, "g1")}, turn=2)}
BOTH_ATTACHED = {"m1": at(5, "g1"), "m2": at(2)}
RIVALS = {G1: wish({"m1": at(1, "g1")}, "2026-01-02", 1), G2: wish({"m1": at(1, "g2")}, "2026-01-01", 2)}
MORE = AS_LISTED | {"m3": at(3)}
M1 = {LIST: {"m1": at(1)}}
CASES = [
    Case("nothing is wanted and nothing attached: nothing is to be done", {}, {}),
    Case("what is wanted and free is attached without detaching", LISTED, {}, ("m1", "m2"), attach={LIST: AS_LISTED}),
    Case("what is attached in its place is left alone", LISTED, AS_LISTED, ("m3",)),
    Case(
        "what is attached in another place is detached and attached again",
        *(LISTED, AS_LISTED | {"m1": at(9)}),
        attach=M1,
        detach=("m1",),
    ),
    Case("what no record wants any more is detached", LISTED, MORE, drop=("m3",), detach=("m3",)),
    Case("what no record wants and somebody has detached needs no detaching", LISTED, MORE, ("m3",), drop=("m3",)),
    Case("what is remembered as attached and is free all the same is attached", LISTED, AS_LISTED, ("m1",), attach=M1),
    Case(
        "what may be attached anywhere is detached and attached again",
        *(LISTED, AS_LISTED | {"m1": MAYBE}),
        attach=M1,
        detach=("m1",),
    ),
    Case(
        "what is neither free nor remembered is detached first, for somebody may have attached it",
        *(LISTED, {"m2": at(2)}, ("m3",)),
        attach=M1,
        detach=("m1",),
    ),
    Case(
        "a group that wants a module of the list has it",
        *(BOTH, AS_LISTED),
        attach={G1: {"m1": at(5, "g1")}},
        detach=("m1",),
    ),
    Case(
        "a group keeps its module when the list wants it at a later moment",
        *(BOTH | {LIST: wish(AS_LISTED, "2026-01-09", 3)}, BOTH_ATTACHED),
    ),
    Case(
        "a module that a group does not want any more goes back to the list",
        *(LISTED | {G1: wish({}, turn=2)}, BOTH_ATTACHED),
        attach=M1,
        detach=("m1",),
    ),
    Case("of two groups the one of the later moment has the module", RIVALS, {"m1": at(1, "g1")}),
    Case(
        "of two groups of one moment the one that came last has the module",
        *({by: each | {"occurred_at": "2026-01-01"} for by, each in RIVALS.items()}, {"m1": at(1, "g1")}),
        attach={G2: {"m1": at(1, "g2")}},
        detach=("m1",),
    ),
    Case(
        "a wish that does not say its moment is older than any other",
        *({G1: wish({"m1": at(1, "g1")}), G2: {"turn": 2, "places": {"m1": at(1, "g2")}}}, {"m1": at(1, "g1")}),
    ),
    Case(
        "a doubted record's modules are attached again though they are remembered in their places",
        *(LISTED, AS_LISTED, (), LIST),
        attach={LIST: AS_LISTED},
        detach=("m1", "m2"),
    ),
    Case(
        "a doubted record's modules that are free need no detaching",
        *(LISTED, AS_LISTED, ("m1",), LIST),
        attach={LIST: AS_LISTED},
        detach=("m2",),
    ),
    Case(
        "a doubted list leaves the module of a group where it is",
        *(BOTH, BOTH_ATTACHED, (), LIST),
        attach={LIST: {"m2": at(2)}},
        detach=("m2",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_plan_makes_the_course_what_its_records_want(case: Case) -> None:
    # Given what the records want, what is remembered, and what DokStamp offers
    # When it is planned
    made = plan(case.wishes, case.known, case.free, case.doubted)
    # Then the plan says what to attach and for whom, what to detach, and what is to be gone
    attached: dict[str, dict[str, Place]] = {}
    for uuid, place in made.attach.items():
        attached.setdefault(made.due[uuid].by, {})[uuid] = place
    assert attached == case.attach
    assert (tuple(made.drop), tuple(made.detach)) == (case.drop, case.detach)
    # And once it is carried out, nothing is left to do
    after = {uuid: place for uuid, place in case.known.items() if uuid not in made.drop} | dict(made.attach)
    again = plan(case.wishes, after)
    assert (again.attach, list(again.drop), list(again.detach)) == ({}, [], [])


@pytest.mark.parametrize(
    ("places", "occurred_at", "news", "kept"),
    [
        (AS_LISTED, "2026-01-01", False, ("2026-01-01", 1)),
        (AS_LISTED, "2026-01-02", False, ("2026-01-02", 3)),
        ({"m1": at(1)}, "2026-01-01", True, ("2026-01-01", 3)),
        ({}, "2026-01-02", True, ("2026-01-02", 3)),
    ],
    ids=[
        "the same of the same moment is no news and keeps its turn",
        "the same of a later moment is no news but counts as of then",
        "another wish of the same moment is news and has the last turn",
        "an empty wish is a wish",
    ],
)
def test_a_record_s_wish_takes_the_place_of_its_last_one(
    places: dict[str, Place], occurred_at: str, news: bool, kept: tuple[str, int]
) -> None:
    # Given what two records wanted
    wishes = LISTED | {G1: wish({}, turn=2)}
    # When the list says what it wants
    assert add_wish(wishes, LIST, places, occurred_at) is news
    # Then that is kept with its moment and its turn
    assert wishes[LIST] == wish(places, *kept)
    assert list(wishes) == [LIST, G1]


def test_a_first_wish_is_news() -> None:
    wishes: Wishes = {}
    assert add_wish(wishes, LIST, {}, "2026-01-01")
    assert wishes == {LIST: wish({})}


def test_groups_of_others_are_those_that_other_records_name() -> None:
    # Given a list, a group of one's own, another one with modules and another one without
    wishes = BOTH | {G2: wish({"m3": at(1, "g2")}), "module_group#CS/G3": wish({})}
    # Then only the one with modules counts
    assert groups_of_others(wishes, G1) == {G2: {"g2"}}


@pytest.mark.parametrize(
    ("by", "group", "own"),
    [(LIST, None, {"m2", "m3", "m5"}), (G1, "g1", {"m1", "m4", "m5"}), (G2, "g2", {"m5", "m6"})],
    ids=["the list's", "a group's that has the say over a module", "a group's that only dropped one"],
)
def test_a_record_answers_for_what_it_has_the_say_over_and_for_what_it_dropped(
    by: str, group: str | None, own: set[str]
) -> None:
    known = {"m2": at(7), "m3": at(3), "m4": at(4, "g1"), "m5": MAYBE, "m6": at(6, "g2")}
    assert plan(BOTH, known).own(by, group, known) == own


def test_what_was_refused_is_told_record_by_record() -> None:
    # Given a plan of which one module of the group, two of the list and one that nobody wants were refused
    wishes = BOTH | {LIST: wish(AS_LISTED | {"m3": at(3)})}
    told = plan(wishes, {"m4": at(4)}).told({"m1": "A no", "m2": "B no", "m4": "D no", "m3": "C no"})
    # Then there is a sentence for each
    assert list(told) == [
        "1 module that module_group 'CS/G1' wants was refused: A no",
        "2 modules that course_modules 'CS' wants were refused: B no; C no",
        "1 module that no record wants any more was refused: D no",
    ]


def test_changes_count_what_was_not_refused_and_say_the_rest() -> None:
    # Given a plan that attaches m1 and m2 and drops m3 and m4
    todo = plan(BOTH, {"m3": at(3), "m4": at(4)})
    # Then what was refused is not counted, and what is told follows
    assert str(todo.changes((), ())) == "2 attached, 2 detached"
    assert str(todo.changes(("m1", "m3"), told_of_gone([G2]))) == (
        "1 attached, 1 detached; module_group 'CS/G2' is gone from DokStamp, nothing is attached for it: "
        "send it again with force"
    )


def test_changes_without_any_say_so() -> None:
    assert (str(Changes()), Changes().any) == ("attached as it should be", False)
    assert (str(Changes(told=("x",))), Changes(told=("x",)).any) == ("0 attached, 0 detached; x", False)
    assert Changes(attached=1).any
    assert Changes(detached=1).any


def test_changes_never_say_more_than_a_reason_may() -> None:
    assert len(str(Changes(told=("x" * 9000,))).encode()) <= MOST_REASON_BYTES
