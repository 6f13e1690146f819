"""Scenes in which every line that talks to AWS is carried out, each with a new environment of its function."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import boto3
import pytest

from dokstamp_sync.intake import entry as intake
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import serve
from local.sandbox import Fault, Sandbox
from tests.mute.aws import BROKEN_DOWN
from tests.support.pipeline import BUCKET, Pipeline, rules, settings
from tests.support.sis import Sis, example
from tests.worker import clients
from tests.worker.lambda_world import FakeContext, World, build_world
from tests.worker.school import ANA, NOON, students

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:sync"
INVALID = ANA | {"email": "nobody"}
LATER = "2026-11-21T00:00:00Z"


@dataclass
class Stage:
    """Emulated AWS with all that a function needs, and the sandbox."""

    world: World
    sandbox: Sandbox
    patch: pytest.MonkeyPatch
    events: list[Any] = field(default_factory=list)

    def take(self, step: Step, *messages: Mapping[str, Any]) -> Any:
        """A new environment of the step's function takes the messages."""
        self.world.send(*map(dict, messages))
        return self.ask(serve(rules(step)), self.world.receive())

    def take_in(self, body: Mapping[str, Any]) -> Any:
        intake._build.cache_clear()
        self.world.send(dict(body))
        return self.ask(intake.handler, self.world.receive())

    def report(self, event: Mapping[str, Any]) -> Any:
        results = importlib.import_module("functions.results.app")
        results._build.cache_clear()
        return self.ask(results.handler, event)

    def ask(self, handler: Callable[..., Any], event: Any) -> Any:
        self.events.append(event)
        return handler(event, FakeContext())

    def store(self) -> DynamoDBStore:
        return DynamoDBStore(clients.dynamodb(), "mapping", sleep=lambda seconds: None, random=lambda: 0.5)


@dataclass(frozen=True)
class Scene:
    """``before``: goes well. ``act``: what is watched."""

    act: Callable[[Stage], Any]
    before: Callable[[Stage], Any] = lambda stage: None


def make_stage(patch: pytest.MonkeyPatch, sandbox: Sandbox) -> Stage:
    """Within a running mock_aws."""
    sandbox.reset()
    sandbox.gate.clear()
    patch.setattr(boto3, "client", _client)
    world = build_world(patch, sandbox.url)
    patch.setenv("RESULTS_QUEUE_URL", clients.sqs().create_queue(QueueName="results")["QueueUrl"])
    patch.setenv("STATE_MACHINE_ARN", MACHINE)
    patch.setenv("PDF_BUCKET", BUCKET)
    return Stage(world, sandbox, patch)


# Making one takes longer than what most scenes do with it.
_client = cache(boto3.client)


def _graduate(stage: Stage) -> None:
    """What a certificate needs is delivered, and its PDF is in a bucket that keeps versions."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="ana.pdf", Body=b"%PDF-1.7")
    pipeline = Pipeline(settings(stage.sandbox.url), store=stage.store())
    Sis(pipeline).has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
    pipeline.dokstamp.close()


def _certificate(stage: Stage) -> Any:
    record = example(Step.CERTIFICATE)
    return stage.take(Step.CERTIFICATE, students(record) | {"step": "certificate", "occurred_at": LATER})


def _half_issued(stage: Stage) -> None:
    """A first try uploaded the PDF and came no further; its lease has run out."""
    _graduate(stage)
    stage.sandbox.add_faults(Fault(kind="status", status=500, method="POST", path="^/certificates$"))
    _certificate(stage)
    row = stage.store().read(["certificate#E1"])["certificate#E1"]
    stage.store().write(replace(row, claim=None), row)


def _busy(stage: Stage) -> None:
    stage.sandbox.add_faults(Fault(kind="status", status=503, method="POST", path="^/students$", times=None))


def _slow_down(stage: Stage) -> None:
    pause = {"Retry-After": "60"}
    fault = Fault(kind="status", status=429, headers=pause, method="POST", path="^/students$", times=None)
    stage.sandbox.add_faults(fault)


def in_inbox(*records: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {"id": "1", "occurred_at": NOON, "students": [dict(each) for each in records], **changes}


def of_a_run(*records: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return students(*records, task_token="token-1", **changes)


SCENES: dict[str, Scene] = {
    "a step creates": Scene(lambda stage: stage.take(Step.STUDENT, of_a_run(ANA))),
    "a step refuses": Scene(lambda stage: stage.take(Step.STUDENT, of_a_run(INVALID))),
    "a step mends": Scene(
        lambda stage: stage.take(Step.STUDENT, of_a_run(ANA, run="run-2", occurred_at=LATER)),
        lambda stage: stage.take(Step.STUDENT, of_a_run(INVALID)),
    ),
    "a step hands back": Scene(lambda stage: stage.take(Step.STUDENT, of_a_run(ANA)), _busy),
    "a step is throttled": Scene(lambda stage: stage.take(Step.STUDENT, of_a_run(ANA)), _slow_down),
    "a step drops a message that is none": Scene(lambda stage: stage.take(Step.STUDENT, {"hello": "world"})),
    "a certificate is issued": Scene(_certificate, _graduate),
    "a certificate is issued after all": Scene(_certificate, _half_issued),
    "the intake starts a run": Scene(lambda stage: stage.take_in(in_inbox(ANA))),
    "the intake refuses": Scene(lambda stage: stage.take_in({"id": "1"})),
    "the intake rejects": Scene(lambda stage: stage.take_in(in_inbox(INVALID))),
    "the intake finds nothing new": Scene(
        lambda stage: stage.take_in(in_inbox(ANA, occurred_at=LATER)),
        lambda stage: stage.take(Step.STUDENT, students(ANA)),
    ),
    "a run is reported": Scene(lambda stage: stage.report({"run": "1", "settled": []})),
    "a run that broke down is reported": Scene(
        lambda stage: stage.report({"detail": {"name": "broken-down", "executionArn": BROKEN_DOWN, "status": "FAILED"}})
    ),
}
