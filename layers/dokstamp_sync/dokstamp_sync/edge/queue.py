"""Takes a queue's messages out of a Lambda event. Whatever is raised there, none of it is mute.

A message that is not done stays in its queue, comes back after a back-off, and what kept it is told.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord

from dokstamp_sync import backoff, failures, observability
from dokstamp_sync.errors import HandedBack, Retry
from dokstamp_sync.observability import logger
from dokstamp_sync.settings import QueueSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Take = Callable[[SQSRecord], None]


def take_each(event: dict[str, Any], environment: Mapping[str, str], take: Take) -> PartialItemFailureResponse:
    """Answers which messages stay in their queue. ``take`` builds what it needs itself, so that this is told, too."""
    settings = QueueSettings.as_far_as_readable(environment)
    left = [each.message_id for each in SQSEvent(event).records if not _is_done(each, settings, take)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in left]}


def hide(sqs: Callable[[], SQSClient], queue_url: str, receipt_handle: str, seconds: int) -> None:
    """Hides a message for so long. If that fails, the queue's own visibility holds."""
    try:
        sqs().change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)
    # The message stays in its queue in any case, and nobody is left to tell of it.
    except Exception as error:
        logger.warning("visibility could not be set", **failures.shown(error))


def _is_done(message: SQSRecord, settings: QueueSettings, take: Take) -> bool:
    logger.remove_keys(["run", "step"])
    try:
        take(message)
        return True
    except HandedBack:
        pass
    # Neither the message nor one of its records is known to be at fault, and the other messages go on.
    except Exception as error:
        failures.log("message", error, message_id=message.message_id)
        failures.count(error)
        url = settings.queue_url or message.queue_url
        hide(lambda: boto3.client("sqs"), url, message.receipt_handle, _seconds(error, message, settings))
    first_received = int(message.attributes.approximate_first_receive_timestamp) / 1000
    if time.time() - first_received > settings.oldest_message_seconds:
        observability.count("Overdue")
    return False


def _seconds(error: Exception, message: SQSRecord, settings: QueueSettings) -> int:
    receives = int(message.attributes.approximate_receive_count)
    longest = backoff.ceiling(receives, settings.retry_base_seconds, settings.retry_cap_seconds)
    least = (error.after if isinstance(error, Retry) else None) or 0.0
    return backoff.visibility(max(least, backoff.equal_jitter(longest, random.random())))
