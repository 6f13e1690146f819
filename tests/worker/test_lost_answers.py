"""Whatever happens to an answer: each record is created exactly once, and reported as created."""

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.worker.school import ANA, BIA, names, outcome, students


def test_nobody_posts_again_before_the_lease_has_run_out(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a create whose answer was lost
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/students$"))
    begun = pipeline.clock()
    pipeline.hands_back(Step.STUDENT, students(ANA))
    waited = pipeline.clock() - begun
    sandbox.calls.clear()
    # When its message comes back too early, to another worker
    pipeline.clock.now = begun + pipeline.settings.lease_seconds - 0.1
    pipeline.hands_back(Step.STUDENT, students(ANA), receive=2)
    # Then DokStamp is not called; and the queue had been told to wait for as long as the lease
    assert sandbox.calls == []
    assert waited == pipeline.settings.lease_seconds


def test_an_update_whose_answer_was_lost_is_sent_again(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a student, and a change whose answer is lost
    pipeline.take(Step.STUDENT, students(ANA))
    sandbox.add_faults(Fault(kind="reset_after", method="PATCH", path="^/students/"))
    # When the change is delivered
    answer = pipeline.take(Step.STUDENT, students(ANA | {"name": "Ana Reis"}, run="run-2"))
    # Then it holds
    assert names(sandbox) == ["Ana Reis"]
    assert outcome(answer)[0] == "updated"


def test_what_was_delivered_before_never_passes_for_unchanged_while_a_change_is_in_doubt(
    sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a change that DokStamp carried out without our hearing of it, and whose message was lost as well
    pipeline.take(Step.STUDENT, students(ANA))
    sandbox.add_faults(Fault(kind="reset_after", method="PATCH", path="^/students/"))
    pipeline.hands_back(Step.STUDENT, students(ANA | {"name": "Ana Reis"}, run="run-2"))
    # When the SIS says what it said at first
    answer = pipeline.take(Step.STUDENT, students(ANA, run="run-3"))
    # Then it is sent, and DokStamp says it again
    assert outcome(answer)[0] == "updated"
    assert names(sandbox) == ["Ana Souza"]


def test_a_403_keeps_the_message_and_loses_no_record(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given credentials that lost their permission
    sandbox.add_faults(Fault(kind="status", status=403, path="^/students", times=None))
    # When a message is received again and again, to the last time
    for receives in range(1, pipeline.settings.maximum_receives + 1):
        pipeline.hands_back(Step.STUDENT, students(ANA, BIA), receives)
    # Then nothing is rejected, and once permission is back everything is delivered
    assert pipeline.refusals.kept == {}
    with sandbox.lock:
        sandbox.faults.clear()
    assert pipeline.take(Step.STUDENT, students(ANA, BIA))["counts"] == {"created": 2}
