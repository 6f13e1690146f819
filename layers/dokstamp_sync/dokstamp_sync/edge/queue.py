"""Takes a queue's messages out of a Lambda event. Whatever is raised there, none of it is mute.

A message that is not done stays in its queue, comes back after a back-off, and what kept it is told.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dokstamp_sync import backoff, failures, observability
from dokstamp_sync.edge.clients import client
from dokstamp_sync.errors import HandedBack, Retry
from dokstamp_sync.observability import logger
from dokstamp_sync.settings import QueueSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the queue. ``receives`` counts from 1. ``first_received``: seconds since the epoch."""

    id: str
    body: str
    receipt_handle: str
    receives: int
    first_received: float = 0.0
    queue_url: str = ""


Take = Callable[[Received], None]


def take_each(event: dict[str, Any], environment: Mapping[str, str], take: Take) -> PartialItemFailureResponse:
    """Answers which messages stay in their queue. ``take`` builds what it needs itself, so that this is told, too."""
    settings = QueueSettings.as_far_as_readable(environment)
    left = [each.id for each in map(received, event["Records"]) if not _is_done(each, settings, take)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in left]}


def received(record: Mapping[str, Any]) -> Received:
    """From a record of Lambda's event."""
    attributes = record["attributes"]
    _, _, _, region, account, name = record["eventSourceARN"].split(":")
    return Received(
        record["messageId"],
        record["body"],
        record["receiptHandle"],
        int(attributes["ApproximateReceiveCount"]),
        int(attributes["ApproximateFirstReceiveTimestamp"]) / 1000,
        f"https://sqs.{region}.amazonaws.com/{account}/{name}",
    )


def hide(sqs: SQSClient, queue_url: str, receipt_handle: str, seconds: int) -> None:
    """Hides a message for so long. If that fails, the queue's own visibility holds."""
    try:
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)
    # The message stays in its queue in any case, and nobody is left to tell of it.
    except Exception as error:
        logger.warning("visibility could not be set", **failures.shown(error))


def _is_done(message: Received, settings: QueueSettings, take: Take) -> bool:
    logger.remove_keys(["run", "step"])
    try:
        take(message)
        return True
    except HandedBack:
        pass
    # Neither the message nor one of its records is known to be at fault, and the other messages go on.
    except Exception as error:
        failures.log("message", error, message_id=message.id)
        failures.count(error)
        url = settings.queue_url or message.queue_url
        hide(client("sqs"), url, message.receipt_handle, _seconds(error, message, settings))
    if time.time() - message.first_received > settings.oldest_message_seconds:
        observability.count("Overdue")
    return False


def _seconds(error: Exception, message: Received, settings: QueueSettings) -> int:
    longest = backoff.ceiling(message.receives, settings.retry_base_seconds, settings.retry_cap_seconds)
    least = (error.after if isinstance(error, Retry) else None) or 0.0
    return backoff.visibility(max(least, backoff.equal_jitter(longest, random.random())))
