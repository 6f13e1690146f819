"""One local stack as `make up` starts it, with the times that it has by default."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.local.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/practice/" in item.path.as_posix():
            item.add_marker(pytest.mark.local)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with LocalStack("practice") as stack:
        yield World(stack)
