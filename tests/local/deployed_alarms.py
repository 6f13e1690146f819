"""The alarms as they are deployed, and what they would read: each by the name that it reads under."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.local.world import World


class Alarm(NamedTuple):
    """An alarm on one of AWS's own metrics.

    ``of``: a queue's or a function's name, a state machine's ARN, or nothing for the whole account.
    """

    name: str
    namespace: str
    metric: str
    dimension: str
    of: str
    statistic: str
    period: int
    threshold: float


def on_aws_metrics(world: World) -> list[Alarm]:
    pages = world.cloudwatch.get_paginator("describe_alarms").paginate()
    return [alarm_of(each) for page in pages for each in page["MetricAlarms"] if each["Namespace"].startswith("AWS/")]


def alarm_of(described: dict[str, Any]) -> Alarm:
    (dimension,) = described.get("Dimensions") or [{"Name": "", "Value": ""}]
    return Alarm(
        described["AlarmName"],
        described["Namespace"],
        described["MetricName"],
        dimension["Name"],
        dimension["Value"],
        described["Statistic"],
        described["Period"],
        described["Threshold"],
    )


def on(world: World, metric: str) -> list[Alarm]:
    return [each for each in on_aws_metrics(world) if each.metric == metric]


def url_of(world: World, queue: str) -> str:
    return str(world.sqs.get_queue_url(QueueName=queue)["QueueUrl"])


def waiting(world: World, queue: str) -> int:
    """What CloudWatch's ApproximateNumberOfMessagesVisible of that queue is made of."""
    name = "ApproximateNumberOfMessages"
    return int(world.sqs.get_queue_attributes(QueueUrl=url_of(world, queue), AttributeNames=[name])["Attributes"][name])


def measured(world: World, alarm: Alarm) -> float:
    """What the emulated CloudWatch has under just what the alarm reads, since an hour ago."""
    now = datetime.now(UTC)
    answer = world.cloudwatch.get_metric_statistics(
        Namespace=alarm.namespace,
        MetricName=alarm.metric,
        Dimensions=[{"Name": alarm.dimension, "Value": alarm.of}],
        Statistics=[alarm.statistic],
        Period=alarm.period,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
    )
    return float(sum(each[alarm.statistic] for each in answer["Datapoints"]))
