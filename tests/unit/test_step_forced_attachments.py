"""Steps 4 and 5 with force: what is remembered is not trusted, and the course ends as the SIS says."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.attaching import (
    DETACH,
    FORCE,
    Person,
    attach_calls,
    attached,
    course,
    group,
    groups_of,
    refuse,
    say_alone,
    uuid_of,
)
from tests.support.sis import Json, Sis, calls, example, live, trash

pytestmark = pytest.mark.usefixtures("catalogue")
BOTH = pytest.mark.parametrize("step", [Step.COURSE_MODULES, Step.MODULE_GROUP])


def said(step: Step, *modules: str) -> Json:
    return group("G1", *modules) if step is Step.MODULE_GROUP else course(*modules)


@BOTH
@pytest.mark.parametrize("place", [None, {"order": 9, "workload": 1}], ids=["nowhere", "in another place"])
def test_a_module_that_a_person_moved_or_took_off_is_put_back(
    place: Json | None, step: Step, sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a delivered record, one of whose modules a person detached, and perhaps attached in another place
    sis.say(step, said(step, "M1", "M2"))
    before = attached(sandbox)
    person.detaches("M1")
    if place:
        person.attaches("M1", **place)
    # When the record is sent again by force
    row = sis.say(step, said(step, "M1", "M2"), **FORCE)
    # Then all is as the SIS says
    assert row["outcome"] == "updated"
    assert attached(sandbox) == before


def test_what_is_offered_is_not_attached_whatever_is_remembered(sis: Sis, sandbox: Sandbox, person: Person) -> None:
    # Given a list and a group, each of which lost a module by a person's hand
    say_alone(sis, course("M1"), group("G1", "M2"))
    person.detaches("M1", "M2")
    # When the list gets a module more, without force
    sis.say(Step.COURSE_MODULES, course("M1", "M3"))
    # Then DokStamp's own list of what is free told that all three were to be attached
    assert groups_of(sandbox) == {"M1": None, "M2": "G1", "M3": None}
    assert attach_calls(sandbox) == ["attach"]


@pytest.mark.parametrize("first", [(), (Step.COURSE_MODULES,)], ids=["group alone", "list before it"])
def test_a_group_made_again_by_hand_under_its_name_gets_its_modules_back(
    first: tuple[Step, ...], sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a list and a group that a person deleted and made again
    records = {Step.COURSE_MODULES: course("M1", "M2"), Step.MODULE_GROUP: group("G1", "M1")}
    say_alone(sis, *records.values())
    person.deletes_group("G1")
    person.makes_group("G1")
    # When the group is sent again by force, perhaps after the list
    for step in (*first, Step.MODULE_GROUP):
        assert sis.say(step, records[step], **FORCE)["outcome"] == "updated"
    # Then there is one group, and it has its module
    assert len(live(sandbox, "module_groups")) == 1
    assert groups_of(sandbox) == {"M1": "G1", "M2": None}


def test_a_forced_list_leaves_the_modules_of_groups_alone(sis: Sis, sandbox: Sandbox) -> None:
    # Given a list, and a group that has one of its modules
    say_alone(sis, course("M1", "M2"), group("G1", "M1"))
    sandbox.calls.clear()
    # When the list is sent again by force
    sis.say(Step.COURSE_MODULES, course("M1", "M2"), **FORCE)
    # Then only its own module is detached and attached again
    assert groups_of(sandbox) == {"M1": "G1", "M2": None}
    sent = [call.body["modules"] for call in sandbox.calls if call.body]
    assert sent[0] == [uuid_of(sandbox, "M2")]
    assert [each["uuid"] for each in sent[1]] == [uuid_of(sandbox, "M2")]


def test_what_force_could_not_take_off_is_remembered_as_before(sis: Sis, sandbox: Sandbox) -> None:
    # Given a delivered list with a module that DokStamp will not detach
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    refuse(sandbox, DETACH, "M1")
    # When it is sent by force, and then with a module more
    forced = sis.say(Step.COURSE_MODULES, course("M1", "M2"), **FORCE)
    row = sis.say(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    # Then the forced one is told so, and the other one does not suffer from it
    assert forced["outcome"] == "rejected"
    assert "module 'M1' could not be detached" in forced["reason"]
    assert (row["outcome"], row["reason"]) == ("updated", "1 attached, 0 detached")
    assert set(attached(sandbox)) == {"M1", "M2", "M3"}


@pytest.mark.parametrize("how", ["detached before", "still attached", "denied with 404"])
@BOTH
def test_a_module_that_was_made_anew_is_attached_and_the_old_one_forgotten(
    how: str, step: Step, sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a module of a delivered record, which a person deleted and the sync made anew
    sandbox.switch(trashed_blocks_unique=False)
    sis.say(step, said(step, "M1", "M2"))
    old = uuid_of(sandbox, "M1")
    if how == "detached before":
        person.detaches("M1")
        person.deletes_module("M1")
    else:
        trash(sandbox, "modules", old)
    if how == "denied with 404":
        sandbox.add_faults(Fault(kind="status", status=404, method="DELETE", path=DETACH, where=old, times=None))
    module = example(Step.MODULE, code="M1", name="Module 1, anew")
    assert sis.say(Step.MODULE, module)["outcome"] == "created"
    # When the record that names it is sent again by force
    row = sis.say(step, said(step, "M1", "M2"), **FORCE)
    # Then the new one is attached
    assert row["outcome"] == "updated", row["reason"]
    assert set(attached(sandbox)) == {"M1", "M2"}
    # And the old one is not asked about any more
    sandbox.calls.clear()
    assert sis.say(step, said(step, "M1"))["outcome"] == "updated"
    assert ("GET", f"/modules/{old}") not in calls(sandbox)
    assert all(old not in str(call.body) for call in sandbox.calls)
