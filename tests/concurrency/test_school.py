"""The sample school ends in one state, in whatever order and however often it is told."""

from random import Random
from typing import Any

import pytest

from tests.concurrency.school import Message, held, in_order, one_by_one, send, simulated, without_snapshots
from tests.events.samples import messages
from tests.support.simulation_http import sandbox_in_process
from tests.support.simulation_state import Names, natural
from tests.support.simulation_weather import CALM, Weather

DELIVERED = {"created", "updated", "unchanged", "stale"}


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_school_told_backwards_ends_in_the_same_state_as_in_order(seed: int) -> None:
    # Given a school whose every record is a message of its own
    expected = in_order()
    # When the messages come in reverse order, all at once
    simulation = simulated(seed)
    send(simulation, one_by_one()[::-1], every=0)
    # Then DokStamp holds the same, attachments with their groups included, and nothing twice
    assert natural(held()) == expected
    assert Names(held()).doubled() == []
    assert {each["outcome"] for result in simulation.results for each in result["records"]} <= DELIVERED


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_school_told_backwards_in_a_storm_ends_in_the_same_state_as_in_order(seed: int) -> None:
    # Given a school whose every record is a message of its own
    expected = in_order()
    # When the messages come in reverse order while processes die and answers are lost
    simulation = simulated(seed)
    send(simulation, one_by_one()[::-1], every=0, weather=Weather.drawn(Random(seed), longest_pause=30))
    # Then DokStamp holds the same, but for whom a certificate froze before the student's change came
    assert without_snapshots(natural(held())) == without_snapshots(expected)
    assert Names(held()).doubled() == []


def test_whole_messages_and_single_records_come_to_the_same() -> None:
    # Given the school's own messages, without the ones that contradict each other
    expected = in_order()
    # When they are told in their order
    send(simulated(1, patience=60), messages(), every=100)
    found = natural(held())
    # Then DokStamp holds the same as after single records
    assert found == expected


def test_the_same_records_in_new_messages_make_no_call() -> None:
    # Given a school that was delivered
    simulation = simulated(1)
    send(simulation, one_by_one(), every=100)
    before, runs = len(_calls()), len(simulation.machine.runs)
    # When a nightly export says all of it again, under new ids
    again = [_renamed(message) for message in one_by_one()]
    send(simulation, again, every=1)
    # Then nothing is called and no run started, and each message has its result
    assert len(_calls()) == before
    assert len(simulation.machine.runs) == runs
    told = [each["outcome"] for result in simulation.results[-len(again) :] for each in result["records"]]
    assert set(told) == {"unchanged", "stale"}


def test_the_same_school_in_a_storm_and_then_in_calm_makes_no_call_either() -> None:
    # Given a school that was delivered in a storm
    simulation = simulated(2)
    send(simulation, one_by_one(), every=1, weather=Weather.drawn(Random(2), longest_pause=30))
    before = len(_calls())
    # When it is told again
    send(simulation, [_renamed(message) for message in one_by_one()], every=1, weather=CALM)
    # Then nothing is called
    assert len(_calls()) == before


def _renamed(message: Message) -> Message:
    return {**message, "id": f"again/{message['id']}"}


def _calls() -> list[Any]:
    return sandbox_in_process().sandbox.calls
