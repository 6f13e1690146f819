"""Whatever happens to an answer: each record is created exactly once, and reported as created."""

import json

import pytest

from dokstamp_sync.order import Step
from dokstamp_sync.worker.batch import HandedBack, Received
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.worker.school import ANA, BIA, GROUP, calls, message, names, outcome, students, with_group

LOST = [
    Fault(kind="reset_after", method="POST", path="^/students$"),
    Fault(kind="truncated", method="POST", path="^/students$"),
    Fault(kind="html", method="POST", path="^/students$", carry_out=True),
    Fault(kind="status", method="POST", path="^/students$", status=500, carry_out=True),
    Fault(kind="status", method="POST", path="^/students$", status=503, carry_out=True),
]
NOT_CARRIED_OUT = [
    Fault(kind="reset_before", method="POST", path="^/students$"),
    Fault(kind="status", method="POST", path="^/students$", status=503),
    Fault(kind="status", method="POST", path="^/students$", status=429, headers={"Retry-After": "2"}),
    Fault(kind="html", method="POST", path="^/students$"),
]


def body_of(*records: dict[str, str]) -> str:
    return json.dumps(students(*records))


def kind(fault: Fault) -> str:
    return f"{fault.kind}-{fault.status}" if fault.kind == "status" else fault.kind


@pytest.mark.parametrize("fault", LOST, ids=kind)
def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(
    sandbox: Sandbox, pipeline: Pipeline, fault: Fault
) -> None:
    # Given a DokStamp that carries the create out but does not get its answer across
    sandbox.add_faults(fault)
    # When a new student is delivered
    answer = pipeline.take(Step.STUDENT, students(ANA))
    # Then DokStamp holds the student once, created by one call, and the run hears of a creation
    assert names(sandbox) == ["Ana Souza"]
    assert calls(sandbox, "POST", "/students") == 1
    assert outcome(answer) == ("created", "created by an earlier try whose answer was lost")


@pytest.mark.parametrize("fault", NOT_CARRIED_OUT, ids=kind)
def test_a_create_that_was_not_carried_out_is_repeated(sandbox: Sandbox, pipeline: Pipeline, fault: Fault) -> None:
    sandbox.add_faults(fault)
    answer = pipeline.take(Step.STUDENT, students(ANA))
    assert names(sandbox) == ["Ana Souza"]
    assert calls(sandbox, "POST", "/students") == 2
    assert outcome(answer)[0] == "created"


def test_nobody_posts_again_before_the_lease_has_run_out(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a create whose answer was lost
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/students$"))
    body = body_of(ANA)
    begun = pipeline.clock()
    with pytest.raises(HandedBack):
        pipeline.worker(Step.STUDENT).take(Received("m", body, "h", 1))
    waited = pipeline.clock() - begun
    sandbox.calls.clear()
    # When its message comes back too early, to another worker
    pipeline.clock.now = begun + pipeline.settings.lease_seconds - 0.1
    with pytest.raises(HandedBack):
        pipeline.worker(Step.STUDENT).take(Received("m", body, "h", 2))
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
    with pytest.raises(HandedBack):
        body = body_of(ANA | {"name": "Ana Reis"})
        pipeline.worker(Step.STUDENT).take(Received("m", body.replace("run-1", "run-2"), "h", 1))
    # When the SIS says what it said at first
    answer = pipeline.take(Step.STUDENT, students(ANA, run="run-3"))
    # Then it is sent, and DokStamp says it again
    assert outcome(answer)[0] == "updated"
    assert names(sandbox) == ["Ana Souza"]


def test_a_403_keeps_the_message_and_loses_no_record(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given credentials that lost their permission
    sandbox.add_faults(Fault(kind="status", status=403, path="^/students", times=None))
    body = body_of(ANA, BIA)
    # When a message is received again and again, to the last time
    for receives in range(1, pipeline.settings.maximum_receives + 1):
        with pytest.raises(HandedBack):
            pipeline.worker(Step.STUDENT).take(Received("m", body, "h", receives))
    # Then nothing is rejected, and once permission is back everything is delivered
    assert pipeline.refusals.kept == {}
    with sandbox.lock:
        sandbox.faults.clear()
    assert pipeline.take(Step.STUDENT, students(ANA, BIA))["counts"] == {"created": 2}


def delete(sandbox: Sandbox, resource: str) -> None:
    """Somebody deletes all there is, in DokStamp, by hand."""
    with sandbox.lock:
        sandbox.store.tables[resource].clear()


def test_a_changed_record_that_was_deleted_in_dokstamp_is_created_anew_once(
    sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a mapped student who was deleted in DokStamp
    gone = pipeline.take(Step.STUDENT, students(ANA))["records"][0]["uuid"]
    delete(sandbox, "students")
    sandbox.calls.clear()
    # When the student changes
    answer = pipeline.take(Step.STUDENT, students(ANA | {"name": "Ana Reis"}, run="run-2"))
    # Then DokStamp is asked twice, and one is created, and mapped in place of the lost one
    assert outcome(answer)[0] == "created"
    assert answer["records"][0]["uuid"] != gone
    assert names(sandbox) == ["Ana Reis"]
    assert (calls(sandbox, "PATCH", f"/students/{gone}"), calls(sandbox, "POST", "/students")) == (2, 1)


def test_a_changed_module_group_that_was_deleted_in_dokstamp_is_created_anew(
    sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a mapped group, which lives below its course, and was deleted in DokStamp
    with_group(pipeline)
    delete(sandbox, "module_groups")
    # When the group changes
    answer = pipeline.take(Step.MODULE_GROUP, message(Step.MODULE_GROUP, GROUP | {"order": 2}, run="run-2"))
    # Then there is one again
    assert outcome(answer)[0] == "created"
    assert names(sandbox, "module_groups") == ["Core"]
