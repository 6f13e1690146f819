"""Every metric that an alarm reads is emitted by the handler, in CloudWatch's format, when what it is for happens."""

import json
import os
import time
from typing import Any

import pytest

from dokstamp_sync.intake import entry as intake
from dokstamp_sync.mapping.claims import Claims
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import serve
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import rules
from tests.template.test_alarms import ALARMS, OURS, metrics
from tests.worker import clients
from tests.worker.lambda_world import FakeContext, World
from tests.worker.school import ANA, BIA, NOON, students

LATER, EARLIER = "2026-11-21T00:00:00Z", "2020-01-01T00:00:00Z"
GHOST = {"sis_id": "E1", "student_id": "ghost@school.example", "course_id": "NOWHERE", "enrolled_at": "2026-01-01"}


class Lambda:
    """One step's function, and what it writes to its standard output."""

    def __init__(self, step: Step, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self._handler = serve(rules(step))
        self._world = world
        self._capsys = capsys

    def take(self, *messages: dict[str, Any], first_received: float | None = None) -> dict[str, float]:
        """Lets it take the messages; answers the metrics that it emitted."""
        self._world.send(*messages)
        self._capsys.readouterr()
        event = self._world.receive()
        for record in event["Records"] if first_received else []:
            record["attributes"]["ApproximateFirstReceiveTimestamp"] = str(int(first_received or 0) * 1000)
        self._handler(event, FakeContext())
        return emitted(self._capsys.readouterr().out)


def emitted(output: str) -> dict[str, float]:
    """Name -> sum, of all that CloudWatch would take from a log for one of our alarms."""
    found: dict[str, float] = {}
    for line in output.splitlines():
        blob = json.loads(line) if line.startswith('{"_aws"') else {}
        for directive in blob.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == os.environ["POWERTOOLS_METRICS_NAMESPACE"]
            # By function, and once more for the whole stack
            assert directive["Dimensions"] == [["service"], ["scope"]]
            assert blob["service"]
            assert blob["scope"] == "stack"
            for metric in directive["Metrics"]:
                assert metric["Unit"] == "Count"
                values = blob[metric["Name"]]
                found[metric["Name"]] = sum(values) if isinstance(values, list) else values
    return found


SAID, CHANGED = students(ANA), students(ANA | {"name": "Ana Lima"}, run="run-2")
# What the function takes, one after another, and what DokStamp then answers always.
PROVOKED: dict[str, tuple[list[dict[str, Any]], int | None]] = {
    "Created": ([SAID], None),
    "Updated": ([SAID, CHANGED | {"occurred_at": LATER}], None),
    "Unchanged": ([SAID, SAID | {"run": "run-2"}], None),
    "Stale": ([SAID, CHANGED | {"occurred_at": EARLIER}], None),
    "Rejected": ([SAID], 400),
    "Misconfigured": ([SAID], 403),
    "Throttled": ([SAID], 429),
    "Overdue": ([SAID], 503),
}


@pytest.mark.parametrize("metric", PROVOKED)
def test_what_an_alarm_is_for_reaches_cloudwatch(
    world: World, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], metric: str
) -> None:
    # Given the student step's function, and perhaps a DokStamp that takes no student
    student = Lambda(Step.STUDENT, world, capsys)
    messages, status = PROVOKED[metric]
    if status:
        # Too long a pause to be waited out.
        pause = {"Retry-After": "60"} if status == 429 else {}
        sandbox.add_faults(Fault(kind="status", status=status, headers=pause, path="^/students", times=None))
    # When what the metric is for happens to one record
    received = time.time() - 4 * 3600 if metric == "Overdue" else None
    found = [student.take(message, first_received=received) for message in messages]
    # Then it is counted once
    assert found[-1][metric] == 1
    # And it counts among the records that were judged if DokStamp, or a check before it, judged it
    assert found[-1].get("Judged", 0) == (metric in {"Created", "Updated", "Rejected"})


def test_what_is_counted_for_the_stack_is_counted_once_however_many_messages_a_function_takes(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a function that has counted before
    student = Lambda(Step.STUDENT, world, capsys)
    student.take(SAID)
    # When it takes two messages more, Then each is counted once by function and once for the stack
    assert student.take(students(BIA), SAID | {"run": "run-2"}) == {"Created": 1, "Judged": 1, "Unchanged": 1}


def test_a_record_whose_parent_never_comes_reaches_cloudwatch_as_blocked(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a step whose first receive is the last
    monkeypatch.setenv("MAXIMUM_RECEIVES", "1")
    monkeypatch.setenv("PATIENCE_SECONDS", "0")
    # When it gets an enrollment of nobody
    message = students(GHOST) | {"step": "enrollment"}
    found = Lambda(Step.ENROLLMENT, world, capsys).take(message)
    # Then it is counted as blocked
    assert (found["Blocked"], found["Judged"]) == (1, 1)


def test_a_record_in_bad_form_is_counted_by_the_intake_that_refuses_it(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the intake, and a results queue
    results = clients.sqs().create_queue(QueueName="results")["QueueUrl"]
    monkeypatch.setenv("RESULTS_QUEUE_URL", results)
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:aws:states:us-east-1:123456789012:stateMachine:sync")
    intake._build.cache_clear()
    # When a message brings one student without an e-mail
    bad = {name: value for name, value in ANA.items() if name != "email"}
    world.send({"id": "1", "occurred_at": NOON, "students": [bad]})
    intake.handler(world.receive(), FakeContext())
    intake._build.cache_clear()
    # Then it is counted once
    found = emitted(capsys.readouterr().out)
    assert (found["Rejected"], found["Judged"]) == (1, 1)


def fail(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("what", ["claim", "read"])
def test_a_bug_is_counted_whether_it_is_met_at_a_record_or_not(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    # Given a bug in what is done for one record, or for all of a message
    monkeypatch.setattr({"claim": Claims, "read": DynamoDBStore}[what], what, fail)
    # When a message comes, Then it is counted once
    found = Lambda(Step.STUDENT, world, capsys).take(students(ANA))
    assert found == {"Retried": 1, "Unforeseen": 1}


def test_a_message_that_circles_for_long_is_counted_whatever_keeps_it(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a mapping that cannot be read, or a function that has no tenant
    clients.dynamodb().delete_table(TableName="mapping")
    long_ago = time.time() - 4 * 3600
    # When a message comes that was first tried four hours ago, Then that is counted
    found = Lambda(Step.STUDENT, world, capsys).take(students(ANA), first_received=long_ago)
    assert found == {"Retried": 1, "Overdue": 1}
    monkeypatch.delenv("DOKSTAMP_TENANT")
    found = Lambda(Step.STUDENT, world, capsys).take(students(BIA), first_received=long_ago)
    assert found == {"Retried": 1, "Misconfigured": 1, "Overdue": 1}


def test_a_record_in_bad_form_is_counted_once_by_its_step(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert Lambda(Step.STUDENT, world, capsys).take(students(ANA | {"email": "nobody"})) == {"Rejected": 1, "Judged": 1}


def test_nothing_is_emitted_that_did_not_happen(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert Lambda(Step.STUDENT, world, capsys).take(students(ANA, BIA)) == {"Created": 2, "Judged": 2}


def test_every_metric_of_an_alarm_is_provoked_here() -> None:
    read = {metric for alarm in ALARMS.values() for namespace, metric, _ in metrics(alarm) if namespace == OURS}
    assert read == {*PROVOKED, "Judged", "Unforeseen"} - {"Created", "Updated", "Unchanged", "Stale"}
