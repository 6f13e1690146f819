"""`make dead-letters` and `make redrive`, on emulated queues: nothing is lost, nothing personal is shown."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from local import dead_letters, letters, redrive
from local.follow import run_of
from local.letters import Lane, count, look
from local.processes import Failed

RUN = "0123456789abcdef0123456789abcdef01234567"
ANA = {"sis_id": "ana@school.example", "name": "Ana Souza", "email": "ana@school.example"}
STEP_MESSAGE = json.dumps({"run": RUN, "step": "student", "records": [ANA, ANA], "task_token": "t0ken"})


class MoveTasks:
    """Stands in for what moto does not emulate: the endpoint's own move, or its absence."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.asked: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []

    def missing(self, code: str = "InvalidAction") -> None:
        """The endpoint knows neither operation."""
        for operation in ("StartMessageMoveTask", "ListMessageMoveTasks"):
            self._answer(operation, lambda _: (400, {"Error": {"Code": code, "Message": "no such thing"}}))

    def present(self, *statuses: dict[str, Any]) -> None:
        """The endpoint moves by itself, and answers these statuses, one after another."""
        self.statuses = [{}, *(each | {"StartedTimestamp": 1} for each in statuses)]
        self._answer("StartMessageMoveTask", lambda _: (200, {"TaskHandle": "handle"}))
        self._answer("ListMessageMoveTasks", lambda _: (200, {"Results": [self.statuses.pop(0)]}))

    def _answer(self, operation: str, answer: Any) -> None:
        def take(model: Any, params: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
            self.asked.append({"operation": operation, **json.loads(params["body"])})
            status, parsed = answer(params)
            return type("Response", (), {"status_code": status})(), {**parsed, "ResponseMetadata": {}}

        self.lane.sqs.meta.events.register(f"before-call.sqs.{operation}", take)


@contextmanager
def student_lane() -> Iterator[Lane]:
    """The student step's queue and dead letters, which are polled without waiting."""
    with mock_aws(), patch.object(letters, "SECONDS_TO_POLL", 0):
        sqs = boto3.client("sqs")
        made = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("student", "student-dead-letters")]
        yield Lane("student", made[0], made[1], sqs)


@pytest.fixture
def lane() -> Iterator[Lane]:
    with student_lane() as lane:
        yield lane


@pytest.fixture
def tasks(lane: Lane) -> MoveTasks:
    return MoveTasks(lane)


def put(lane: Lane, *bodies: str, **attributes: str) -> None:
    given = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    for body in bodies:
        lane.sqs.send_message(QueueUrl=lane.dead_letter_url, MessageBody=body, MessageAttributes=given)


def held(lane: Lane, url: str) -> list[dict[str, Any]]:
    """All that a queue holds, hidden messages included."""
    for message in lane.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        lane.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    found: list[dict[str, Any]] = lane.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    return found


def bodies(lane: Lane, url: str) -> list[str]:
    return sorted(each["Body"] for each in held(lane, url))


def quiet(_: str) -> None:
    """Nobody listens."""


def test_a_letter_is_shown_by_its_run_and_its_numbers_and_stays_where_it_is(lane: Lane) -> None:
    # Given a letter with two students
    put(lane, STEP_MESSAGE)
    # When it is looked at
    (letter,) = look(lane)
    # Then its run, its number of records and how often it was received are told
    assert (letter.run, letter.records, letter.receives) == (RUN, 2, 1)
    # And it can be received at once
    assert count(lane) == 1
    assert bodies(lane, lane.dead_letter_url) == [STEP_MESSAGE]


def test_ten_of_many_letters_are_shown_and_all_are_counted(lane: Lane) -> None:
    put(lane, *(json.dumps({"run": RUN, "records": [], "number": number}) for number in range(14)))
    assert count(lane) == 14
    assert len(look(lane)) == 10


