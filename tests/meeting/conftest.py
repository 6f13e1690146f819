"""A pipeline on each of the mappings, and messages that take turns at a step's queue."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.model.tables import made_table
from tests.support.memory import MemoryStore
from tests.support.pipeline import Clock, FolderPdfs, Pipeline, settings
from tests.support.sis import Json, Sis, example, moment

PATIENCE = 60.0
SCHOOL = (Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
BIA = example(Step.STUDENT, sis_id="S2", name="Bia", email="bia@x.example")


@pytest.fixture(scope="session", autouse=True)
def no_tls(no_certificates: None) -> None:
    """No test here speaks TLS."""


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        yield DynamoDBStore(client, made_table(client), sleep=Clock().sleep, random=lambda: 0.5)


@pytest.fixture
def pipeline(sandbox: Sandbox, store: Store, tmp_path: Path) -> Iterator[Pipeline]:
    """PDFs are read from ``tmp_path``."""
    pipeline = Pipeline(
        # A call may take long where many tests run at once; the lease is of another clock, and has to outlive it.
        settings(sandbox.url, patience_seconds=PATIENCE, deadline_seconds=20, lease_seconds=25),
        store=store,
        pdfs=FolderPdfs(tmp_path),
    )
    yield pipeline
    pipeline.dokstamp.close()


@pytest.fixture
def sis(pipeline: Pipeline) -> Sis:
    return Sis(pipeline)


@dataclass
class Letter:
    """One message on a step's queue, which comes back until it is answered."""

    pipeline: Pipeline
    step: Step
    body: str
    receives: int = 0
    answers: list[Json] = field(default_factory=list)

    def comes(self) -> str:
        """Hands the message out once; answers its records' outcomes, or ``taken`` if no run waits for it, or
        ``handed back``.
        """
        self.receives += 1
        worker = self.pipeline.worker(self.step, lambda token, answer: self.answers.append(answer))
        try:
            worker.take(Received("letter", self.body, "handle", self.receives))
        except HandedBack:
            return "handed back"
        return ", ".join(each["outcome"] for each in self.answers[-1]["records"]) if self.answers else "taken"

    def comes_until_answered(self) -> list[Json]:
        """The records' outcomes, however often it has to come."""
        while not self.answers:
            self.comes()
            assert self.receives < 1000, "it comes back for ever"
        records: list[Json] = self.answers[-1]["records"]
        return records


class Post:
    """Writes letters; each is about so many hours after the first message of the SIS."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._runs = itertools.count(1)

    def letter(self, step: Step, hour: int, *records: Json, **changes: Any) -> Letter:
        head: Json = {
            "run": f"letter-{next(self._runs)}",
            "step": step.value,
            "occurred_at": moment(hour),
            "options": {},
        }
        return Letter(self._pipeline, step, json.dumps(head | {"records": records, "task_token": "token"} | changes))


@pytest.fixture
def post(pipeline: Pipeline) -> Post:
    return Post(pipeline)


@pytest.fixture
def school(sis: Sis) -> Sis:
    """Ana is enrolled."""
    sis.has_said(*SCHOOL)
    return sis


def certificate(address: str, **changes: str) -> Json:
    """Of Ana's enrollment."""
    return {"enrollment_id": "E1", "pdf": address} | changes
