"""Steps 4 and 5 after a worker that did not finish: what it began is neither forgotten nor believed."""

import pytest

from dokstamp_sync.delivery.shared import SharedRows
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.attaching import ATTACH, DETACH, attached, course, group, groups_of
from tests.support.sis import Sis

pytestmark = pytest.mark.usefixtures("catalogue")
CANNOT_BE_ASKED = Fault(kind="status", status=503, method="GET", path=ATTACH)


def test_a_list_that_was_not_attached_is_not_attached_later_in_place_of_a_newer_one(sis: Sis, sandbox: Sandbox) -> None:
    # Given an attached module, and another workload for it that DokStamp could not take for now
    listed = course({"module_id": "M1", "workload": 20})
    sis.say(Step.COURSE_MODULES, listed)
    sandbox.add_faults(CANNOT_BE_ASKED)
    sis.breaks_off(Step.COURSE_MODULES, course({"module_id": "M1", "workload": 99}))
    # When a newer message says what is attached already, and a group of the course is delivered after it
    sis.say(Step.COURSE_MODULES, listed)
    sis.say(Step.MODULE_GROUP, group("Term 1", "M2"))
    # Then the newer one counts
    assert attached(sandbox)["M1"]["workload"] == 20


def test_a_worker_that_was_overtaken_leaves_no_wish_of_its_own_behind(
    sis: Sis, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that sleeps past its lease before it comes to the course's attachments
    claim = SharedRows.claim
    newer = course({"module_id": "M1", "workload": 20})

    def slowly(rows: SharedRows, id_: str) -> Claimed:
        monkeypatch.setattr(SharedRows, "claim", claim)
        sis.pipeline.clock.sleep(sis.pipeline.settings.lease_seconds + 1)
        # And another one that delivers a newer list meanwhile
        sis.say(Step.COURSE_MODULES, newer)
        return claim(rows, id_)

    monkeypatch.setattr(SharedRows, "claim", slowly)
    sis.breaks_off(Step.COURSE_MODULES, course({"module_id": "M1", "workload": 99}))
    # When a group of the course is delivered after both
    sis.say(Step.MODULE_GROUP, group("Term 1", "M2"))
    # Then the newer list counts
    assert attached(sandbox)["M1"]["workload"] == 20


def test_what_an_unfinished_worker_detached_is_attached_again_also_by_the_second_next(
    sis: Sis, sandbox: Sandbox
) -> None:
    # Given a group's module that a worker detached without hearing so, and whose lease has run out
    sis.say(Step.MODULE_GROUP, group("Term 1", "M1"))
    sandbox.add_faults(Fault(kind="reset_after", method="DELETE", path=DETACH))
    sis.breaks_off(Step.MODULE_GROUP, group("Term 1"))
    # When the next worker, who is to attach it, cannot ask which modules are free, and tries again
    sandbox.add_faults(CANNOT_BE_ASKED)
    sis.say(Step.MODULE_GROUP, group("Term 1", "M1"))
    # Then it is attached
    assert groups_of(sandbox) == {"M1": "Term 1"}


def test_what_an_unfinished_worker_attached_is_detached_when_it_is_not_wanted_any_more(
    sis: Sis, sandbox: Sandbox
) -> None:
    # Given a list that was attached without an answer, and a lease that has run out
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path=ATTACH))
    sis.breaks_off(Step.COURSE_MODULES, course("M1", "M2"))
    # When a newer list leaves a module out
    sis.say(Step.COURSE_MODULES, course("M1"))
    # Then it is not attached any more
    assert groups_of(sandbox) == {"M1": None}
