"""Patience is for what is missing while DokStamp answers: an outage neither uses it up nor renews it."""

from pathlib import Path

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.meeting.conftest import PATIENCE, Letter, Post
from tests.support.pipeline import Pipeline
from tests.support.sis import Sis, example, live, pdf

CAP = 4  # seconds: the longest back-off of these settings
OUTAGE = 10 * PATIENCE


def goes_down(sandbox: Sandbox) -> None:
    sandbox.add_faults(Fault(kind="status", status=503, times=None))


def answers_again(sandbox: Sandbox) -> None:
    sandbox.faults.clear()


def waits(pipeline: Pipeline, seconds: float, letter: Letter) -> None:
    """The letter comes again and again in that time, and has no outcome."""
    end = pipeline.clock() + seconds
    while pipeline.clock() < end:
        assert letter.comes() == "handed back"


@pytest.fixture
def orphan(sis: Sis, post: Post, tmp_path: Path) -> Letter:
    """A certificate whose enrollment is not there yet. Nobody can ask DokStamp for it: its id is the school's own."""
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT)
    pdf(tmp_path, "ana.pdf")
    return post.letter(Step.CERTIFICATE, 51, example(Step.CERTIFICATE))


@pytest.mark.parametrize("lost", ["nothing", "the answer to the enrollment"])
@pytest.mark.parametrize("noticed", ["before the outage", "in the outage"])
def test_a_record_whose_parent_is_kept_by_an_outage_waits_until_it_is_over(
    noticed: str, lost: str, orphan: Letter, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a certificate that comes before its enrollment, and an outage
    parent = post.letter(Step.ENROLLMENT, 50, example(Step.ENROLLMENT))
    if noticed == "before the outage":
        assert orphan.comes() == "handed back"
    if lost == "the answer to the enrollment":
        sandbox.add_faults(Fault(kind="reset_before", method="POST", path="^/enrollments$"))
        assert parent.comes() == "handed back"
    goes_down(sandbox)
    # When it lasts for ten times the patience
    waits(pipeline, OUTAGE, orphan)
    answers_again(sandbox)
    # Then both are delivered
    parent.comes_until_answered()
    assert [each["outcome"] for each in orphan.comes_until_answered()] == ["created"]
    assert len(live(sandbox, "certificates")) == 1


def test_patience_goes_on_after_an_outage_where_it_was(orphan: Letter, sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a certificate that has waited for half of the patience, then through an outage
    waits(pipeline, PATIENCE / 2, orphan)
    goes_down(sandbox)
    waits(pipeline, OUTAGE, orphan)
    answers_again(sandbox)
    began = pipeline.clock()
    # When its enrollment never comes
    (told,) = orphan.comes_until_answered()
    # Then it is blocked after the other half, to within a back-off or two
    assert told["outcome"] == "blocked"
    assert pipeline.clock() - began == pytest.approx(PATIENCE / 2, abs=2 * CAP)


def test_without_an_outage_patience_lasts_as_long_as_it_is_set(orphan: Letter, pipeline: Pipeline) -> None:
    began = pipeline.clock()
    (told,) = orphan.comes_until_answered()
    assert told["outcome"] == "blocked"
    assert pipeline.clock() - began == pytest.approx(PATIENCE, abs=2)


def test_a_record_that_begins_to_wait_is_looked_at_soon_however_often_its_message_was_received(
    orphan: Letter, post: Post, pipeline: Pipeline
) -> None:
    # Given a message that an outage has cost many receives
    orphan.receives = 100
    # When its parent comes two seconds after the first look
    assert orphan.comes() == "handed back"
    pipeline.clock.sleep(2)
    post.letter(Step.ENROLLMENT, 50, example(Step.ENROLLMENT)).comes_until_answered()
    began = pipeline.clock()
    # Then it does not wait by its receives
    assert [each["outcome"] for each in orphan.comes_until_answered()] == ["created"]
    assert pipeline.clock() - began <= 1
