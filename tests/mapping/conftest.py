"""Every store that there is: the same tests run on each."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.mapping.row import Store
from tests.mapping.claiming import ClaimAs, claims
from tests.mapping.rows import ID
from tests.support.memory import MemoryStore
from tests.support.pipeline import Clock
from tests.support.tables import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "mapping"


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def database(aws: None) -> "DynamoDBClient":
    """An emulated DynamoDB that holds the empty mapping table."""
    client = boto3.client("dynamodb")
    if TABLE in client.list_tables()["TableNames"]:
        client.delete_table(TableName=TABLE)
    make_table(client, TABLE)
    return client


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: Clock) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return DynamoDBStore(request.getfixturevalue("database"), TABLE, sleep=clock.sleep, random=lambda: 0.5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def claim(store: Store, clock: Clock) -> ClaimAs:
    """A worker that claims the row as it stands now."""
    return lambda owner: claims(store, clock, owner).claim(ID, store.read([ID]).get(ID))
