"""AWS clients, made once: making one takes longer than what most tests do with it."""

from functools import cache
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs")


@cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb")


@cache
def stepfunctions() -> "SFNClient":
    return boto3.client("stepfunctions")
