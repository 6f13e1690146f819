"""Steps 4 and 5: each module in a course once, with the order, workload and group that the SIS says."""

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.attaching import attach_calls, attached, course, group, groups_of
from tests.support.sis import Json, Sis, calls, example, live, writes

pytestmark = pytest.mark.usefixtures("catalogue")


def test_modules_are_attached_in_one_call_with_what_the_sis_says(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course's list with an order, a workload and an optional module
    listed = course("M2", {"module_id": "M1", "order": 9, "workload": 40}, {"module_id": "M3", "is_required": False})
    # When it is sent
    row = sis.say(Step.COURSE_MODULES, listed)
    # Then DokStamp holds just that, by one call
    assert row["outcome"] == "created"
    assert attached(sandbox) == {
        "M2": {"order": 1, "is_required": True, "workload": None, "group": None},
        "M1": {"order": 9, "is_required": True, "workload": 40, "group": None},
        "M3": {"order": 3, "is_required": False, "workload": None, "group": None},
    }
    assert attach_calls(sandbox) == ["attach"]


def test_a_module_that_a_group_of_the_message_claims_is_attached_once(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course's list, and a group that claims one of its modules
    # When both are in one message
    told = sis.send({Step.COURSE_MODULES: [course("M1", "M2")], Step.MODULE_GROUP: [group("Term 1", "M2")]})
    # Then nothing was detached, and the module has its group
    assert {row["outcome"] for row in told.values()} == {"created"}
    assert groups_of(sandbox) == {"M1": None, "M2": "Term 1"}
    assert attach_calls(sandbox) == ["attach", "attach"]


def test_a_module_attached_earlier_gets_its_group_by_detaching_and_attaching(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that is attached without a group
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    sandbox.calls.clear()
    # When a later message puts it into a group
    sis.say(Step.MODULE_GROUP, group("Term 1", "M2"))
    # Then it is attached again with the group, and the other one is left alone
    assert groups_of(sandbox) == {"M1": None, "M2": "Term 1"}
    assert attach_calls(sandbox) == ["detach", "attach"]


@pytest.mark.parametrize(
    "change", [{"order": 7}, {"workload": 60}, {"is_required": False}], ids=["order", "workload", "is_required"]
)
def test_a_changed_place_is_detached_and_attached_again(change: Json, sis: Sis, sandbox: Sandbox) -> None:
    # Given two attached modules
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    before = attached(sandbox)
    sandbox.calls.clear()
    # When the SIS changes the place of one
    row = sis.say(Step.COURSE_MODULES, course("M1", {"module_id": "M2", **change}))
    # Then only that one is taken off and put back
    assert row["outcome"] == "updated"
    assert attached(sandbox) == before | {"M2": before["M2"] | change}
    assert [len(call.body["modules"]) for call in sandbox.calls if call.body] == [1, 1]
    assert [method for method, _ in calls(sandbox)] == ["GET", "DELETE", "POST"]


@pytest.mark.parametrize("left", [("M1",), ()], ids=["one", "none"])
def test_a_module_that_is_left_out_later_is_detached(left: tuple[str, ...], sis: Sis, sandbox: Sandbox) -> None:
    # Given two attached modules
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    # When the SIS leaves one out, or both
    row = sis.say(Step.COURSE_MODULES, course(*left))
    # Then it is detached, and the module itself stays
    assert (row["outcome"], row["reason"]) == ("updated", f"0 attached, {2 - len(left)} detached")
    assert tuple(attached(sandbox)) == left
    assert len(live(sandbox, "modules")) == 5


@pytest.mark.parametrize("order", [1, -1], ids=["old group first", "new group first"])
def test_a_module_moves_from_one_group_to_another(order: int, sis: Sis, sandbox: Sandbox) -> None:
    # Given two groups
    sis.send({Step.MODULE_GROUP: [group("Term 1", "M1", "M2"), group("Term 2", "M3")]})
    # When a module moves, whichever group is named first
    moved = [group("Term 1", "M1"), group("Term 2", {"module_id": "M3", "order": 1}, "M2")]
    sis.send({Step.MODULE_GROUP: moved[::order]})
    # Then it is attached once, in its new group
    assert groups_of(sandbox) == {"M1": "Term 1", "M3": "Term 2", "M2": "Term 2"}


@pytest.mark.parametrize("list_too", [True, False], ids=["with the course's list", "alone"])
def test_a_module_that_leaves_its_group_is_detached_unless_the_course_names_it(
    list_too: bool, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a module in a group
    sis.send({Step.COURSE_MODULES: [course("M1", "M2")], Step.MODULE_GROUP: [group("Term 1", "M2", "M3")]})
    # When the group lets it go, and the course's list of the same message names it or is not there
    lists = {Step.COURSE_MODULES: [course("M1", "M2")]} if list_too else {}
    sis.send(lists | {Step.MODULE_GROUP: [group("Term 1", {"module_id": "M3", "order": 2})]})
    # Then it is in the course without a group, or not at all
    assert groups_of(sandbox) == {"M1": None, "M3": "Term 1"} | ({"M2": None} if list_too else {})


def test_the_same_list_again_makes_no_call(sis: Sis, sandbox: Sandbox) -> None:
    # Given a list and a group that were delivered
    message = {Step.COURSE_MODULES: [course("M1", "M2")], Step.MODULE_GROUP: [group("Term 1", "M2")]}
    sis.send(message)
    sandbox.calls.clear()
    # When both are sent again
    told = sis.send(message)
    # Then nothing is called
    assert {row["outcome"] for row in told.values()} == {"unchanged"}
    assert calls(sandbox) == []


def test_the_free_modules_are_read_to_the_last_page(sis: Sis, sandbox: Sandbox) -> None:
    # Given more free modules than a page holds, which are fifteen
    sandbox.switch(max_per_page=15)
    more = [example(Step.MODULE, code=f"N{n}", name=f"More {n}") for n in range(40)]
    sis.send({Step.MODULE: more})
    sandbox.calls.clear()
    # When the last of them is attached
    row = sis.say(Step.COURSE_MODULES, course("N39"))
    # Then it is known to be free, and no detaching was tried
    assert row["outcome"] == "created"
    assert attach_calls(sandbox) == ["attach"]
    assert calls(sandbox).count(("GET", writes(sandbox)[0][1])) == 3


@pytest.mark.parametrize("refusal", ["all_or_nothing", "partial"])
def test_one_refused_module_does_not_keep_the_others_out(refusal: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given a module of another institution, which this course may not have
    sandbox.switch(attach_refusal=refusal)
    sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="MONTE", name="Monte"))
    sis.say(Step.MODULE, example(Step.MODULE, code="X1", name="Theirs", institution_id="MONTE"))
    # When the SIS lists it between two of ours
    row = sis.say(Step.COURSE_MODULES, course("M1", "X1", "M2"))
    # Then ours are attached, and the record is rejected with the reason
    assert list(attached(sandbox)) == ["M1", "M2"]
    assert row["outcome"] == "rejected"
    assert "1 of 3 modules were refused" in row["reason"]
    # And when the SIS corrects the list, only what is missing is done
    sandbox.calls.clear()
    assert sis.say(Step.COURSE_MODULES, course("M1", {"module_id": "M2", "order": 3}))["outcome"] != "rejected"
    assert attach_calls(sandbox) == []


@pytest.mark.parametrize("call", ["attach", "detach"])
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "truncated", "html"])
def test_a_lost_answer_leaves_the_course_as_the_sis_says(call: str, kind: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given two attached modules, and an answer that will be lost
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    sandbox.add_faults(Fault.model_validate({"kind": kind, "method": "POST" if call == "attach" else "DELETE"}))
    # When the list changes
    sis.say(Step.COURSE_MODULES, course("M3", "M1"))
    # Then it holds in the end
    assert {code: each["order"] for code, each in attached(sandbox).items()} == {"M3": 1, "M1": 2}


def test_what_somebody_else_attached_is_attached_again_with_its_place(
    sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given modules that are attached, which the mapping does not know
    sis.say(Step.COURSE_MODULES, course("M2", "M1"))
    for key in [key for key in rows if key.startswith(("attachments#", "course_modules#"))]:
        del rows[key]
    # When the list is sent in another order
    row = sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    # Then no second attachment is refused, and the order is the new one
    assert row["outcome"] == "created"
    assert {code: each["order"] for code, each in attached(sandbox).items()} == {"M1": 1, "M2": 2}
