"""The intake over AWS, and its Lambda handler."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync.edge.clients import client, make
from dokstamp_sync.edge.cold import prepare
from dokstamp_sync.edge.queue import Received, take_each
from dokstamp_sync.errors import Retry
from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.mapping.refusals import RefusalTable
from dokstamp_sync.observability import logger, measured
from dokstamp_sync.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


class StepFunctionsRuns:
    """Runs as executions of the state machine; see intake.Runs."""

    def __init__(self, runs: SFNClient, sqs: SQSClient, state_machine_arn: str, results_queue_url: str) -> None:
        self._runs = runs
        self._sqs = sqs
        self._state_machine_arn = state_machine_arn
        self._results_queue_url = results_queue_url

    def exists(self, run: str) -> bool:
        execution = f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{run}"
        try:
            self._runs.describe_execution(executionArn=execution)
        except self._runs.exceptions.ExecutionDoesNotExist:
            return False
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the run could not be asked for ({type(error).__name__})") from error
        return True

    def start(self, run: str, state: str) -> bool:
        try:
            self._runs.start_execution(stateMachineArn=self._state_machine_arn, name=run, input=state)
        except self._runs.exceptions.ExecutionAlreadyExists:
            return False
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the run could not be started ({type(error).__name__})") from error
        return True

    def report(self, result: Mapping[str, Any]) -> None:
        try:
            self._sqs.send_message(QueueUrl=self._results_queue_url, MessageBody=json.dumps(result, ensure_ascii=False))
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the result could not be sent ({type(error).__name__})") from error


NEEDED = ("queue_url", "mapping_table", "outcomes_table", "results_queue_url", "state_machine_arn")


@cache
def _build() -> Intake:
    settings = Settings.from_environment(os.environ, *NEEDED)
    database, runs = client("dynamodb"), client("stepfunctions")
    make(database, runs)
    return Intake(
        DynamoDBStore(database, settings.mapping_table, sleep=time.sleep, random=random.random),
        RefusalTable(database, settings.outcomes_table, settings.outcome_days, time.time),
        StepFunctionsRuns(runs, client("sqs"), settings.state_machine_arn, settings.results_queue_url),
        default_institution=settings.default_institution,
        clock=time.time,
    )


prepare(_build, os.environ)


@logger.inject_lambda_context(clear_state=True)
@measured
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """The intake's Lambda handler."""

    def take(message: Received) -> None:
        _build().take(message.body, message.id)

    return take_each(event, os.environ, take)
