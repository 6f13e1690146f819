"""Steps 4 and 5 where DokStamp refuses to detach: what is still attached is not taken for gone."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.attaching import (
    ATTACH,
    DETACH,
    NO,
    Person,
    attach_calls,
    attached,
    course,
    group,
    groups_of,
    refuse,
    uuid_of,
)
from tests.support.sis import Sis, calls, example, trash

pytestmark = pytest.mark.usefixtures("catalogue")


def test_a_module_that_dokstamp_does_not_detach_rejects_the_list_until_it_does(sis: Sis, sandbox: Sandbox) -> None:
    # Given two attached modules, of which DokStamp will not detach one for now
    sis.say(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    refuse(sandbox, DETACH, "M2", times=3)
    # When the SIS drops it together with another one, and says so again
    told = [sis.say(Step.COURSE_MODULES, course("M1")) for _ in range(2)]
    # Then the other one is detached, and the record is rejected each time, with DokStamp's reason
    assert list(attached(sandbox)) == ["M1", "M2"]
    assert [row["outcome"] for row in told] == ["rejected", "rejected"]
    assert NO in told[0]["reason"]
    # And when DokStamp lets it go, and the list is sent once more, it is detached
    row = sis.say(Step.COURSE_MODULES, course("M1"))
    assert (row["outcome"], row["reason"]) == ("updated", "0 attached, 1 detached")
    assert list(attached(sandbox)) == ["M1"]


def test_a_place_that_cannot_change_stays_known_as_it_is(sis: Sis, sandbox: Sandbox) -> None:
    # Given a module that DokStamp will not detach
    sis.say(Step.COURSE_MODULES, course("M1"))
    refuse(sandbox, DETACH)
    # When its workload is to change, and then is to be what it was
    changed = sis.say(Step.COURSE_MODULES, course({"module_id": "M1", "workload": 9}))
    sandbox.calls.clear()
    back = sis.say(Step.COURSE_MODULES, course("M1"))
    # Then the change is rejected with the reason, and the old place needs no call
    assert changed["outcome"] == "rejected"
    assert "module 'M1' could not be detached" in changed["reason"]
    assert back["outcome"] != "rejected"
    assert attach_calls(sandbox) == []


@pytest.mark.parametrize("how", ["detached", "deleted"])
def test_a_module_that_somebody_has_taken_off_counts_as_detached(how: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given an attached module that a person detached, or deleted with its attachment, and a DokStamp that says so
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    uuid = uuid_of(sandbox, "M2")
    kept = sandbox.store.tables["attachments"]
    for key in [key for key, each in kept.items() if each.values["module_uuid"] == uuid]:
        del kept[key]
    refuse(sandbox, DETACH, "M2")
    if how == "deleted":
        trash(sandbox, "modules", uuid)
    # When the SIS drops it
    row = sis.say(Step.COURSE_MODULES, course("M1"))
    # Then that is done
    assert (row["outcome"], row["reason"]) == ("updated", "0 attached, 1 detached")


def test_a_detach_that_was_carried_out_in_part_is_not_forgotten(sis: Sis, sandbox: Sandbox) -> None:
    # Given two modules to detach, which DokStamp refuses together, and of which it then detaches one
    sis.say(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    refuse(sandbox, DETACH, times=1)
    busy = {"status": 429, "headers": {"Retry-After": "60"}}
    sandbox.add_faults(Fault(kind="status", **busy, method="DELETE", path=DETACH, where=uuid_of(sandbox, "M2")))
    sis.breaks_off(Step.COURSE_MODULES, course({"module_id": "M3", "order": 3}))
    # When a newer message wants them as they were
    row = sis.say(Step.COURSE_MODULES, course("M1", "M2", "M3"))
    # Then all are attached
    assert row["outcome"] == "updated"
    assert set(attached(sandbox)) == {"M1", "M2", "M3"}


@pytest.mark.parametrize(("method", "path"), [("DELETE", DETACH), ("POST", ATTACH)])
def test_a_course_that_dokstamp_denies_for_a_moment_rejects_nobody(
    method: str, path: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given an attached module, and a DokStamp that denies the course when it is to be changed
    sis.say(Step.COURSE_MODULES, course("M1"))
    sandbox.add_faults(Fault(kind="status", status=404, method=method, path=path, times=2))
    # When the SIS names another one in its place
    row = sis.say(Step.COURSE_MODULES, course("M2"))
    # Then it is asked again, and all is as the SIS says
    assert row["outcome"] == "updated", row["reason"]
    assert list(attached(sandbox)) == ["M2"]


def test_what_somebody_has_taken_off_is_asked_about_once(sis: Sis, sandbox: Sandbox, person: Person) -> None:
    # Given a module that a person detached, and that the SIS has dropped since
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    person.detaches("M2")
    sis.say(Step.COURSE_MODULES, course("M1"))
    sandbox.calls.clear()
    # When a group without modules is delivered
    sis.say(Step.MODULE_GROUP, group("G1"))
    # Then nothing is left to do for the course
    assert not [path for _, path in calls(sandbox) if path.endswith(ATTACH)]


def test_a_detach_that_was_carried_out_though_it_was_refused_counts_as_done(sis: Sis, sandbox: Sandbox) -> None:
    # Given two attached modules, and a DokStamp that detaches and answers that it did not
    sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    sandbox.add_faults(Fault(kind="status", status=422, method="DELETE", path=DETACH, carry_out=True))
    # When the SIS drops one
    row = sis.say(Step.COURSE_MODULES, course("M1"))
    # Then it is detached, as DokStamp's list of what is free tells
    assert (row["outcome"], row["reason"]) == ("updated", "0 attached, 1 detached")
    assert list(attached(sandbox)) == ["M1"]


def test_what_was_attached_though_it_was_refused_is_detached_when_it_is_dropped(sis: Sis, sandbox: Sandbox) -> None:
    # Given a DokStamp that attaches a module, answers that it did not, and will not detach it for now
    sandbox.add_faults(Fault(kind="status", status=422, method="POST", path=ATTACH, carry_out=True))
    refuse(sandbox, DETACH, times=1)
    assert sis.say(Step.COURSE_MODULES, course("M1"))["outcome"] == "rejected"
    # When the SIS drops it
    sis.say(Step.COURSE_MODULES, course())
    # Then it is detached
    assert attached(sandbox) == {}


def test_a_module_that_was_replaced_in_dokstamp_is_attached_anew(sis: Sis, sandbox: Sandbox, person: Person) -> None:
    # Given an attached module that a person took off the course and deleted, and that the sync made anew
    sandbox.switch(trashed_blocks_unique=False)
    sis.say(Step.COURSE_MODULES, course("M1"))
    person.detaches("M1")
    person.deletes_module("M1")
    sis.say(Step.MODULE, example(Step.MODULE, code="M1", name="Module 1, anew"))
    # When the list is said with another one, Then both are attached
    row = sis.say(Step.COURSE_MODULES, course("M1", "M2"))
    assert row["outcome"] != "rejected", row["reason"]
    assert groups_of(sandbox) == {"M1": None, "M2": None}
