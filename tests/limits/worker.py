"""A worker in a process of its own: `python -m tests.limits.worker student`. Does what Lambda does for a function.

Takes one message after another from the step's queue, and deletes what is done. Its environment is the function's.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import boto3

from dokstamp_sync.observability import logger
from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import serve
from tests.support.pipeline import rules
from tests.worker.lambda_world import FakeContext, as_lambda_shows


def main(step: Step) -> None:
    """Runs until it is ended."""
    logger.setLevel("CRITICAL")
    handler, sqs, url = serve(rules(step)), boto3.client("sqs"), os.environ["QUEUE_URL"]
    # It is no new environment: how long one takes for its first message is not what is measured here.
    nonsense: dict[str, Any] = dict.fromkeys(("MessageId", "ReceiptHandle", "Body", "MD5OfBody"), "")
    nonsense["Attributes"] = {"ApproximateReceiveCount": "1", "ApproximateFirstReceiveTimestamp": "0"}
    handler({"Records": [as_lambda_shows(nonsense)]}, FakeContext())
    while True:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MessageSystemAttributeNames=["All"])
        for message in answer.get("Messages", []):
            event: dict[str, Any] = {"Records": [as_lambda_shows(message)]}
            if not handler(event, FakeContext())["batchItemFailures"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    main(Step(sys.argv[1]))
