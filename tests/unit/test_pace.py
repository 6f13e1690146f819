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


def test_a_refusal_lowers_the_pace_a_little_and_another_one_soon_after_lowers_it_more() -> None:
    # Given a pace of ten calls a second that DokStamp refused once
    found = Pace(rate=10, since=NOON).lower(NOON + 20, 1)
    before = found.at(NOON + 21)
    # When it refuses again, long after or soon
    late, soon = found.lower(NOON + 60, 1), found.lower(NOON + 22, 1)
    # Then the pace falls by a twentieth, or by a tenth
    assert late.at(NOON + 61) == pytest.approx(found.at(NOON + 60) * 0.95)
    assert soon.at(NOON + 23) == pytest.approx(found.at(NOON + 22) * 0.9)
    assert before > soon.at(NOON + 23)


@pytest.mark.parametrize(("rate", "calls"), [(1, 100), (10, 200), (100, 2000)])
def test_a_found_pace_rises_so_slowly_that_a_refusal_stands_against_many_calls(rate: float, calls: float) -> None:
    # Given a pace that was just lowered
    pace = Pace(rate=rate, since=NOON, found=True)
    # When so many calls were sent, Then it is higher by a twentieth, not more
    assert pace.at(NOON + calls / rate) == pytest.approx(rate * 1.05, rel=0.01)


def test_a_limit_that_is_not_met_any_more_is_forgotten_within_an_hour() -> None:
    pace = Pace(rate=10, since=NOON, found=True)
    assert pace.at(NOON + 180) < 16
    assert pace.at(NOON + 3600) == NO_LIMIT


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


def test_after_an_outage_the_calls_begin_with_one_and_double() -> None:
    pace = Pace().stop(NOON)
    up = pace.up_since
    assert [pace.at(up + seconds) for seconds in (0, 1, 3)] == [1, 2, 8]
    assert pace.at(up + 60) == NO_LIMIT


def test_a_limit_is_remembered_over_an_outage() -> None:
    pace = Pace(rate=10, since=NOON, fixed=True).stop(NOON)
    assert pace.at(pace.up_since + 60) == 10


def test_a_pace_is_what_its_row_says() -> None:
    pace = Pace(rate=10, since=NOON, found=True).stop(NOON)
    assert Pace.read(pace.facts) == pace
    assert replace(pace, rate=11).facts != pace.facts
