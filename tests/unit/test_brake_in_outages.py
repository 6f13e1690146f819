"""While DokStamp fails, all workers leave it alone."""

import pytest

from dokstamp_sync.delivery.brake import MANY_FAILURES, Brake
from dokstamp_sync.delivery.shared_pace import BRAKE
from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.row import Row
from tests.unit.test_brake import World, call, seconds_for


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("failures", [MANY_FAILURES - 1, MANY_FAILURES])
def test_many_failures_in_a_row_stop_all_workers_for_a_while(world: World, failures: int) -> None:
    # Given a DokStamp that fails so many times
    brake = world.brake()
    for _ in range(failures):
        brake.wait()
        brake.fail(None)
    # Then another worker waits, if these were many
    waits = failures == MANY_FAILURES
    assert (seconds_for(world, world.brake().wait) >= 5) == waits


@pytest.mark.parametrize(("longest", "pause"), [(1, 1), (900, 5)])
def test_a_pause_after_failures_is_no_longer_than_a_back_off(world: World, longest: float, pause: float) -> None:
    # Given workers whose back-off is at most so long, and a DokStamp that fails
    brake = Brake(world.store, world.clock, world.clock.sleep, lambda: 0.5, longest_pause=longest)
    for _ in range(MANY_FAILURES):
        brake.wait()
        brake.fail(None)
    # Then nobody calls for no longer than that
    assert seconds_for(world, lambda: world.brake().wait()) == pytest.approx(pause, abs=0.1)


def test_failures_between_which_dokstamp_answers_stop_nobody(world: World) -> None:
    brake = world.brake()
    for _ in range(5 * MANY_FAILURES):
        brake.wait()
        brake.fail(None)
        call(brake)
    assert world.store.written == []


def test_the_first_failure_after_an_outage_lengthens_the_pause(world: World) -> None:
    # Given an outage, whose pause is over
    brake = world.brake()
    for _ in range(MANY_FAILURES):
        brake.wait()
        brake.fail(None)
    world.clock.sleep(5)
    # When the first call fails again, Then nobody calls for ten seconds
    brake.wait()
    brake.fail(None)
    assert seconds_for(world, lambda: world.brake().wait()) == pytest.approx(10, abs=0.2)


def test_a_mapping_that_cannot_be_asked_sends_the_record_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    brake = world.limited()

    def fails(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        raise Retry("the mapping could not be written")

    monkeypatch.setattr(world.store, "write", fails)
    with pytest.raises(Retry):
        brake.wait()


def test_after_an_outage_a_few_failures_among_many_calls_stop_nobody(world: World) -> None:
    # Given an outage that is over
    brake = world.brake()
    for _ in range(MANY_FAILURES):
        brake.wait()
        brake.fail(None)
    world.clock.sleep(5)
    call(brake, times=5)
    # When one call in ten fails while the pace rises
    world.clock.sleep(2)
    for _ in range(20):
        call(brake, times=9)
        brake.wait()
        brake.fail(None)
    # Then nobody waits for longer than the pace says
    assert seconds_for(world, lambda: call(brake, times=100)) < 2


def test_a_permit_that_could_not_be_written_down_is_not_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a limit, and a mapping that refuses to be written
    brake = world.brake(limit=1)

    def fails(*_: object) -> None:
        raise Retry("the mapping cannot be written")

    monkeypatch.setattr(world.store, "write", fails)
    # When a worker wants to send calls, Then it sends none
    for _ in range(3):
        with pytest.raises(Retry):
            brake.hold(begun=False)


def test_a_pause_that_could_not_be_written_down_is_kept_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a refusal that could not be written down
    brake = world.brake()

    def fails(*_: object) -> None:
        raise Retry("the mapping cannot be written")

    with monkeypatch.context() as broken:
        broken.setattr(world.store, "write", fails)
        brake.wait()
        brake.refuse(3.0)
    # When the worker begins its next message, Then it still waits as DokStamp asked
    brake.learn({})
    assert seconds_for(world, brake.wait) == pytest.approx(3, abs=0.2)


def test_what_could_not_be_written_down_is_added_to_what_others_have_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two workers that DokStamp refuses at the same moment, while one of them cannot write it down
    brake, other = world.brake(), world.brake()
    call(brake, times=4)
    call(other, times=6)
    other.wait()
    brake.wait()

    def write(*_: object) -> Row:
        raise Retry("the mapping cannot be written")

    with monkeypatch.context() as broken:
        broken.setattr(world.store, "write", write)
        brake.refuse(1.0)
    other.refuse(1.0)
    # When it can write again, Then the pace is what both got through together
    brake.wait()
    assert world.store.read([BRAKE])[BRAKE].facts["rate"] == 10
