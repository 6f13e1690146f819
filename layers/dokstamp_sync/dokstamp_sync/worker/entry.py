"""A step's Lambda handler: connects the step's rules to queue, state machine, mapping and DokStamp."""

from __future__ import annotations

import json
import os
import random
import time
import uuid
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync import observability
from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.context import Means
from dokstamp_sync.dokstamp.client import MARGIN_SECONDS, DokStamp
from dokstamp_sync.edge.clients import client, make
from dokstamp_sync.edge.cold import prepare
from dokstamp_sync.edge.queue import Received, hide, take_each
from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.mapping.refusals import RefusalTable
from dokstamp_sync.observability import logger, measured
from dokstamp_sync.settings import Settings
from dokstamp_sync.steps.work import R, StepRules
from dokstamp_sync.worker.batch import Worker
from dokstamp_sync.worker.credentials import credentials
from dokstamp_sync.worker.pdfs import Pdfs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

Handler = Callable[[dict[str, Any], LambdaContext], "PartialItemFailureResponse"]

NEEDED = ("queue_url", "inbox_queue_url", "mapping_table", "outcomes_table", "credentials_secret_arn", "pdf_bucket")

# The token was answered before, has timed out, or belongs to a run that was stopped. Emulators use other names.
NO_LONGER_WAITED_FOR = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


class QueueAndRuns:
    """The queue (SQS) and the runs (Step Functions); see batch.Answers."""

    def __init__(self, sqs: SQSClient, runs: SFNClient, queue_url: str) -> None:
        self._sqs = sqs
        self._runs = runs
        self._queue_url = queue_url

    def task(self, token: str, result: dict[str, Any]) -> None:
        try:
            self._runs.send_task_success(
                taskToken=token, output=json.dumps(result, ensure_ascii=False, separators=(",", ":"))
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in NO_LONGER_WAITED_FOR:
                raise Retry(f"the run could not be answered ({code})") from error
            observability.count("LateAnswers")
            logger.warning("the run no longer waits for this answer", error=code)
        except BotoCoreError as error:
            raise Retry(f"the run could not be answered ({type(error).__name__})") from error

    def hide(self, receipt_handle: str, seconds: int) -> None:
        hide(self._sqs, self._queue_url, receipt_handle, seconds)


class InboxQueue:
    """The inbox (SQS); see context.Inbox."""

    def __init__(self, sqs: SQSClient, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(self, bodies: Sequence[str]) -> None:
        # One by one: the emulated AWS asks for a right to send many that AWS itself does not know.
        try:
            for body in bodies:
                self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the inbox could not be reached ({type(error).__name__})") from error


def _build(rules: StepRules[R]) -> tuple[Worker[R], DokStamp, Settings]:
    settings = Settings.from_environment(os.environ, *NEEDED)
    database, runs, secrets = client("dynamodb"), client("stepfunctions"), client("secretsmanager")
    make(database, runs, secrets)
    sqs = client("sqs")
    store = DynamoDBStore(database, settings.mapping_table, sleep=time.sleep, random=random.random)
    longest_pause = settings.retry_cap_seconds
    brake = Brake(store, time.time, time.sleep, random.random, settings.calls_per_second, longest_pause)
    secret = credentials(secrets, settings.credentials_secret_arn, time.time)
    dokstamp = DokStamp(settings, secret, brake)
    means = Means(
        store=store,
        refusals=RefusalTable(database, settings.outcomes_table, settings.outcome_days, time.time),
        inbox=InboxQueue(sqs, settings.inbox_queue_url),
        api=dokstamp,
        pdfs=Pdfs(client("s3"), settings.pdf_bucket, settings.pdf_maximum_bytes),
        brake=brake,
        settings=settings,
        clock=time.time,
        sleep=time.sleep,
        new_owner=lambda: uuid.uuid4().hex,
    )
    return Worker(rules, means, QueueAndRuns(sqs, runs, settings.queue_url), random.random), dokstamp, settings


def serve(rules: StepRules[R]) -> Handler:
    """The Lambda handler of a step. Outside of Lambda it builds everything at the first event."""
    build = cache(partial(_build, rules))
    prepare(build, os.environ)

    @logger.inject_lambda_context(clear_state=True)
    @measured
    def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        def take(message: Received) -> None:
            worker, dokstamp, settings = build()
            end = time.time() + context.get_remaining_time_in_millis() / 1000
            dokstamp.stop_at(end)
            worker.begin_before(end - settings.deadline_seconds - MARGIN_SECONDS)
            worker.take(message)

        return take_each(event, os.environ, take)

    return handler
