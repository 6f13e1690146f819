"""The edge of a queue: messages one by one, none of which takes another one with it."""

import json
from typing import Any

import pytest

from dokstamp_sync.edge.queue import Received, take_each
from dokstamp_sync.errors import HandedBack, Misconfigured, Retry, Throttled
from dokstamp_sync.observability import logger
from local.sandbox import Sandbox
from tests.mute.aws import Aws
from tests.mute.telling import Told, listen, staged

ENVIRONMENT = {"RETRY_BASE_SECONDS": "64", "RETRY_CAP_SECONDS": "100"}


def taken(sandbox: Sandbox, *came_of: Exception | None, receives: int = 1, **environment: str) -> Told:
    """What is told when messages are taken, one after another, of which this came."""
    todo = list(came_of)

    def take(message: Received) -> None:
        error = todo.pop(0)
        logger.append_keys(run=f"run-of-{message.id}")
        if error:
            raise error

    with staged(sandbox) as stage:
        stage.world.send(*({"number": number} for number in range(len(came_of))))
        event = stage.world.receive()
        for each in event["Records"]:
            each["attributes"]["ApproximateReceiveCount"] = str(receives)
        act: Any = lambda event, context: take_each(event, ENVIRONMENT | environment, take)  # noqa: E731
        return listen(lambda: stage.ask(act, event), stage, Aws())


def test_a_message_that_fails_takes_no_other_one_with_it(sandbox: Sandbox) -> None:
    # Given three messages, of which the second meets a bug
    found = taken(sandbox, None, KeyError("ana@school.example"), None)
    # Then it alone stays
    assert len(found.left) == 1
    assert [each["error"] for each in found.failures] == ["KeyError"]


def test_what_has_been_told_is_not_told_again(sandbox: Sandbox) -> None:
    found = taken(sandbox, HandedBack())
    assert len(found.left) == 1
    assert (found.lines, found.aws.hidden) == ([], [])


def test_a_line_names_the_message_that_it_is_about_and_no_other_one_s_run(sandbox: Sandbox) -> None:
    # Given a message of a run, and one of which nothing is known
    with staged(sandbox) as stage:
        stage.world.send({"number": 1}, {"number": 2})
        event = stage.world.receive()

        def take(message: Received) -> None:
            if json.loads(message.body)["number"] == 2:
                raise Retry("the second one cannot be read")
            logger.append_keys(run="run-of-the-first")

        found = listen(lambda: stage.ask(lambda event, _: take_each(event, {}, take), event), stage, Aws())
    # Then the line about the second does not name the run of the first
    (line,) = found.failures
    assert "run" not in line
    assert line["message_id"] == next(each["messageId"] for each in event["Records"] if "2" in each["body"])


@pytest.mark.parametrize(("receives", "longest"), [(1, 64), (2, 100), (30, 100)])
def test_a_message_comes_back_after_a_back_off_like_any_other(receives: int, longest: int, sandbox: Sandbox) -> None:
    found = taken(sandbox, *[ValueError()] * 10, receives=receives)
    seconds = [each for _, each in found.aws.hidden]
    assert len(seconds) == 10
    assert all(0 <= each <= longest for each in seconds)
    assert len(set(seconds)) > 1


def test_what_is_known_of_the_wait_is_waited(sandbox: Sandbox) -> None:
    ((_, seconds),) = taken(sandbox, Throttled("429", after=3000)).aws.hidden
    assert seconds == 3000


def test_a_back_off_that_cannot_be_read_is_the_usual_one(sandbox: Sandbox) -> None:
    found = taken(sandbox, Misconfigured("wrong"), RETRY_BASE_SECONDS="soon", RETRY_CAP_SECONDS="0")
    # Given that the one is rubbish and the other one says: at once
    ((_, seconds),) = found.aws.hidden
    assert seconds == 0
