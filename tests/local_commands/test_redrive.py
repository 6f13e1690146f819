"""A redrive that is cut off at any point loses no letter and hides none from the next one."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from local import letters, redrive
from local.letters import Lane, count
from local.processes import Failed
from tests.local_commands.test_dead_letters import MoveTasks, bodies, put, quiet, student_lane

LETTERS = [json.dumps({"run": f"run-{number}", "records": []}) for number in range(3)]
TASK = {"SourceArn": "arn:aws:sqs:us-east-1:123456789012:dead", "MaxResults": 10}
GONE = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
EARLIER: dict[str, Any] = {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7, "StartedTimestamp": 1}


@pytest.fixture
def lane() -> Iterator[Lane]:
    """A step's queue and its dead letters, on an endpoint that moves nothing by itself."""
    with student_lane() as lane:
        MoveTasks(lane).missing()
        put(lane, *LETTERS)
        yield lane


class CutOff:
    """Ends a redrive with an error before its n-th call of a kind."""

    def __init__(self, lane: Lane, operation: str, nth: int, error: BaseException) -> None:
        self._events = lane.sqs.meta.events
        self._name = f"before-call.sqs.{operation}"
        self._left = nth
        self._error = error

    def __enter__(self) -> None:
        self._events.register(self._name, self._count)

    def __exit__(self, *_: object) -> None:
        self._events.unregister(self._name, self._count)

    def _count(self, **_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            raise self._error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), GONE], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("operation", "nth", "copies"),
    [("ReceiveMessage", 1, 0), ("SendMessage", 1, 0), ("SendMessage", 3, 0), ("DeleteMessage", 1, 1),
     ("DeleteMessage", 2, 1), ("ReceiveMessage", 2, 0)],
)  # fmt: skip
def test_wherever_it_is_cut_off_the_next_redrive_moves_the_rest_at_once(
    lane: Lane, operation: str, nth: int, copies: int, error: BaseException
) -> None:
    # Given a redrive that is cut off after a letter was received, sent or deleted
    with CutOff(lane, operation, nth, error), pytest.raises(type(error)):
        redrive.redrive(lane, quiet)
    # Then none is lost: what is not in the queue is still among the dead letters
    arrived, left = len(bodies(lane, lane.queue_url)), count(lane)
    assert arrived + left == len(LETTERS) + copies
    # And when it is done once more, it does not have to wait for what the first one had in its hands
    assert redrive.redrive(lane, quiet) == left
    assert count(lane) == 0
    assert int(lane.sqs.get_queue_attributes(QueueUrl=lane.queue_url, AttributeNames=["All"])["Attributes"][
        "ApproximateNumberOfMessages"]) + arrived == len(LETTERS) + copies  # fmt: skip


def test_letters_that_were_not_moved_can_be_looked_at_at_once(lane: Lane) -> None:
    # Given a redrive that was cut off before its first letter was sent
    with CutOff(lane, "SendMessage", 1, KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        redrive.redrive(lane, quiet)
    # When the dead letters are looked at, Then all are there
    assert len(letters.look(lane)) == len(LETTERS)
    assert bodies(lane, lane.dead_letter_url) == sorted(LETTERS)


@pytest.fixture
def stub() -> Iterator[tuple[Lane, Stubber]]:
    """A lane whose endpoint knows StartMessageMoveTask, and gives the answers that a test writes down."""
    sqs = boto3.client("sqs")
    with Stubber(sqs) as stubber:
        yield Lane("course", "https://sqs/course", "https://sqs/dead", sqs), stubber
        stubber.assert_no_pending_responses()


def expect_start(stubber: Stubber, refusal: str = "") -> None:
    """The task is asked for, from the dead letters to the queue, and started or refused."""
    for name in ("dead", "course"):
        arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        asked: dict[str, Any] = {"QueueUrl": f"https://sqs/{name}", "AttributeNames": ["QueueArn"]}
        stubber.add_response("get_queue_attributes", {"Attributes": {"QueueArn": arn}}, asked)
    stubber.add_response("list_message_move_tasks", {"Results": [EARLIER]}, TASK)
    asked = {"SourceArn": TASK["SourceArn"], "DestinationArn": "arn:aws:sqs:us-east-1:123456789012:course"}
    if refusal:
        stubber.add_client_error("start_message_move_task", refusal, expected_params=asked)
    else:
        stubber.add_response("start_message_move_task", {"TaskHandle": "handle"}, asked)


def test_where_sqs_can_it_moves_the_letters_and_nobody_else_touches_them(stub: tuple[Lane, Stubber]) -> None:
    # Given an SQS that moved letters before, and lists its new task late, then as running, then as done
    lane, stubber = stub
    expect_start(stubber)
    now = {"StartedTimestamp": EARLIER["StartedTimestamp"] + 1}
    done = now | {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 14}
    for results in ([EARLIER], [now | {"Status": "RUNNING"}, EARLIER], [done, EARLIER]):
        stubber.add_response("list_message_move_tasks", {"Results": results}, TASK)
    pauses: list[float] = []
    # When the letters are moved, Then it is waited for, and no letter is received, sent or deleted
    assert redrive.redrive(lane, quiet, pauses.append) == 14
    assert len(pauses) == 2


def test_a_move_that_runs_already_is_told_and_nothing_else_is_done(stub: tuple[Lane, Stubber]) -> None:
    # Given a source from which SQS moves letters at this moment
    lane, stubber = stub
    expect_start(stubber, "ResourceInUse")
    # When another move is asked for, Then that is what is said
    with pytest.raises(Failed, match="ResourceInUse"):
        redrive.redrive(lane, quiet)
