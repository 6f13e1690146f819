"""A stack's dead letters: where they are, and what of them may be shown.

A letter holds whole records, so nobody sees its body here: only whose run it is, how many records it holds, how old it
is and how often it was tried.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import stack_file
from local.aws import CLIENT, session
from local.follow import run_of
from local.parameters import STEPS, pascal
from local.processes import Failed

NAMES = ("inbox", *STEPS)
A_RUN = re.compile(r"[0-9a-f]{40}")
MOST_SHOWN = 10
SECONDS_TO_LOOK = 30
# A long poll asks every server of the queue; a short one may miss a message.
SECONDS_TO_POLL = 1
EMPTY_LOOKS = 2


@dataclass(frozen=True)
class Lane:
    """A queue and its dead letters; ``sqs`` is a client for where they are."""

    name: str
    queue_url: str
    dead_letter_url: str
    sqs: Any


@dataclass(frozen=True)
class Letter:
    """What may be shown of a message. ``run`` and ``records`` are None where the body does not tell."""

    run: str | None
    records: int | None
    receives: int
    age: float


def lanes(stack: str, name: str = "") -> list[Lane]:
    """The lanes of the stack of `make up`, or of a stack on AWS; ``name`` picks one."""
    if name and name not in NAMES:
        raise Failed(f"Say which one: STEP=... with one of {', '.join(NAMES)}")
    found = _on_aws(stack) if stack else _of_make_up()
    return [lane for lane in found if name in ("", lane.name)]


def _of_make_up() -> list[Lane]:
    info = stack_file.read()
    sqs = session().client("sqs", endpoint_url=info.endpoint_url, config=CLIENT)
    steps = [Lane(step, info.queues[step]["url"], info.queues[step]["dead_letter_url"], sqs) for step in STEPS]
    return [Lane("inbox", info.inbox_queue_url, info.inbox_dead_letter_url, sqs), *steps]


def _on_aws(stack: str) -> list[Lane]:
    """By the stack's outputs, with the user's own credentials and region."""
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        sqs = boto3.client("sqs")
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"The stack {stack} can't be looked at: {error}") from None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    try:
        return [
            Lane(name, outputs[f"{pascal(name)}QueueUrl"], outputs[f"{pascal(name)}DeadLetterQueueUrl"], sqs)
            for name in NAMES
        ]
    except KeyError as error:
        raise Failed(f"The stack {stack} has no output {error}; is it one of this template?") from None


def count(lane: Lane) -> int:
    """How many messages lie in the dead letters, those that somebody looks at right now included. About: SQS counts."""
    return _number(lane, lane.dead_letter_url)


def waiting(lane: Lane) -> int:
    """How many messages are in the queue itself: to be taken, just being taken, or to be tried again later. About."""
    return _number(lane, lane.queue_url)


def _number(lane: Lane, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = lane.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def look(lane: Lane) -> list[Letter]:
    """Up to ten of the letters, the oldest first; they are put back at once."""
    received: dict[str, dict[str, Any]] = {}
    try:
        for messages in _receive(lane):
            received |= {each["MessageId"]: each for each in messages}
            if len(received) >= MOST_SHOWN:
                break
    finally:
        for each in received.values():
            lane.sqs.change_message_visibility(
                QueueUrl=lane.dead_letter_url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
            )
    return sorted(map(_letter, list(received.values())[:MOST_SHOWN]), key=lambda letter: -letter.age)


def _receive(lane: Lane) -> Iterator[list[dict[str, Any]]]:
    """Batches, until nothing more comes: a queue may hand out less than it holds."""
    empty = 0
    while empty < EMPTY_LOOKS:
        messages = lane.sqs.receive_message(
            QueueUrl=lane.dead_letter_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=SECONDS_TO_LOOK,
            WaitTimeSeconds=SECONDS_TO_POLL,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        ).get("Messages", [])
        empty = 0 if messages else empty + 1
        yield messages


def _letter(message: dict[str, Any]) -> Letter:
    attributes = message["Attributes"]
    run, records = _told(message["Body"])
    age = time.time() - int(attributes["SentTimestamp"]) / 1000
    return Letter(run, records, int(attributes["ApproximateReceiveCount"]), max(0.0, age))


def _told(body: str) -> tuple[str | None, int | None]:
    """A body's run and number of records. What the SIS names itself may be personal, and is shown by its digest."""
    try:
        message = json.loads(body)
        if "records" in message:
            run = str(message.get("run", ""))
            return (run if A_RUN.fullmatch(run) else run_of(run)), len(message["records"])
        sections = [each for each in message.values() if isinstance(each, list)]
        return run_of(str(message["id"])), sum(map(len, sections))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, None
