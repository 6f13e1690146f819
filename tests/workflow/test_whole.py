"""From inbox to results queue: the real functions at the real queues of an emulated AWS, against the sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from dokstamp_sync.delivery import healing
from dokstamp_sync.errors import Retry
from dokstamp_sync.intake import entry as intake
from dokstamp_sync.messages import run_of
from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import Handler, serve
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import rules
from tests.worker import clients
from tests.worker.lambda_world import FakeContext, World
from tests.worker.school import ANA, COURSE, SCHOOL, names
from tests.workflow.world import Runs

EVENTS = Path(__file__).parents[2] / "events"
MESSAGE: dict[str, Any] = {
    "id": "2026-11-20/cs/0001",
    "occurred_at": "2026-11-20T12:00:00Z",
    "institutions": [SCHOOL],
    "courses": [COURSE],
    "students": [ANA, ANA | {"sis_id": "bad", "email": "nobody"}],
    "enrollments": [{"student_id": "ana", "course_id": "CS", "enrolled_at": "2024-02-01"}],
}
STEPS = [Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT]


@pytest.fixture
def inbox(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> World:
    """The inbox, with the intake's environment as new."""
    url = clients.sqs().create_queue(QueueName="inbox")["QueueUrl"]
    monkeypatch.setenv("STATE_MACHINE_ARN", runs.machine)
    intake._build.cache_clear()
    return World(url)


def take_in(inbox: World, *messages: dict[str, Any]) -> None:
    inbox.send(*messages)
    assert intake.handler(inbox.receive(), FakeContext()) == {"batchItemFailures": []}


def function(runs: Runs, monkeypatch: pytest.MonkeyPatch, step: Step) -> Handler:
    """A new environment of a step's function."""
    monkeypatch.setenv("QUEUE_URL", runs.queues[step])
    return serve(rules(step))


def execution_of(runs: Runs, message_id: str) -> str:
    return f"{runs.machine.replace(':stateMachine:', ':execution:')}:{run_of(message_id)}"


def through(runs: Runs, monkeypatch: pytest.MonkeyPatch, steps: list[Step]) -> None:
    """Every step's function takes what its queue holds."""
    for step in steps:
        answer = function(runs, monkeypatch, step)(runs.event(step), FakeContext())
        assert answer == {"batchItemFailures": []}


