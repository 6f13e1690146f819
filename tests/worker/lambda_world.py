"""What a step's Lambda function finds around it: emulated AWS and the variables that the template sets."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.pipeline import CREDENTIALS
from tests.support.tables import make_outcomes, make_table
from tests.worker import clients


class FakeContext(LambdaContext):
    """A Lambda context with so much time left."""

    def __init__(self, seconds: float = 120) -> None:
        self._function_name = "dokstamp-sync-step"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:dokstamp-sync-step"
        self._aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"
        # A static method in the base class.
        self.get_remaining_time_in_millis = lambda: int(seconds * 1000)  # type: ignore[method-assign]


@dataclass
class World:
    """One step's queue, both tables and the secret, inside the running mock_aws."""

    queue_url: str
    variables: dict[str, str] = field(default_factory=dict)

    def send(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            clients.sqs().send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(message))

    def receive(self) -> dict[str, Any]:
        """What the queue holds now, as the event that Lambda makes of it."""
        answer = clients.sqs().receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return {"Records": [_as_lambda_shows(message) for message in answer.get("Messages", [])]}

    def kept(self, table: str) -> dict[str, dict[str, Any]]:
        """A table's items by their id."""
        items = clients.dynamodb().scan(TableName=table)["Items"]
        return {item["id"]["S"]: item for item in items}


def build_world(monkeypatch: pytest.MonkeyPatch, base_url: str) -> World:
    """Makes it all, and sets the variables."""
    sqs, database = clients.sqs(), clients.dynamodb()
    world = World(sqs.create_queue(QueueName="step", Attributes={"VisibilityTimeout": "720"})["QueueUrl"])
    make_table(database, "mapping")
    make_outcomes(database, "outcomes")
    inbox_url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    secret = boto3.client("secretsmanager").create_secret(Name="dokstamp", SecretString=json.dumps(CREDENTIALS))
    world.variables = {
        "DOKSTAMP_BASE_URL": base_url,
        "DOKSTAMP_TENANT": "sandbox",
        "CREDENTIALS_SECRET_ARN": secret["ARN"],
        "MAPPING_TABLE": "mapping",
        "OUTCOMES_TABLE": "outcomes",
        "QUEUE_URL": world.queue_url,
        "INBOX_QUEUE_URL": inbox_url,
        "PDF_BUCKET": "pdfs",
    }
    for name, value in world.variables.items():
        monkeypatch.setenv(name, value)
    return world


def _as_lambda_shows(message: Any) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:step",
        "awsRegion": "us-east-1",
    }
