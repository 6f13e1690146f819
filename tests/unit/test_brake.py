"""All workers together send no more calls than DokStamp takes, though none of them knows the others."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dokstamp_sync.delivery.brake import LONGEST_BEGUN_SECONDS, Brake
from dokstamp_sync.delivery.permits import LastSecond
from dokstamp_sync.delivery.shared_pace import BRAKE
from dokstamp_sync.errors import OutOfTime, Throttled
from dokstamp_sync.mapping.row import Row
from tests.support.memory import MemoryStore, Noted
from tests.support.pipeline import Clock


class World:
    """Workers that share a mapping and a clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = Noted(MemoryStore())

    def brake(self, limit: float = 0.0) -> Brake:
        """A worker's, as it begins a message."""
        brake = Brake(self.store, self.clock, self.clock.sleep, lambda: 0.5, limit)
        brake.learn(self.store.read([BRAKE]))
        return brake

    def limited(self, served: int = 10) -> Brake:
        """A worker's that got so many calls through within a second, and was then refused."""
        brake = self.brake()
        call(brake, times=served)
        brake.wait()
        brake.refuse(1.0)
        return brake


@pytest.fixture
def world() -> World:
    return World()


def call(*brakes: Brake, times: int = 1) -> None:
    """Calls in turn, which DokStamp answers at once."""
    for _ in range(times):
        for brake in brakes:
            brake.wait()
            brake.serve()


def seconds_for(world: World, calls: Callable[[], object]) -> float:
    before = world.clock()
    calls()
    return world.clock() - before


def test_while_there_is_no_limit_nothing_is_waited_for_or_written(world: World) -> None:
    # Given a worker that nobody has refused
    brake = world.brake()
    # When it makes a thousand calls, Then it neither waits nor writes
    assert seconds_for(world, lambda: call(brake, times=1000)) == 0
    assert world.store.written == []


def test_a_worker_that_was_refused_waits_as_long_as_dokstamp_asked(world: World) -> None:
    brake = world.limited()
    assert seconds_for(world, brake.wait) == pytest.approx(1, abs=0.05)


def test_what_one_worker_has_found_out_all_others_keep_to(world: World) -> None:
    # Given a worker that got ten calls through within a second, and then was refused
    world.limited()
    # When two others take messages, Then the three seconds after the pause see no more than ten calls each
    others = [world.brake(), world.brake()]
    world.clock.sleep(1)
    assert seconds_for(world, lambda: call(*others, times=14)) >= 2.7


def test_a_call_costs_less_than_a_write_when_there_are_many(world: World) -> None:
    # Given a limit of a hundred calls a second
    brake = world.limited(100)
    world.clock.sleep(1)
    call(brake)
    world.store.written.clear()
    # When a worker makes a thousand calls alone
    call(brake, times=1000)
    # Then it has written less than once for ten of them
    assert len(world.store.written) < 100


def test_a_fixed_pace_holds_before_anybody_was_refused(world: World) -> None:
    brake = world.brake(limit=5)
    call(brake)
    assert seconds_for(world, lambda: call(brake, times=50)) == pytest.approx(10, abs=0.5)


def test_another_setting_replaces_the_pace_that_was_set_before(world: World) -> None:
    # Given a pace that was set, and then not any more
    call(world.brake(limit=1))
    # When a worker starts without it, Then it does not wait
    brake = world.brake()
    world.clock.sleep(1)
    assert seconds_for(world, lambda: call(brake, times=10)) == 0


def test_a_record_is_not_begun_if_its_call_would_have_to_wait_long(world: World) -> None:
    # Given a DokStamp that wants no call for a minute
    brake = world.brake()
    brake.wait()
    brake.refuse(60)
    # When a record is to be begun, Then it is not, and its message knows for how long
    with pytest.raises(Throttled) as held_back:
        world.brake().hold(begun=False)
    assert held_back.value.after == 60


def test_a_record_that_is_begun_waits_a_little_longer(world: World) -> None:
    brake = world.brake()
    brake.wait()
    brake.refuse(LONGEST_BEGUN_SECONDS - 1)
    with pytest.raises(Throttled):
        brake.hold(begun=False)
    assert seconds_for(world, brake.wait) == pytest.approx(LONGEST_BEGUN_SECONDS - 1, abs=0.5)


def test_nobody_waits_for_a_record_that_the_workers_time_does_not_allow(world: World) -> None:
    # Given a limit, and a worker whose time is nearly up
    brake = world.limited()
    brake.begin_before = world.clock() + 0.5
    # When it waits to begin a record, Then it gives up
    with pytest.raises(OutOfTime):
        brake.hold(begun=False)


def test_a_permit_that_was_taken_long_ago_does_not_outlive_a_refusal(world: World) -> None:
    # Given a worker that has permits for calls in some seconds, and another one that is refused meanwhile
    slow, other = world.brake(limit=0.3), world.brake(limit=0.3)
    call(slow)
    # When DokStamp asks the other one for a pause
    other.wait()
    other.refuse(4)
    pause_ends = world.clock() + 4
    # Then the first one's next call comes after it
    slow.wait()
    assert world.clock() >= pause_ends


def test_a_call_whose_lease_was_checked_does_not_wait_any_more(world: World) -> None:
    # Given a worker that holds a permit, and takes long to renew its lease
    brake = world.limited()
    brake.hold(begun=True)
    world.clock.sleep(30)
    # When it sends its call, though nobody is to begin one for a while, Then it does so at once
    other = world.brake()
    other.wait()
    other.refuse(3.0)
    brake.learn(world.store.read([BRAKE]))
    assert seconds_for(world, brake.wait) == 0


def test_when_the_row_is_gone_there_is_no_limit_until_it_is_met_again(world: World) -> None:
    # Given a worker that knows a limit, and somebody who deletes the row
    brake = world.limited()
    call(brake, times=20)
    brake.learn({})
    # When it goes on, Then nothing is waited for or written
    world.store.written.clear()
    assert seconds_for(world, lambda: call(brake, times=100)) == 0
    assert world.store.written == []
    # And when it is refused again, it finds the limit again
    brake.wait()
    brake.refuse(1.0)
    assert seconds_for(world, lambda: call(brake, times=20)) > 0.1


def test_a_fixed_pace_costs_no_write_when_dokstamp_answers(world: World) -> None:
    # Given a pace that somebody set, of which permits are taken
    brake = world.brake(limit=10)
    call(brake, times=50)
    taken = len(world.store.written)
    # When DokStamp answers, Then that is not written down
    for _ in range(50):
        brake.serve()
    assert len(world.store.written) == taken


@pytest.mark.parametrize("facts", [{"rate": "many"}, {"rate": 10, "of_a_later_version": 1}, {"free_at": None}])
def test_a_row_that_cannot_be_read_stops_nobody(world: World, facts: dict[str, object]) -> None:
    # Given a row that somebody changed, or another version wrote
    brake = world.brake()
    brake.learn({BRAKE: Row(BRAKE, "1", facts=facts)})
    # When calls are sent, Then they are
    call(brake, times=10)
    assert brake.calls == 10


def test_what_is_counted_by_many_threads_is_counted_right() -> None:
    # Given a counter
    counted = LastSecond(lambda: 0.0)

    def count(_: int) -> int:
        counted.add()
        return counted.count()

    # When eight threads count with it, and ask it
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(2000)))
    # Then nothing is lost
    assert counted.count() == 2000
