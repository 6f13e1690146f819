"""Seeded schedules of a small school in bad weather: nothing is lost, doubled, stale or hung."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dokstamp_sync.mapping.row import Store
from tests.model.schedule import play

SCHEDULES = 100
DYNAMODB_SCHEDULES = 5


@pytest.mark.parametrize("first", range(1, SCHEDULES, 10))
def test_a_school_in_any_weather_ends_as_its_sis_says(first: int) -> None:
    # Given ten seeds, each with a school, a configuration and a weather of its own
    for seed in range(first, first + 10):
        # When the storm is over and the dead letters were redriven once
        played = play(seed)
        # Then the newest of each record is there, once, and every run has ended
        assert played.findings == [], f"repeat with: python -m tests.model --seed {seed} --schedules 1 -v"


@pytest.mark.parametrize("seed", range(1, 1 + DYNAMODB_SCHEDULES))
def test_a_school_in_any_weather_ends_as_its_sis_says_on_dynamodb_too(
    seed: int, new_store: Callable[[], Store]
) -> None:
    # Given a mapping in DynamoDB, with an SDK that now and then repeats a write whose answer it lost
    # When the storm is over
    played = play(seed, new_store=new_store)
    # Then it came to the same as in memory
    assert played.findings == []


def test_a_seed_repeats_its_schedule_step_by_step() -> None:
    # Given a schedule that was played
    first = play(7, trace=True)
    # When it is played again
    second = play(7, trace=True)
    # Then the very same things happened, but for the uuids that DokStamp makes up
    assert (first.steps, first.calls, len(first.trace)) == (second.steps, second.calls, len(second.trace))
    assert [line.split()[:3] for line in first.trace] == [line.split()[:3] for line in second.trace]
