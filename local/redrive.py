"""`make redrive STEP=course [STACK=name]`: moves a step's dead letters back to its queue, where their runs go on.

SQS does it itself (StartMessageMoveTask). Where the endpoint does not know how, each letter is sent first and deleted
only when SQS has confirmed that it has it: an interruption leaves a message twice, which delivers nothing twice, and
never loses one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import letters
from local.command import carry_out
from local.letters import EMPTY_LOOKS, Lane, lanes
from local.processes import Failed
from local.report import console

# What endpoints say that do not know an operation.
UNKNOWN = {"InvalidAction", "AWS.SimpleQueueService.UnsupportedOperation", "UnknownOperationException"}
SECONDS_BETWEEN_LOOKS = 1.0
# Long enough to send and delete ten letters.
SECONDS_TO_MOVE = 60
GIVEN = ("StringValue", "BinaryValue", "DataType")

Say = Callable[[str], None]


def redrive(lane: Lane, say: Say, pause: Callable[[float], None] = time.sleep) -> int:
    """Moves what is in the dead letters now; answers how many."""
    try:
        return _let_sqs_move(lane, pause)
    except ClientError as error:
        if error.response["Error"]["Code"] not in UNKNOWN:
            raise Failed(f"The dead letters of {lane.name} can't be moved: {error}") from None
    say("No StartMessageMoveTask here: each letter is sent, then deleted. If interrupted, one may be there twice.")
    return _move_one_by_one(lane)


def _let_sqs_move(lane: Lane, pause: Callable[[float], None]) -> int:
    source, destination = _arn(lane, lane.dead_letter_url), _arn(lane, lane.queue_url)
    before = _tasks(lane, source)
    lane.sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)
    while True:
        new = [each for began, each in _tasks(lane, source).items() if began not in before]
        # A task that has just been started may not be listed yet.
        task = new[0] if new else {"Status": "RUNNING"}
        if task["Status"] == "COMPLETED":
            return int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] != "RUNNING":
            raise Failed(f"SQS ended the move as {task['Status']}: {task.get('FailureReason', 'it gives no reason')}")
        pause(SECONDS_BETWEEN_LOOKS)


def _tasks(lane: Lane, source: str) -> dict[int, dict[str, Any]]:
    """The latest moves, by when they began: only one that runs has a name."""
    found = lane.sqs.list_message_move_tasks(SourceArn=source, MaxResults=10).get("Results", [])
    return {each.get("StartedTimestamp", 0): each for each in found}


def _arn(lane: Lane, url: str) -> str:
    answer = lane.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def _move_one_by_one(lane: Lane) -> int:
    began, moved, empty = time.time() * 1000, 0, 0
    while empty < EMPTY_LOOKS:
        messages = lane.sqs.receive_message(
            QueueUrl=lane.dead_letter_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=SECONDS_TO_MOVE,
            WaitTimeSeconds=letters.SECONDS_TO_POLL,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        empty = 0 if messages else empty + 1
        try:
            while messages:
                if int(messages[0]["Attributes"]["SentTimestamp"]) > began:
                    # Moved already, and exhausted once more: what keeps it is not mended.
                    return moved
                _move(lane, messages[0])
                messages.pop(0)
                moved += 1
        finally:
            _put_back(lane, messages)
    return moved


def _put_back(lane: Lane, messages: list[dict[str, Any]]) -> None:
    """Those that were not moved can be seen again at once, by whoever looks or tries once more."""
    for message in messages:
        # The letter is kept all the same: it can be seen again when it has been hidden for long enough.
        with suppress(BotoCoreError, ClientError):
            lane.sqs.change_message_visibility(
                QueueUrl=lane.dead_letter_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )


def _move(lane: Lane, message: dict[str, Any]) -> None:
    """Sends a copy, then deletes the letter. boto3 compares the digest that SQS answers with what was sent."""
    attributes = {
        name: {key: value[key] for key in GIVEN if key in value}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    trace = message["Attributes"].get("AWSTraceHeader")
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}} if trace else {}
    lane.sqs.send_message(
        QueueUrl=lane.queue_url,
        MessageBody=message["Body"],
        MessageAttributes=attributes,
        MessageSystemAttributes=system,
    )
    lane.sqs.delete_message(QueueUrl=lane.dead_letter_url, ReceiptHandle=message["ReceiptHandle"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make redrive STEP=course [STACK=name]", description=__doc__)
    parser.add_argument("--step", default="")
    parser.add_argument("--stack", default="")
    options = parser.parse_args()
    if not options.step:
        raise Failed("Say which one: make redrive STEP=course. `make dead-letters` shows what waits where.")
    (lane,) = lanes(options.stack, options.step)
    moved = redrive(lane, lambda text: console.print(text, markup=False))
    console.print(f"{moved} moved back to the queue of {lane.name}; their runs go on.", markup=False)
    return 0


if __name__ == "__main__":
    carry_out(main)
