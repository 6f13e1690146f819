"""How many calls a second all workers may send together, found out from what DokStamp refuses."""

from dataclasses import replace

import pytest

from dokstamp_sync.delivery.pace import NO_LIMIT, Pace

NOON = 1_800_000_000.0


def test_while_nothing_was_refused_there_is_no_limit() -> None:
    assert Pace().at(NOON) == NO_LIMIT


def test_what_all_workers_got_through_together_is_taken_for_the_limit() -> None:
    # Given two workers that got 6 and 4 calls through within the last second
    pace = Pace().join(NOON, 6, 1).join(NOON + 0.1, 4, 1)
    # Then together they send a little less than ten a second, when the pause is over
    assert 9 < pace.at(NOON + 1.1) < 10
    assert pace.free_at == NOON + 1.1


def test_a_worker_that_got_next_to_nothing_through_is_not_taken_for_a_limit() -> None:
    # Given a refusal of a worker's first call, When it begins again, Then it sends nearly two calls a second
    assert Pace().join(NOON, 0, 1).at(NOON + 1) == pytest.approx(2, abs=0.2)


def test_a_refusal_lowers_the_pace_a_little_and_each_one_soon_after_twice_as_much() -> None:
    # Given a pace that DokStamp goes on refusing as soon as the pause is over
    pace, now, falls = Pace(rate=100, since=NOON - 60, found=True, answered=True), NOON, []
    for _ in range(6):
        before = pace.at(now)
        pace = pace.lower(now, 1)
        now += 1.1
        falls.append(round(1 - pace.at(pace.since) / before, 2))
    # Then it falls by more each time, at most by half
    assert falls == [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]
    # And when it is refused long after a call was answered, by a little again
    pace, _, _ = pace.take(NOON + 30, 1, answered=True)
    assert pace.lower(NOON + 60, 1).at(NOON + 61) == pytest.approx(pace.at(NOON + 60) * 0.95)
    # And until then it has come back from a deep fall
    assert pace.at(pace.since) == pytest.approx(pace.rate / 2)
    assert pace.at(pace.since + 60) > pace.rate


@pytest.mark.parametrize(("rate", "seconds"), [(1, 100), (10, 60), (100, 60)])
def test_a_pace_that_was_refused_is_approached_slowly_and_left_behind_faster(rate: float, seconds: float) -> None:
    # Given a pace that DokStamp has just refused, and that fell
    pace = Pace(rate=rate, since=NOON, found=True)
    # When time passes without a refusal, Then it comes back to what was refused, stays near it, and rises beyond
    shares = [pace.at(NOON + part * seconds) / rate for part in (0, 0.5, 1, 1.5, 2, 4)]
    assert shares == pytest.approx([0.95, 0.994, 1, 1.006, 1.05, 1.35], abs=0.001)


def test_after_a_chance_refusal_the_pace_is_high_again_within_minutes() -> None:
    # Given a worker that sent next to nothing, and was refused
    pace = Pace().join(NOON, 0, 1)
    # When nobody is refused any more, Then the pace doubles, once it has held for half a minute
    assert pace.at(NOON + 31) == pytest.approx(2, abs=0.03)
    assert pace.at(NOON + 41) == pytest.approx(4)
    assert pace.at(NOON + 150) == NO_LIMIT


def test_a_dokstamp_that_refuses_every_call_is_left_alone_for_longer_each_time_as_in_any_outage() -> None:
    # Given a DokStamp that refuses every call, a second after each pause
    pace, now, pauses = Pace(rate=50, since=NOON - 60, found=True, answered=True), NOON, []
    for _ in range(16):
        pace = pace.lower(now, 1)
        pauses.append(round(pace.free_at - now))
        now = pace.free_at + 1
    # Then the pace falls to the slowest, and then the pauses become long
    assert pauses == [1] * 11 + [5, 10, 20, 40, 80]
    # And when DokStamp takes calls again, the pace is high again within two minutes
    assert pace.at(pace.free_at + 120) > 50


def test_a_limit_that_is_not_met_any_more_is_forgotten_within_half_a_day() -> None:
    pace = Pace(rate=10, since=NOON, found=True)
    assert pace.at(NOON + 300) < 30
    assert pace.at(NOON + 12 * 3600) == NO_LIMIT


def test_permits_are_spread_over_time_and_given_once() -> None:
    # Given a pace of ten calls a second
    pace = Pace(rate=10, since=NOON, fixed=True)
    # When two workers take five permits each
    after, first, between = pace.take(NOON, 5)
    _, second, _ = after.take(NOON, 5)
    # Then the second one's begin where the first one's end
    assert first == NOON
    assert between == pytest.approx(0.1)
    assert second == pytest.approx(NOON + 0.5)


def test_a_pace_that_somebody_set_stays() -> None:
    # Given a pace that somebody set
    pace = Pace(rate=10, since=0, fixed=True)
    # When DokStamp refuses calls, Then all wait as long as it asks, and go on at that pace
    for refused in (pace.lower(NOON, 3), pace.join(NOON, 5, 3)):
        assert refused.at(NOON + 3) == 10
        assert refused.free_at == NOON + 3


def test_permits_from_before_a_refusal_are_void() -> None:
    pace = Pace(rate=10, since=NOON)
    assert pace.lower(NOON + 5, 1).law != pace.law
    assert pace.join(NOON + 5, 3, 1).law != pace.law
    assert pace.stop(NOON + 5).law != pace.law


def test_nobody_calls_a_dokstamp_that_fails_for_longer_each_time() -> None:
    # Given a DokStamp that fails again whenever it is asked again
    pace, now, pauses = Pace(), NOON, []
    for _ in range(8):
        pace = pace.stop(now)
        pauses.append(pace.free_at - now)
        now = pace.free_at + 1
    # Then the pauses double up to two minutes
    assert pauses == [5, 10, 20, 40, 80, 120, 120, 120]
    # And when it fails long after, they begin anew
    assert pace.stop(now + 3600).outage_pause == 5


def test_no_pause_is_longer_than_the_longest_back_off() -> None:
    # Given times that are short, as on the local stack
    pace, now, pauses = Pace(), NOON, []
    for _ in range(4):
        # When DokStamp fails again and again
        pace = pace.stop(now, longest=8)
        pauses.append(pace.free_at - now)
        now = pace.free_at + 1
    # Then the pauses are short, too
    assert pauses == [5, 8, 8, 8]
    assert Pace().stop(NOON, longest=1).outage_pause == 1


def test_after_an_outage_the_calls_begin_with_one_and_double() -> None:
    pace = Pace().stop(NOON)
    up = pace.up_since
    assert [pace.at(up + seconds) for seconds in (0, 1, 3)] == [1, 2, 8]
    assert pace.at(up + 60) == NO_LIMIT


def test_a_limit_is_remembered_over_an_outage() -> None:
    pace = Pace(rate=10, since=NOON, fixed=True).stop(NOON)
    assert pace.at(pace.up_since + 60) == 10


def test_a_pace_is_what_its_row_says() -> None:
    pace = Pace(rate=10, since=NOON).stop(NOON)
    assert Pace.read(pace.facts) == pace
    assert replace(pace, rate=11).facts != pace.facts
