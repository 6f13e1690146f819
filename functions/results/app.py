"""The result of a run, for the SIS: the state machine calls it at the end, or EventBridge if the run was cut off.

Needs the state that the steps left behind. Sends one message to the results queue and answers with it, so that it is
the run's output, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync import failures, observability
from dokstamp_sync.edge.clients import client, make
from dokstamp_sync.edge.cold import prepare
from dokstamp_sync.errors import Retry
from dokstamp_sync.observability import logger, measured
from dokstamp_sync.results import REPORTED, result, result_of_state
from dokstamp_sync.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


@cache
def _build() -> tuple[SQSClient, SFNClient, Settings]:
    settings = Settings.from_environment(os.environ, "results_queue_url")
    sqs = client("sqs")
    make(sqs)
    return sqs, client("stepfunctions"), settings


prepare(_build, os.environ)


@logger.inject_lambda_context(clear_state=True)
@measured
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """Takes a run's last state, or the event of its end; answers the result, None if the run has reported it itself."""
    with failures.told("result"):
        return _report(_result_of_end(event["detail"]) if "detail" in event else result_of_state(event))


def _result_of_end(end: dict[str, Any]) -> dict[str, Any] | None:
    """Without records: what became of them when the run was cut off, only the mapping and the dead letters tell."""
    if end["status"] == "FAILED" and (end.get("error") or _error_of(end["executionArn"])) == REPORTED:
        return None
    return result(end["name"], [], failed=True)


def _error_of(execution: str) -> str | None:
    """Of an event that does not hold it: with an encryption key of its own the stack's events do not."""
    _, runs, _ = _build()
    with _asking("the run could not be asked for"):
        ended = runs.describe_execution(executionArn=execution)
    # What Step Functions tells may be older than the event.
    if ended["status"] == "RUNNING":
        raise Retry("the run has failed, and Step Functions still tells that it is running")
    return ended.get("error")


def _report(told: dict[str, Any] | None) -> dict[str, Any] | None:
    if told:
        sqs, _, settings = _build()
        with _asking("the result could not be sent"):
            sqs.send_message(QueueUrl=settings.results_queue_url, MessageBody=json.dumps(told, ensure_ascii=False))
        observability.count("RunsFailed" if told["status"] == "failed" else "RunsCompleted")
        logger.info("run ended", run=told["run"], status=told["status"], counts=told["counts"])
    return told


@contextmanager
def _asking(what_if_not: str) -> Iterator[None]:
    """Around a call of AWS: if it fails, whoever invoked the function tries again."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Retry(f"{what_if_not} ({type(error).__name__})") from error
