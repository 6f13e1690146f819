"""Plays a load for real: workers in processes of their own, an emulated AWS, and the sandbox, on loopback.

The processes run the steps' own handlers. They are fewer than on AWS may be, for they share this machine.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import httpx

from dokstamp_sync.order import Step
from local import emulator, sandbox_server
from local.aws import CREDENTIALS as AWS_CREDENTIALS
from local.places import ROOT
from local.processes import Failed, running
from tests.limits.cases import HIGH, Came, Load, Met, pace
from tests.support.pipeline import CREDENTIALS
from tests.support.tables import make_outcomes, make_table

MOST_SECONDS = 900
"""A load that takes longer is given up."""


@dataclass(frozen=True)
class Line:
    """A step's queue and its dead letters."""

    url: str
    dead_url: str


def play(load: Load, *, calls_per_second: float = 0.0) -> Came:
    """What came of the load. ``calls_per_second``: as the template's parameter. Raises Failed if it never ends."""
    met, dead, missing = _play(load, calls_per_second)
    without_limit = float("inf")
    if load.limit >= HIGH:
        free, _, _ = _play(replace(load, limit=0), calls_per_second)
        without_limit = pace(free.taken, free.began)
    return Came.of(load, met.taken, met.refused, met.began, dead=dead, missing=missing, without_limit=without_limit)


def _play(load: Load, calls_per_second: float) -> tuple[Met, int, int]:
    """What DokStamp saw, and how many messages died and records are missing."""
    with TemporaryDirectory() as name, ExitStack() as exits:
        folder = Path(name)
        limit = [f"--switch=rate_limit={load.limit}"] if load.limit else []
        sandbox = exits.enter_context(sandbox_server.started(folder, "g2", limit))
        emulated = exits.enter_context(emulator.started(folder / "aws", None, {}))
        emulated.wait()
        aws = Aws(emulated.endpoint_url)
        lines = {step: aws.line(step) for step in load.steps}
        sandbox.wait()
        for step, line in lines.items():
            variables = aws.variables(sandbox.base_url, line, calls_per_second)
            for number in range(load.workers):
                exits.enter_context(_worker(step, variables, folder / f"{step}-{number}.log"))
        time.sleep(3 + load.workers * 0.5)
        began = time.time()
        for step, records in load.step_messages():
            aws.send(lines[step], step, records)
        aws.wait(list(lines.values()), folder)
        return _seen(load, sandbox.base_url, aws, lines, began)


def _seen(load: Load, base_url: str, aws: Aws, lines: Mapping[Step, Line], began: float) -> tuple[Met, int, int]:
    calls = httpx.get(f"{base_url}/_sandbox/calls", timeout=60).json()
    moments: dict[bool, list[float]] = {True: [], False: []}
    for each in calls:
        if not each["path"].endswith(("/token", "/login")):
            moments[each["status"] == 429].append(datetime.fromisoformat(each["at"]).timestamp())
    state = httpx.get(f"{base_url}/_sandbox/state", timeout=60).json()
    held = sum(len(state[step.section]["live"]) for step in load.steps)
    dead = sum(aws.number(line.dead_url) for line in lines.values())
    met = Met(load.limit, time.time, began, moments[False], moments[True])
    return met, dead, load.messages * load.size - held


@contextmanager
def _worker(step: Step, variables: Mapping[str, str], log: Path) -> Iterator[None]:
    with running([sys.executable, "-m", "tests.limits.worker", step.value], environment=variables, log=log):
        yield


class Aws:
    """The emulated AWS: tables, secret and queues."""

    def __init__(self, endpoint_url: str) -> None:
        self._common = {**AWS_CREDENTIALS, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint_url}
        self._session = boto3.Session(
            aws_access_key_id=AWS_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=AWS_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        self._endpoint_url = endpoint_url
        database = self._client("dynamodb")
        make_table(database, "mapping")
        make_outcomes(database, "outcomes")
        self._secret = self._client("secretsmanager").create_secret(Name="d", SecretString=json.dumps(CREDENTIALS))
        self._sqs = self._client("sqs")
        self._inbox_url = self._sqs.create_queue(QueueName="inbox")["QueueUrl"]

    def _client(self, service: str) -> Any:
        make: Any = self._session.client
        return make(service, endpoint_url=self._endpoint_url)

    def line(self, step: Step) -> Line:
        """The step's queues, as the template makes them."""
        dead_url = self._sqs.create_queue(QueueName=f"{step.value}-dead-letters")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 470})
        attributes = {"VisibilityTimeout": "720", "RedrivePolicy": redrive}
        return Line(self._sqs.create_queue(QueueName=step.value, Attributes=attributes)["QueueUrl"], dead_url)

    def variables(self, base_url: str, line: Line, calls_per_second: float) -> dict[str, str]:
        """A function's environment."""
        return self._common | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'layers' / 'dokstamp_sync'}:{ROOT}",
            "DOKSTAMP_BASE_URL": base_url,
            "DOKSTAMP_TENANT": "sandbox",
            "CREDENTIALS_SECRET_ARN": self._secret["ARN"],
            "MAPPING_TABLE": "mapping",
            "OUTCOMES_TABLE": "outcomes",
            "PDF_BUCKET": "pdfs",
            "QUEUE_URL": line.url,
            "INBOX_QUEUE_URL": self._inbox_url,
            "CALLS_PER_SECOND": f"{calls_per_second:g}",
            "POWERTOOLS_SERVICE_NAME": "limits",
            "POWERTOOLS_METRICS_NAMESPACE": "limits",
        }

    def send(self, line: Line, step: Step, records: list[dict[str, Any]]) -> None:
        message = {"run": "limits", "step": step.value, "occurred_at": "2026-11-20T12:00:00Z", "records": records}
        self._sqs.send_message(QueueUrl=line.url, MessageBody=json.dumps(message))

    def number(self, url: str) -> int:
        """How many messages the queue holds, those in hand included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, attributes.values()))

    def wait(self, lines: list[Line], folder: Path) -> None:
        """Until the queues are empty."""
        give_up = time.monotonic() + MOST_SECONDS
        while any(self.number(line.url) for line in lines):
            if time.monotonic() > give_up:
                raise Failed(f"The load did not end within {MOST_SECONDS} s. The workers' logs: {folder}")
            time.sleep(1)
