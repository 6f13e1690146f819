"""One logger, one set of metrics, and the only form in which a SIS id is logged."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from dokstamp_sync.order import Step

H = TypeVar("H", bound=Callable[..., Any])


class Metrics(AmazonCloudWatchEMFProvider):
    """Each metric is kept by function, and once more for the whole stack, for the alarms on all functions."""

    def serialize_metric_set(self, *args: Any, **kwargs: Any) -> Any:
        self.dimension_sets[:] = [{"scope": "stack"}]
        return super().serialize_metric_set(*args, **kwargs)


logger = Logger()
metrics = Metrics()

# Their own lines hold whole addresses, and a look-up's address holds an e-mail.
for chatty in ("httpx", "httpcore"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


def digest(step: Step, sis_id: str | None) -> str:
    """What stands for a record in logs."""
    return digest_of(f"{step.value}#{sis_id}")


def digest_of(row: str) -> str:
    """Twelve hex characters that stand for a row in logs: its id may be an e-mail address."""
    return hashlib.sha256(row.encode()).hexdigest()[:12]


def measured(handler: H) -> H:
    """The handler, after which what it has counted is emitted."""
    emitting: H = metrics.log_metrics(handler)
    return emitting


def count(name: str, value: int = 1) -> None:
    """Adds to a metric of this invocation."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
