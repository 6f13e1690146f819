"""When a message comes back; how long it lives with the template's defaults is in test_life.py."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokstamp_sync.backoff import (
    LONGEST_HIDDEN,
    LONGEST_RETRY_AFTER,
    ceiling,
    equal_jitter,
    longest_patience,
    look_again,
    retry_after,
    visibility,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("receives", "longest"), [(1, 10), (2, 20), (3, 40), (6, 320), (7, 640), (8, 900), (20, 900), (100_000, 900)]
)
def test_the_ceiling_doubles_up_to_the_cap(receives: int, longest: float) -> None:
    assert ceiling(receives, 10, 900) == longest


@given(st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_jitter_is_between_half_of_the_ceiling_and_all_of_it(longest: float, drawn: float) -> None:
    assert longest / 2 <= equal_jitter(longest, drawn) <= longest


def test_jitter_reaches_both_ends() -> None:
    assert equal_jitter(10, 0.0) == 5
    assert equal_jitter(10, 0.999) == pytest.approx(9.995)


@pytest.mark.parametrize(
    ("waited", "longest"), [(0, 10), (60, 10), (66, 11), (600, 100), (5400, 900), (7200, 900), (1e9, 900)]
)
def test_what_waits_is_looked_at_again_after_a_sixth_of_its_wait(waited: float, longest: float) -> None:
    assert look_again(waited, 10, 900) == pytest.approx(longest)


def test_what_waits_is_looked_at_once_a_second_at_most() -> None:
    assert look_again(0, 0, 900) == look_again(0, 0.2, 900) == look_again(100, 0.2, 0.5) == 1


def test_the_longest_patience_is_the_sum_of_the_longest_waits_between_all_receives() -> None:
    assert [longest_patience(receives, 10, 900) for receives in (1, 2, 8, 9)] == [0, 10, 70, 82]


@pytest.mark.parametrize(
    ("wait", "seconds"), [(0, 0), (-5, 0), (0.001, 1), (1, 1), (1.2, 2), (900, 900), (1e9, int(LONGEST_HIDDEN))]
)
def test_visibility_is_whole_seconds_rounded_up_and_bounded(wait: float, seconds: int) -> None:
    assert visibility(wait) == seconds
    assert isinstance(visibility(wait), int)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("999999999999999999999999", LONGEST_RETRY_AFTER),
        ("9" * 5000, LONGEST_RETRY_AFTER),
        ("01 Jan 0001 00:00:00 +2359", 0),
        ("31 Dec 9999 23:59:59 -2359", LONGEST_RETRY_AFTER),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 09:01:30 -0300", 90),
        ("Fri, 20 Nov 2026 12:01:30", 90),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 20 Nov 2099 12:00:00 GMT", LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", "soon", "-5", "1.5", "+3", "1e3", "٣", "²", "0x10", "12 s", "Fri, 32 Nov 2026 12:00:00 GMT"),
        *("2026-11-20T12:00:00Z", "Fri, 20 Nov 99999 12:00:00 GMT", "1 Jan 99999999999999999999 00:00:00 GMT"),
        *("Fri, 20 Nov 2026 12:00:00 +99999999999", ",,,", "Mon", "\x00", "Fri, 20 Nov 2026 99:99:99 GMT"),
        *(",", "-" * 99, "1e9", "Mon, 99 Foo 99999 99:99:99 +9999"),
    ],
)
def test_a_retry_after_that_is_rubbish_counts_as_none(header: str) -> None:
    assert retry_after(header, NOW) is None


@given(st.text(max_size=60) | st.from_regex(r"(\w{3}, )?\d{1,25} (Jan|Feb) \d{1,25} \d+:\d+(:\d+)? ([+-]\d+|GMT)"))
def test_no_retry_after_ever_breaks_anything(header: str) -> None:
    found = retry_after(header, NOW)
    assert found is None or 0 <= found <= LONGEST_RETRY_AFTER


@given(st.integers(0, int(LONGEST_RETRY_AFTER)))
def test_a_date_is_as_far_away_as_it_says(seconds: int) -> None:
    date = format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)
    assert retry_after(date, NOW) == seconds
