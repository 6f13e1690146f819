"""Steps 4 and 5 where DokStamp refuses what another record of the course wants: somebody's outcome tells."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.attaching import ATTACH, DETACH, NO, Person, course, group, groups_of, refuse, say_alone, uuid_of
from tests.support.sis import Sis, example

pytestmark = pytest.mark.usefixtures("catalogue")


def test_a_module_that_cannot_be_attached_for_another_group_is_told_and_tried_again(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that G2 took from G1, and a DokStamp that refuses to attach it again
    sis.say(Step.MODULE_GROUP, group("G1", "M1"))
    sis.say(Step.MODULE_GROUP, group("G2", "M1"))
    refuse(sandbox, ATTACH, "M1", times=2)
    # When G2 names another one instead
    row = sis.say(Step.MODULE_GROUP, group("G2", "M2"))
    # Then G2 is delivered, and its outcome tells what was refused to G1
    assert row["outcome"] == "updated"
    assert "1 module that module_group 'CS/G1' wants was refused: " in row["reason"]
    assert NO in row["reason"]
    assert groups_of(sandbox) == {"M2": "G2"}
    # And when any record of the course is delivered, it is tried again
    row = sis.say(Step.COURSE_MODULES, course("M3"))
    assert (row["outcome"], row["reason"]) == ("created", "2 attached, 0 detached")
    assert groups_of(sandbox) == {"M1": "G1", "M2": "G2", "M3": None}


@pytest.mark.parametrize("refusal", ["all_or_nothing", "partial"])
def test_a_module_that_the_list_cannot_have_back_is_told_by_the_group_that_let_it_go(
    refusal: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a module that G2 took from the list, and that somebody gave to another institution meanwhile
    sandbox.switch(attach_refusal=refusal)
    say_alone(sis, course("M1", "M2"), group("G2", "M1"))
    monte = sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="MONTE", name="Monte"))
    sandbox.store.tables["modules"][uuid_of(sandbox, "M1")].change({"institution_uuid": monte["uuid"]})
    # When G2 names another one instead
    row = sis.say(Step.MODULE_GROUP, group("G2", "M3"))
    # Then G2 is delivered, and its outcome tells what the list lacks
    assert row["outcome"] == "updated"
    assert "1 module that course_modules 'CS' wants was refused: " in row["reason"]
    assert groups_of(sandbox) == {"M2": None, "M3": "G2"}


def test_what_the_list_names_and_a_group_is_refused_does_not_reject_the_list(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that the list and a group name, and that DokStamp refuses to attach for the group
    refuse(sandbox, ATTACH, "M1")
    assert sis.say(Step.MODULE_GROUP, group("G1", "M1"))["outcome"] == "rejected"
    # When the list is delivered
    row = sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    # Then it has its own modules, and tells the rest
    assert row["outcome"] == "created"
    assert "1 module that module_group 'CS/G1' wants was refused: module 'M1'" in row["reason"]
    assert groups_of(sandbox) == {"M2": None}


def test_what_could_not_be_taken_off_for_another_record_is_told(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that the list dropped and DokStamp did not detach
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    refuse(sandbox, DETACH, "M2")
    sis.say(Step.COURSE_MODULES, course("M1"))
    # When a group of the course is delivered
    row = sis.say(Step.MODULE_GROUP, group("G1", "M3"))
    # Then the group has its module and is not blamed, and its outcome tells
    assert row["outcome"] == "created"
    assert groups_of(sandbox) == {"M1": None, "M2": None, "M3": "G1"}
    assert "1 module that no record wants any more was refused: " in row["reason"]
    assert NO in row["reason"]


def test_a_record_that_is_rejected_tells_what_others_were_refused(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that G2 took from G1, and a DokStamp that refuses to attach anything
    say_alone(sis, group("G1", "M1"), group("G2", "M1"))
    refuse(sandbox, ATTACH)
    # When G2 names another one instead
    row = sis.say(Step.MODULE_GROUP, group("G2", "M2"))
    # Then both are told
    assert row["outcome"] == "rejected"
    assert "1 of 1 modules were refused: module 'M2'" in row["reason"]
    assert "1 module that module_group 'CS/G1' wants was refused" in row["reason"]


def test_what_is_offered_and_could_not_be_attached_is_not_taken_for_attached(
    sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a group's module that a person detached, and that DokStamp refuses to attach for now
    say_alone(sis, course("M1"), group("G1", "M2"))
    person.detaches("M2")
    refuse(sandbox, ATTACH, "M2", times=2)
    assert "'CS/G1' wants" in sis.say(Step.COURSE_MODULES, course("M1", "M3"))["reason"]
    # When a record that wants nothing is delivered
    sis.say(Step.MODULE_GROUP, group("G2"))
    # Then it is attached
    assert groups_of(sandbox) == {"M1": None, "M2": "G1", "M3": None}
