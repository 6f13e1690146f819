"""One local stack as `make up` starts it, with the times that it has by default."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.local.world import World


# Before pytest-xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/practice/" in item.path.as_posix():
            # In one process, for they share the stack; not with other stacks, for they wait more than they work.
            item.add_marker(pytest.mark.xdist_group("practice"))
            item.add_marker(pytest.mark.local)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with LocalStack("practice") as stack:
        yield World(stack)
