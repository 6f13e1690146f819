"""Steps 4 and 5 after a group was deleted by hand in DokStamp: its modules fall to whoever else names them."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.attaching import (
    ATTACH,
    DETACH,
    FORCE,
    Person,
    attach_calls,
    attached,
    course,
    group,
    groups_of,
    say_alone,
)
from tests.support.sis import Sis, calls, live

pytestmark = pytest.mark.usefixtures("catalogue")


def test_modules_that_only_a_group_deleted_by_hand_names_are_taken_off_and_that_is_said(
    sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given two modules that only G1 names, one of which G2 took, and G1 deleted by hand
    sis.say(Step.MODULE_GROUP, group("G1", "M1", "M2"))
    sis.say(Step.MODULE_GROUP, group("G2", "M1", "M3"))
    person.deletes_group("G1")
    # When G2 lets it go
    row = sis.say(Step.MODULE_GROUP, group("G2", {"module_id": "M3", "order": 2}))
    # Then neither is attached, and the outcome says why
    assert groups_of(sandbox) == {"M3": "G2"}
    assert "module_group 'CS/G1' is gone from DokStamp" in row["reason"]
    # And when G1 is sent again by force, it is made anew with its modules
    assert sis.say(Step.MODULE_GROUP, group("G1", "M1", "M2"), **FORCE)["outcome"] == "created"
    assert groups_of(sandbox) == {"M1": "G1", "M2": "G1", "M3": "G2"}


@pytest.mark.parametrize(("method", "path"), [("GET", "groups$"), ("DELETE", DETACH), ("POST", ATTACH)])
def test_a_try_that_comes_back_neither_loses_a_module_nor_the_word_of_it(
    method: str, path: str, sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a list, a group deleted by hand and another one that took a module from both
    say_alone(sis, course("M1", "M2"), group("G1", "M1"), group("G2", "M1"))
    person.deletes_group("G1")
    # When the other one lets it go, and DokStamp cannot be asked at first
    sandbox.add_faults(Fault(kind="status", status=429, method=method, path=path))
    row = sis.say(Step.MODULE_GROUP, group("G2"))
    # Then the list has it, and the outcome says that the group is gone
    assert groups_of(sandbox) == {"M1": None, "M2": None}
    assert "module_group 'CS/G1' is gone from DokStamp" in row["reason"]
    assert [each.used for each in sandbox.faults.entries] == [1]


@pytest.mark.parametrize("refusal", ["all_or_nothing", "partial"])
def test_whoever_follows_an_unfinished_worker_does_not_attach_for_a_group_that_is_gone(
    refusal: str, sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a worker that did not hear whether the list was attached, and a group that is deleted by hand meanwhile
    sandbox.switch(attach_refusal=refusal)
    say_alone(sis, course("M1", "M2"), group("G1", "M1"))
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path=ATTACH))
    sis.breaks_off(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    person.deletes_group("G1")
    # When the next worker cannot rely on anything that is remembered
    row = sis.say(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    # Then the list has all its modules
    assert row["outcome"] == "updated"
    assert groups_of(sandbox) == {"M1": None, "M2": None, "M3": None}
    # And nothing is left to do for the group that is gone
    sandbox.calls.clear()
    assert "G1" not in sis.say(Step.COURSE_MODULES, course("M1", "M2"))["reason"]
    assert attach_calls(sandbox) == ["detach"]


def test_groups_are_asked_for_only_when_another_record_s_group_gets_a_module(sis: Sis, sandbox: Sandbox) -> None:
    # Given a list and two groups, all in DokStamp
    say_alone(sis, course("M1", "M2"), group("G1", "M2"), group("G2", "M2"))
    groups = f"/courses/{live(sandbox, 'courses')[0]['uuid']}/modules/groups"
    sandbox.calls.clear()
    # When the list gets a module more, Then the groups are not asked for
    sis.say(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    assert ("GET", groups) not in calls(sandbox)
    # And when a module goes back to the group that had it before, they are asked for once
    sis.say(Step.MODULE_GROUP, group("G2"))
    assert calls(sandbox).count(("GET", groups)) == 1
    assert groups_of(sandbox)["M2"] == "G1"


def test_of_several_groups_deleted_by_hand_none_gets_the_module(sis: Sis, sandbox: Sandbox, person: Person) -> None:
    # Given a module that the list and three groups name, two of which a person deleted
    say_alone(sis, course("M1"), *(group(name, "M1") for name in ("G1", "G2", "G3")))
    person.deletes_group("G1")
    person.deletes_group("G2")
    # When the third one lets it go
    row = sis.say(Step.MODULE_GROUP, group("G3"))
    # Then the list has it, and both are told
    assert groups_of(sandbox) == {"M1": None}
    assert "'CS/G1' is gone" in row["reason"]
    assert "'CS/G2' is gone" in row["reason"]


def test_a_module_that_is_offered_is_not_attached_for_a_group_that_is_gone(
    sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a group's module that a person detached, and the group deleted, too
    say_alone(sis, course("M1"), group("G1", "M2"))
    person.detaches("M2")
    person.deletes_group("G1")
    # When the list gets a module more
    row = sis.say(Step.COURSE_MODULES, course("M1", "M3"))
    # Then it is delivered, and the outcome says that the group is gone
    assert row["outcome"] == "updated"
    assert "'CS/G1' is gone" in row["reason"]
    assert "refused" not in row["reason"]
    assert groups_of(sandbox) == {"M1": None, "M3": None}


def test_a_forced_record_without_modules_looks_for_groups_that_are_gone(
    sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a list, a group that has its module and was deleted by hand, and a group without modules
    say_alone(sis, course({"module_id": "M1", "order": 4}), group("G1", "M1"), group("G2"))
    person.deletes_group("G1")
    # When the group without modules is sent again by force
    sis.say(Step.MODULE_GROUP, group("G2"), **FORCE)
    # Then the module is where the list has it
    assert attached(sandbox)["M1"]["order"] == 4


def test_a_group_that_is_only_missing_in_the_list_of_groups_is_not_gone(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that G2 took from G1, and a list of groups that leaves both out
    say_alone(sis, group("G1", "M1"), group("G2", "M1"))
    sandbox.add_faults(Fault(kind="status", status=200, method="GET", path="groups$", body={"data": []}))
    # When G2 lets it go
    row = sis.say(Step.MODULE_GROUP, group("G2"))
    # Then G1 has it back
    assert groups_of(sandbox) == {"M1": "G1"}
    assert row["reason"] == "changed; 1 attached, 0 detached"
