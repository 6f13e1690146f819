"""An entity that somebody deleted in DokStamp: it is created again once, or the one in its place is adopted."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Sis, example, live, writes

LOST_CREATE = Fault(kind="reset_after", method="POST", path="^/courses$")
OTHER = example(Step.COURSE, name="Other")


@pytest.mark.parametrize("finished", [True, False], ids=["delivered", "found again, its change put off"])
def test_what_was_deleted_is_created_again_once_though_the_answer_is_lost(
    finished: bool, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a course that was delivered, or found again after a lost answer and not changed yet
    sis.has_said(Step.INSTITUTION)
    if finished:
        sis.has_said(Step.COURSE)
    else:
        sandbox.add_faults(LOST_CREATE, Fault(kind="status", method="PATCH", path="^/courses/", status=503))
        sis.breaks_off(Step.COURSE)
        sis.breaks_off(Step.COURSE, OTHER)
    gone = live(sandbox, "courses")[0]["uuid"]
    # And somebody deleted it in DokStamp
    sandbox.store.tables["courses"].clear()
    sandbox.calls.clear()
    # When the SIS says something else about it, and the answer to its create is lost
    sandbox.add_faults(LOST_CREATE)
    row = sis.say(Step.COURSE, OTHER)
    # Then it is reported as created, and DokStamp is not asked again for the one that is gone
    assert (row["outcome"], row["uuid"]) == ("created", live(sandbox, "courses")[0]["uuid"])
    assert row["reason"] == "created by an earlier try whose answer was lost"
    assert writes(sandbox) == [("PATCH", f"/courses/{gone}")] * 2 + [("POST", "/courses")]


def test_what_was_deleted_and_made_again_by_hand_as_the_sis_says_it_is_unchanged(
    sis: Sis, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a delivered course that somebody deleted in DokStamp, and made again with another name
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    institution = live(sandbox, "institutions")[0]["uuid"]
    sandbox.store.tables["courses"].clear()
    course = {"code": "CS", "name": "Other", "status": "active", "institution_uuid": institution}
    made = pipeline.dokstamp.create("/courses", course)
    # When the SIS gives it that name, too
    row = sis.say(Step.COURSE, OTHER)
    # Then the one made by hand is adopted as it is
    assert (row["outcome"], row["uuid"]) == ("unchanged", made["uuid"])
    assert row["reason"] == "found in DokStamp as it should be"


def test_what_was_deleted_after_a_renaming_that_was_broken_off_is_reported_as_created(
    sis: Sis, sandbox: Sandbox
) -> None:
    # Given a course whose renaming was broken off, and which somebody deleted in DokStamp
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    renamed = example(Step.COURSE, sis_id="CS", code="NEW")
    sandbox.add_faults(Fault(kind="status", method="PATCH", path="^/courses/", status=503))
    sis.breaks_off(Step.COURSE, renamed)
    sandbox.store.tables["courses"].clear()
    # And one of its cohorts, which waited for it in vain
    assert sis.say(Step.COHORT)["outcome"] == "blocked"
    # When the SIS sends the course again, and the answer to its create is lost
    sandbox.add_faults(LOST_CREATE)
    row = sis.say(Step.COURSE, renamed)
    # Then it is reported as created
    assert (row["outcome"], row["uuid"]) == ("created", live(sandbox, "courses")[0]["uuid"])