def test_a_message_becomes_a_run_and_the_run_a_result(
    runs: Runs, inbox: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a message of the SIS, with a record that is invalid
    take_in(inbox, MESSAGE)
    # When each step's function takes its message and answers its token
    through(runs, monkeypatch, STEPS)
    ended = runs.end(execution_of(runs, MESSAGE["id"]))
    # Then DokStamp holds the school, and the SIS hears of every record
    assert ended["status"] == "SUCCEEDED"
    assert (names(sandbox, "courses"), names(sandbox)) == (["Computer Science"], ["Ana Souza"])
    (result,) = runs.results()
    assert result["run"] == run_of(MESSAGE["id"])
    assert result["status"] == "completed_with_rejections"
    assert result["counts"] == {"created": 4, "rejected": 1}
    found = {(each["step"], each["sis_id"]): each["outcome"] for each in result["records"]}
    assert found[("enrollment", "ana/CS")] == "created"
    assert found[("student", "bad")] == "rejected"


def test_a_child_that_came_too_early_is_delivered_when_its_parent_comes(
    runs: Runs, inbox: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given nobody who waits, and an enrollment that came before its student
    monkeypatch.setenv("PATIENCE_SECONDS", "0")
    for seconds in ("INDEX_SECONDS", "MARK_SECONDS"):
        monkeypatch.setattr(healing, seconds, -5.0)
    take_in(inbox, {**MESSAGE, "id": "early", "students": []})
    through(runs, monkeypatch, [Step.INSTITUTION, Step.COURSE, Step.ENROLLMENT])
    runs.end(execution_of(runs, "early"))
    (early,) = runs.results()
    assert early["counts"] == {"created": 2, "blocked": 1}
    # When the student comes
    take_in(inbox, {"id": "late", "occurred_at": MESSAGE["occurred_at"], "students": [ANA]})
    through(runs, monkeypatch, [Step.STUDENT])
    runs.end(execution_of(runs, "late"))
    # Then the enrollment is in the inbox again, and its result names the run that it heals
    take_in(inbox)
    through(runs, monkeypatch, [Step.ENROLLMENT])
    listed = clients.stepfunctions().list_executions(stateMachineArn=runs.machine)["executions"]
    assert {runs.end(each["executionArn"])["status"] for each in listed} == {"SUCCEEDED"}
    (late, healed) = sorted(runs.results(), key=lambda each: "heals" in each)
    assert (late["run"], late["counts"]) == (run_of("late"), {"created": 1})
    assert (healed["heals"], healed["counts"]) == (early["run"], {"created": 1})
    assert len(sandbox.state["enrollments"]["live"]) == 1


def test_a_message_with_nothing_new_starts_no_run_and_has_a_result_all_the_same(
    runs: Runs, inbox: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a school that was delivered
    school = {name: MESSAGE[name] for name in ("occurred_at", "institutions", "courses")}
    take_in(inbox, {"id": "first", **school})
    through(runs, monkeypatch, [Step.INSTITUTION, Step.COURSE])
    runs.end(execution_of(runs, "first"))
    runs.results()
    sandbox.calls.clear()
    # When the SIS says it again
    take_in(inbox, {"id": "second", **school})
    # Then there is a result at once, without a run and without a call
    (result,) = runs.results()
    assert (result["status"], result["counts"]) == ("completed", {"unchanged": 2})
    listed = clients.stepfunctions().list_executions(stateMachineArn=runs.machine)["executions"]
    assert [each["name"] for each in listed] == [run_of("first")]
    assert sandbox.calls == []


def test_the_same_message_twice_is_one_run(runs: Runs, inbox: World) -> None:
    take_in(inbox, MESSAGE)
    take_in(inbox, MESSAGE, MESSAGE)
    assert runs.message(Step.INSTITUTION)["run"] == run_of(MESSAGE["id"])
    assert runs.waiting() == set()
    listed = clients.stepfunctions().list_executions(stateMachineArn=runs.machine)["executions"]
    assert len(listed) == 1


def test_a_step_that_was_put_off_resumes_the_run_where_it_stood(
    runs: Runs, inbox: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a DokStamp that cannot take the course for now
    sandbox.add_faults(Fault(kind="status", status=503, method="GET", path="^/courses$"))
    take_in(inbox, MESSAGE)
    through(runs, monkeypatch, [Step.INSTITUTION])
    event = runs.event(Step.COURSE)
    handler = function(runs, monkeypatch, Step.COURSE)
    handed_back = handler(event, FakeContext())["batchItemFailures"]
    assert [each["itemIdentifier"] for each in handed_back] == [event["Records"][0]["messageId"]]
    # When the message comes again as a redrive brings it: with a new id and the same token
    event["Records"][0]["messageId"] = "another-id"
    assert handler(event, FakeContext()) == {"batchItemFailures": []}
    # Then the run goes on from there
    through(runs, monkeypatch, [Step.STUDENT, Step.ENROLLMENT])
    assert runs.end(execution_of(runs, MESSAGE["id"]))["status"] == "SUCCEEDED"


def test_a_run_that_was_stopped_meanwhile_leaves_its_step_s_message_done(
    runs: Runs, inbox: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run that somebody stops while a step is at work
    take_in(inbox, MESSAGE)
    event = runs.event(Step.INSTITUTION)
    clients.stepfunctions().stop_execution(executionArn=execution_of(runs, MESSAGE["id"]))
    # When the step answers
    answer = function(runs, monkeypatch, Step.INSTITUTION)(event, FakeContext())
    # Then its records are delivered, and its message is done
    assert answer == {"batchItemFailures": []}
    assert names(sandbox, "institutions") == ["UFP"]


def test_a_run_that_was_cut_off_is_reported_by_its_event(runs: Runs) -> None:
    # Given the event that a run was aborted
    event = json.loads((EVENTS / "results.json").read_text(encoding="utf-8"))
    # When the results function gets it
    told = runs.report(event)
    # Then the SIS hears that the run has failed
    assert told == {"run": event["detail"]["name"], "status": "failed", "counts": {}, "records": []}
    assert runs.results() == [told]


def failed(runs: Runs, error: str | None) -> dict[str, Any]:
    """The event that the message's run has failed; without the error, as where the stack has a key of its own."""
    event: dict[str, Any] = json.loads((EVENTS / "results.json").read_text(encoding="utf-8"))
    execution = execution_of(runs, MESSAGE["id"])
    event["detail"] |= {"status": "FAILED", "name": run_of(MESSAGE["id"]), "executionArn": execution, "error": error}
    return event


@pytest.mark.parametrize(("error", "told"), [("States.Runtime", 1), ("RunFailed", 0)])
def test_a_run_s_event_is_believed_before_step_functions_knows_of_it(
    runs: Runs, inbox: World, error: str, told: int
) -> None:
    # Given a run that Step Functions still describes as running
    take_in(inbox, MESSAGE)
    runs.message(Step.INSTITUTION)
    # When its event says that it broke down, or that it failed and has reported that itself
    answer = runs.report(failed(runs, error))
    # Then the SIS hears of the first, and not twice of the second
    wanted = {"run": run_of(MESSAGE["id"]), "status": "failed", "counts": {}, "records": []}
    assert answer == (wanted if told else None)
    assert runs.results() == [wanted] * told


def test_an_event_without_its_error_comes_again_until_step_functions_knows_how_the_run_ended(
    runs: Runs, inbox: World
) -> None:
    # Given a run that Step Functions still describes as running, and its event, which does not hold the error
    take_in(inbox, MESSAGE)
    runs.message(Step.INSTITUTION)
    # When the results function gets it, Then it fails, and Lambda tries again: nobody knows yet who reports the run
    with pytest.raises(Retry, match="running"):
        runs.report(failed(runs, None))
    assert runs.results() == []
