"""Everything that may be read by those who run the sync: each place with all that is written there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.stack import LocalStack

# What of a run's history is its data: the records and results themselves.
DATA = {"input", "output", "parameters", "inputDetails", "outputDetails"}


def places(stack: LocalStack) -> dict[str, str]:
    """What stands where, as text."""
    return {
        "the functions' log groups": _logs(stack),
        "what the functions wrote": Path(stack.info.logs, "emulator.log").read_text(),
        "the deployment's log": Path(stack.info.logs, "sam.log").read_text(),
        "CloudWatch's metrics": _all(stack, "cloudwatch", "list_metrics"),
        "the runs and their histories": json.dumps(list(_runs(stack)), default=str),
        "the queues, their attributes and tags": json.dumps(list(_queues(stack))),
        "the functions' configurations and tags": json.dumps(list(_functions(stack)), default=str),
        "the tables, the bucket and the secret by name": _names(stack),
        "the stack's description": _all(stack, "cloudformation", "describe_stacks", "describe_stack_events"),
        "the functions' temporary files": "\n".join(path.read_text(errors="replace") for path in _left_behind(stack)),
    }


def metric_lines(log: str) -> list[dict[str, Any]]:
    """The metrics as the functions wrote them, in CloudWatch's embedded format."""
    return [json.loads(line) for line in log.splitlines() if line.startswith('{"_aws"')]


def input_of_runs(stack: LocalStack) -> str:
    """The data of all runs, by design the records themselves."""
    states = stack.client("stepfunctions")
    return json.dumps([states.describe_execution(executionArn=each["executionArn"])["input"] for each in _list(stack)])


def _all(stack: LocalStack, service: str, *operations: str) -> str:
    client = stack.client(service)
    given = {"StackName": "dokstamp-sync"} if service == "cloudformation" else {}
    return json.dumps([getattr(client, each)(**given) for each in operations], default=str)


def _logs(stack: LocalStack) -> str:
    logs = stack.client("logs")
    groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    pages = logs.get_paginator("filter_log_events")
    events = [event for name in groups for page in pages.paginate(logGroupName=name) for event in page["events"]]
    return "\n".join([*groups, *(f"{each['logStreamName']} {each['message']}" for each in events)])


def _list(stack: LocalStack) -> list[dict[str, Any]]:
    pages = stack.client("stepfunctions").get_paginator("list_executions")
    arn = stack.info.state_machine_arn
    return [each for page in pages.paginate(stateMachineArn=arn) for each in page["executions"]]


def _events(stack: LocalStack) -> Iterator[dict[str, Any]]:
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    for each in _list(stack):
        for page in pages.paginate(executionArn=each["executionArn"]):
            yield from page["events"]


def _runs(stack: LocalStack) -> Iterator[Any]:
    states = stack.client("stepfunctions")
    for each in _list(stack):
        yield _without_data(states.describe_execution(executionArn=each["executionArn"]))
    yield from map(_without_data, _events(stack))


def _without_data(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_data(value) for key, value in node.items() if key not in DATA}
    return node


def _queues(stack: LocalStack) -> Iterator[Any]:
    sqs = stack.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield [url, attributes, sqs.list_queue_tags(QueueUrl=url).get("Tags")]


def _functions(stack: LocalStack) -> Iterator[Any]:
    functions = stack.client("lambda")
    for each in functions.list_functions()["Functions"]:
        yield [each, functions.list_tags(Resource=each["FunctionArn"]).get("Tags")]
    yield functions.list_event_source_mappings()["EventSourceMappings"]


def _names(stack: LocalStack) -> str:
    tables = stack.client("dynamodb")
    names = tables.list_tables()["TableNames"]
    described = [tables.describe_table(TableName=name) for name in names]
    secret = stack.client("secretsmanager").describe_secret(SecretId=stack.info.secret_arn)
    return json.dumps([described, stack.client("s3").list_buckets()["Buckets"], secret], default=str)


def _left_behind(stack: LocalStack) -> Iterator[Path]:
    """What the functions may have left on their disk; the emulator puts their own code there, too."""
    folder = Path(stack.info.logs, "tmp")
    yield from (path for path in folder.rglob("*") if path.is_file() and "ministack-" not in path.as_posix())