@pytest.mark.parametrize(
    ("body", "run", "records"),
    [
        (json.dumps({"id": "Ana Souza/1", "students": [ANA], "courses": [{}, {}]}), run_of("Ana Souza/1"), 3),
        (json.dumps({"run": "Ana Souza", "records": [ANA]}), run_of("Ana Souza"), 1),
        ("Ana Souza", None, None),
        ('"Ana Souza has records"', None, None),
        ("[1]", None, None),
        (json.dumps({"name": "Ana Souza"}), None, None),
    ],
)
def test_nothing_personal_is_shown(
    lane: Lane, capsys: pytest.CaptureFixture[str], body: str, run: str | None, records: int | None
) -> None:
    # Given a letter that holds a name, where it belongs or where it doesn't
    put(lane, body)
    # When it is shown
    found = look(lane)
    dead_letters.show([(lane, count(lane), found)])
    # Then its run is a digest, and the name is not on the screen
    assert [(each.run, each.records) for each in found] == [(run, records)]
    assert "Ana" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (3_600, "1 h"), (3_661, "1 h 1 min"), (200_000, "2 d 7 h")]
)
def test_an_age_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert dead_letters.span(seconds) == text


def test_a_move_that_the_endpoint_gives_up_is_told_with_its_reason(lane: Lane, tasks: MoveTasks) -> None:
    tasks.present({"Status": "FAILED", "FailureReason": "AccessDenied"})
    with pytest.raises(Failed, match="FAILED: AccessDenied"):
        redrive.redrive(lane, quiet)


def test_a_refusal_is_no_reason_to_move_the_letters_one_by_one(lane: Lane, tasks: MoveTasks) -> None:
    # Given somebody who may not move letters
    tasks.missing("AccessDenied")
    put(lane, STEP_MESSAGE)
    # When they try, Then they are told, and the letter stays
    with pytest.raises(Failed, match="AccessDenied"):
        redrive.redrive(lane, quiet)
    assert bodies(lane, lane.dead_letter_url) == [STEP_MESSAGE]


@pytest.mark.parametrize("code", sorted(redrive.UNKNOWN))
def test_where_the_endpoint_cannot_each_letter_is_moved_whole(lane: Lane, tasks: MoveTasks, code: str) -> None:
    # Given an endpoint without the operation, and two letters with an attribute
    tasks.missing(code)
    put(lane, STEP_MESSAGE, "other", origin="sis")
    said: list[str] = []
    # When they are moved
    moved = redrive.redrive(lane, said.append)
    # Then both are in the queue with body and attributes, none is left, and it is said how it was done
    assert moved == 2
    assert bodies(lane, lane.dead_letter_url) == []
    arrived = held(lane, lane.queue_url)
    assert sorted(each["Body"] for each in arrived) == sorted([STEP_MESSAGE, "other"])
    assert {each["MessageAttributes"]["origin"]["StringValue"] for each in arrived} == {"sis"}
    assert "If interrupted, one may be there twice" in said[0]


def test_a_letter_that_could_not_be_sent_stays(lane: Lane, tasks: MoveTasks) -> None:
    # Given a queue that does not take the message
    tasks.missing()
    put(lane, STEP_MESSAGE)
    deaf = Lane(lane.name, lane.queue_url + "-gone", lane.dead_letter_url, lane.sqs)
    with pytest.raises(Failed):
        redrive.redrive(deaf, quiet)
    assert count(lane) == 1


def test_a_letter_that_comes_back_during_the_move_ends_it(lane: Lane, tasks: MoveTasks) -> None:
    # Given a step that fails at once, so that its message is in the dead letters again
    tasks.missing()
    put(lane, "first")

    def fail_again(**_: Any) -> None:
        put(lane, "again")

    lane.sqs.meta.events.register("after-call.sqs.DeleteMessage", fail_again)
    # When the letters are moved, Then each is moved once
    assert redrive.redrive(lane, quiet) == 1
    assert count(lane) == 1
