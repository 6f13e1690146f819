"""What the model's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.model.tables import RepeatingClient


@pytest.fixture
def dynamodb() -> Iterator[RepeatingClient]:
    with mock_aws():
        yield RepeatingClient(boto3.client("dynamodb", region_name="us-east-1"))
