"""What the model's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dokstamp_sync.mapping.row import Store
from tests.model.tables import on_dynamodb


@pytest.fixture
def new_store() -> Iterator[Callable[[], Store]]:
    with on_dynamodb() as made:
        yield made
