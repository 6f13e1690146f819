"""When a message comes back, and how long an outage it survives with the template's own defaults."""

import random
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokstamp_sync.backoff import LONGEST_RETRY_AFTER, ceiling, full_jitter, retry_after, visibility
from tests.template.cloudformation import default, of_type

OUTAGE_MINUTES = 38
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("receives", "longest"), [(1, 10), (2, 20), (3, 40), (6, 320), (7, 640), (8, 900), (20, 900), (100_000, 900)]
)
def test_the_ceiling_doubles_up_to_the_cap(receives: int, longest: float) -> None:
    assert ceiling(receives, 10, 900) == longest


@given(st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_jitter_is_full_between_nothing_and_the_ceiling(longest: float, drawn: float) -> None:
    assert 0 <= full_jitter(longest, lambda: drawn) <= longest


def test_jitter_reaches_both_ends() -> None:
    assert full_jitter(10, lambda: 0.0) == 0
    assert full_jitter(10, lambda: 0.999) == pytest.approx(9.99)


@pytest.mark.parametrize(
    ("wait", "seconds"), [(0, 0), (-5, 0), (0.001, 1), (1, 1), (1.2, 2), (900, 900), (1e9, int(LONGEST_RETRY_AFTER))]
)
def test_visibility_is_whole_seconds_rounded_up_and_bounded(wait: float, seconds: int) -> None:
    assert visibility(wait) == seconds
    assert isinstance(visibility(wait), int)


def test_the_longest_visibility_is_one_that_sqs_takes() -> None:
    assert LONGEST_RETRY_AFTER <= 12 * 3600


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


NAMES = ("RetryBaseSeconds", "RetryCapSeconds", "MaximumReceives", "PatienceSeconds")
DEFAULTS = {name: default(name) for name in NAMES}


def waits(draw: random.Random) -> list[float]:
    """What a message that fails at once each time waits, with the template's defaults, until the last receive."""
    base, cap = float(DEFAULTS["RetryBaseSeconds"]), float(DEFAULTS["RetryCapSeconds"])
    receives = range(1, int(DEFAULTS["MaximumReceives"]))
    return [visibility(full_jitter(ceiling(receive, base, cap), draw.random)) for receive in receives]


def test_the_defaults_of_the_template_outlast_an_outage() -> None:
    # Given messages that fail at every receive, with seeded randomness
    draw = random.Random(20261120)
    # When the time is taken until each would be dead-lettered
    minutes = [sum(waits(draw)) / 60 for _ in range(10_000)]
    # Then every one of ten thousand messages lives longer than the outage, by far, and the average one for four hours
    assert min(minutes) >= 2.5 * 60 > OUTAGE_MINUTES
    assert sum(minutes) / len(minutes) >= 4 * 60


def test_the_queues_keep_a_message_longer_than_all_its_retries_may_take() -> None:
    # Given the template's ten queues that are worked off
    queues = {name: each for name, each in of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in each}
    # When every receive is followed by the longest wait that a Retry-After may ask for
    longest = DEFAULTS["MaximumReceives"] * LONGEST_RETRY_AFTER
    # Then retention does not lose a message before it is dead-lettered
    assert len(queues) == 10
    assert min(each["MessageRetentionPeriod"] for each in queues.values()) >= longest


def test_the_patience_ends_before_the_receives_do() -> None:
    # Given a record whose parent never comes; its message waits by the same back-off
    draw = random.Random(7)
    patience = float(DEFAULTS["PatienceSeconds"])
    # When the waits are drawn, Then most messages use their patience up and none is dead-lettered for it
    lives = [sum(waits(draw)) for _ in range(2000)]
    assert sum(life >= patience for life in lives) / len(lives) > 0.95
