"""The result of a run, for the SIS: at its end from the state machine, or from EventBridge if it was cut off.

Needs the state that the steps left behind. Sends one message to the results queue and answers with it, so that it is
the run's output, too.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from dokstamp_sync import observability
from dokstamp_sync.observability import logger, metrics
from dokstamp_sync.results import result, result_of_state
from dokstamp_sync.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@cache
def _sqs() -> SQSClient:
    return boto3.client("sqs")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a run's last state, or the event that it was aborted; answers the result."""
    cut_off = event.get("detail")
    # What became of a run's records when it was cut off is not known here: the mapping and the dead letters tell.
    told = result(cut_off["name"], [], failed=True) if cut_off else result_of_state(event)
    queue_url = Settings.from_environment(os.environ).results_queue_url
    _sqs().send_message(QueueUrl=queue_url, MessageBody=json.dumps(told, ensure_ascii=False))
    observability.count("RunsFailed" if told["status"] == "failed" else "RunsCompleted")
    logger.info("run ended", run=told["run"], status=told["status"], counts=told["counts"])
    return told
