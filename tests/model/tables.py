"""A mapping table on an in-process DynamoDB, behind an SDK that repeats itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.mapping.row import Store
from tests.support.pipeline import Clock
from tests.support.tables import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RepeatingClient:
    """``client`` sends every tenth write twice, as the SDK does after a lost answer, and tells of the second one."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.client = client
        self._random = Random(1)
        for operation in ("put_item", "transact_write_items"):
            setattr(client, operation, self._repeating(getattr(client, operation)))

    def _repeating(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def perhaps_twice(**parameters: Any) -> Any:
            if self._random.random() < 0.1:
                # If it is refused, it is for good reason: the second one will be as well.
                with suppress(ClientError):
                    write(**parameters)
            return write(**parameters)

        return perhaps_twice


def made_table(client: DynamoDBClient) -> str:
    """A table with a name of its own."""
    return make_table(client, f"mapping-{uuid.uuid4().hex[:8]}")


@contextmanager
def on_dynamodb() -> Iterator[Callable[[], Store]]:
    """Makes mappings, each with a table and an SDK of its own, so that a schedule played twice comes to the same."""

    def new_store() -> Store:
        repeating = RepeatingClient(boto3.client("dynamodb", region_name="us-east-1"))
        return DynamoDBStore(repeating.client, made_table(repeating.client), sleep=Clock().sleep, random=lambda: 0.5)

    with mock_aws():
        yield new_store
