"""One local stack for all tests of this folder: the template, deployed by the SAM CLI on the emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.local.world import World

# Short enough to see a queue exhausted.
PARAMETERS = {"MaximumReceives": "5", "RetryBaseSeconds": "0.2", "RetryCapSeconds": "1", "PatienceSeconds": "4"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/local/" in item.path.as_posix():
            # All in one process, for they share the stack.
            item.add_marker(pytest.mark.xdist_group("local"))
            item.add_marker(pytest.mark.local)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with LocalStack("tests", parameters=PARAMETERS) as stack:
        yield World(stack)


@pytest.fixture(autouse=True)
def _no_faults(world: World) -> Iterator[None]:
    yield
    world.heal()
