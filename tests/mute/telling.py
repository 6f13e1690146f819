"""What a function tells of what it does: log lines, metrics, and for how long it hides a message."""

import io
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws

from dokstamp_sync.observability import logger, metrics
from local.sandbox import Sandbox
from tests.mute.aws import Aws, watched
from tests.mute.scenes import Scene, Stage, make_stage

Line = dict[str, Any]


@dataclass
class Told:
    """``events``: those that brought messages of a queue; ``left``: those of them that stay, by receipt handle.

    ``raised``: what came out of the function.
    """

    aws: Aws
    lines: list[Line] = field(default_factory=list)
    metrics: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    events: list[Line] = field(default_factory=list)
    raised: Exception | None = None
    text: str = ""

    @property
    def failures(self) -> list[Line]:
        """The lines about failures: each says where it was raised."""
        return [each for each in self.lines if "where" in each]


def told(scene: Scene, sandbox: Sandbox, aws: Aws, before: Callable[[Stage], None] = lambda stage: None) -> Told:
    """Plays the scene in an AWS of its own. ``before``: what else happens before it."""
    with staged(sandbox) as stage:
        scene.before(stage)
        before(stage)
        return listen(lambda: scene.act(stage), stage, aws)


@contextmanager
def staged(sandbox: Sandbox) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        yield make_stage(patch, sandbox)


def listen(act: Callable[[], Any], stage: Stage, aws: Aws) -> Told:
    """Lets a function act, and hears what it tells."""
    stage.events.clear()
    found = Told(aws)
    answer: Any = None
    with watched(aws), _written() as (log, out):
        try:
            answer = act()
        except Exception as error:
            found.raised = error
    found.text = log.getvalue() + out.getvalue()
    found.lines = [json.loads(line) for line in log.getvalue().splitlines()]
    for line in out.getvalue().splitlines():
        found.metrics.update(_sums(json.loads(line)) if line.startswith('{"_aws"') else {})
    failed = {each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", [])}
    found.events = [event for event in stage.events if "Records" in event]
    messages = [each for event in found.events for each in event["Records"]]
    found.left = [each["receiptHandle"] for each in messages if each["messageId"] in failed]
    return found


@contextmanager
def _written() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    log, out = io.StringIO(), io.StringIO()
    ours = logging.getLogger(logger.service)
    handler = logging.StreamHandler(log)
    handler.setFormatter(logger.registered_formatter)
    before, ours.handlers = ours.handlers, [handler]
    metrics.clear_metrics()
    try:
        with redirect_stdout(out):
            yield log, out
    finally:
        ours.handlers = before
        metrics.clear_metrics()


def _sums(blob: dict[str, Any]) -> dict[str, int]:
    names = [each["Name"] for one in blob["_aws"]["CloudWatchMetrics"] for each in one["Metrics"]]
    return {name: int(sum(blob[name])) for name in names}
