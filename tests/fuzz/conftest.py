"""What is logged while bodies are judged."""

from collections.abc import Iterator

import pytest

from tests.fuzz.lines import Lines, caught


@pytest.fixture
def lines() -> Iterator[Lines]:
    with caught() as lines:
        yield lines
