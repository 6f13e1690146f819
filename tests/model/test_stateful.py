"""Whatever hypothesis does to a school, its SIS, its workers and DokStamp: nothing is lost, doubled, stale or hung.

More ways than these: `python -m tests.model --stateful 1000`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dokstamp_sync.mapping.row import Store
from tests.model.attempts import HANDFUL
from tests.model.exploring import explore

HANDFULS = 5
ON_DYNAMODB = 5


@pytest.mark.parametrize("seed", range(1, 1 + HANDFULS))
def test_no_way_of_steering_a_school_ends_wrong(seed: int) -> None:
    # Given a seed, which says what hypothesis tries, without anything that an earlier test run has left
    # When it has played its ways to the end
    explored = explore(seed, HANDFUL)
    # Then none of them ended otherwise than its SIS says
    assert explored.findings == [], explored.story


def test_no_way_of_steering_a_school_ends_wrong_on_dynamodb_either(new_store: Callable[[], Store]) -> None:
    # Given a mapping in DynamoDB, with an SDK that now and then repeats a write whose answer it lost
    # When hypothesis has played a few ways to the end
    explored = explore(1, ON_DYNAMODB, new_store=new_store)
    # Then none of them ended otherwise than its SIS says
    assert explored.findings == [], explored.story
