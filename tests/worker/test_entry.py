"""The answers over AWS: what counts as answered, what is tried again, and what is no error."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from dokstamp_sync.edge.queue import received
from dokstamp_sync.errors import Retry
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome, answer
from dokstamp_sync.worker.entry import QueueAndRuns

EVENTS = Path(__file__).parents[2] / "events"
RESULT = answer([RecordOutcome(Step.STUDENT, "josé", Outcome.CREATED, "", "u-1")])
GONE = EndpointConnectionError(endpoint_url="https://states")


class Stubs:
    """QueueAndRuns between two stubbed clients."""

    def __init__(self) -> None:
        sqs, runs = boto3.client("sqs"), boto3.client("stepfunctions")
        self.sqs, self.runs = Stubber(sqs), Stubber(runs)
        self.answers = QueueAndRuns(sqs, runs, "https://queue")
        self._clients: dict[str, tuple[Stubber, Any]] = {"sqs": (self.sqs, sqs), "states": (self.runs, runs)}

    def __enter__(self) -> "Stubs":
        self.sqs.activate()
        self.runs.activate()
        return self

    def __exit__(self, *_: object) -> None:
        self.sqs.assert_no_pending_responses()
        self.runs.assert_no_pending_responses()

    def lose(self, service: str) -> None:
        """The service is out of reach."""

        def fail(**_: Any) -> None:
            raise GONE

        stubber, client = self._clients[service]
        stubber.deactivate()
        client.meta.events.register("before-call", fail)


@pytest.fixture
def stubs() -> Iterator[Stubs]:
    with Stubs() as stubs:
        yield stubs


def test_a_token_is_answered_with_the_result_as_json(stubs: Stubs) -> None:
    output = json.dumps(RESULT, ensure_ascii=False, separators=(",", ":"))
    expected = {"taskToken": "token-1", "output": output}
    stubs.runs.add_response("send_task_success", {}, expected)
    stubs.answers.task("token-1", RESULT)


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_an_answer_that_nobody_waits_for_any_more_is_no_error(stubs: Stubs, logged: io.StringIO, code: str) -> None:
    # Given a run that was answered before, has timed out or was stopped
    stubs.runs.add_client_error("send_task_success", code)
    # When it is answered
    stubs.answers.task("token-1", RESULT)
    # Then only the log tells, and neither token nor records are in it
    assert code in logged.getvalue()
    assert "token-1" not in logged.getvalue()
    assert "josé" not in logged.getvalue()


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "AccessDeniedException"])
def test_an_answer_that_could_not_be_given_is_a_retry(stubs: Stubs, code: str) -> None:
    stubs.runs.add_client_error("send_task_success", code)
    with pytest.raises(Retry, match=code):
        stubs.answers.task("token-1", RESULT)


def test_a_state_machine_out_of_reach_is_a_retry(stubs: Stubs) -> None:
    stubs.lose("states")
    with pytest.raises(Retry, match="EndpointConnectionError"):
        stubs.answers.task("token-1", RESULT)


def test_a_message_is_hidden_for_so_long(stubs: Stubs) -> None:
    expected = {"QueueUrl": "https://queue", "ReceiptHandle": "handle-1", "VisibilityTimeout": 42}
    stubs.sqs.add_response("change_message_visibility", {}, expected)
    stubs.answers.hide("handle-1", 42)


@pytest.mark.parametrize("code", ["ReceiptHandleIsInvalid", "MessageNotInflight", "ThrottlingException"])
def test_a_message_that_cannot_be_hidden_keeps_the_queue_s_own_visibility(stubs: Stubs, code: str) -> None:
    stubs.sqs.add_client_error("change_message_visibility", code)
    stubs.answers.hide("handle-1", 42)


def test_a_queue_out_of_reach_keeps_its_own_visibility(stubs: Stubs, logged: io.StringIO) -> None:
    stubs.lose("sqs")
    stubs.answers.hide("handle-1", 42)
    assert "EndpointConnectionError" in logged.getvalue()


@pytest.mark.parametrize("step", list(Step))
def test_the_sample_events_are_read_as_the_queue_handed_them_out(step: Step) -> None:
    # Given an event as Lambda gets it
    event = json.loads((EVENTS / f"{step}.json").read_text(encoding="utf-8"))
    raw = event["Records"][0]
    # When its record is read
    found = received(raw)
    # Then ids are SQS's, and counts are numbers
    assert (found.id, found.body, found.receipt_handle) == (raw["messageId"], raw["body"], raw["receiptHandle"])
    assert found.receives == int(raw["attributes"]["ApproximateReceiveCount"])
