"""How long a message lives, and what comes after an outage: computed from the template's own numbers."""

import itertools
import json
from functools import cache
from random import Random

import pytest

from dokstamp_sync.backoff import (
    KEPT_SECONDS,
    LONGEST_HIDDEN,
    LONGEST_RETRY_AFTER,
    ceiling,
    equal_jitter,
    longest_patience,
    look_again,
    visibility,
)
from tests.template.cloudformation import ROOT, default, of_type, raw

HOUR, DAY = 3600.0, 86_400.0
OUTAGE = 3 * DAY
RECEIVES = int(default("MaximumReceives"))
BASE, CAP = float(default("RetryBaseSeconds")), float(default("RetryCapSeconds"))
PATIENCE = float(default("PatienceSeconds"))
QUEUES = {name: each for name, each in of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in each}
LONGEST_WAIT = max(CAP, LONGEST_RETRY_AFTER, float(default("LeaseSeconds")))
UNLUCKIEST = 1 / 10_000
# Seconds to which waits are rounded down or up where their distribution is computed: half the cap is a multiple.
GRAIN = 15


@cache
def lives(receives: int, *, up: bool = False) -> list[float]:
    """The distribution of a life: for each multiple of GRAIN, how likely it is that a message lives just so long.

    Every wait between two receives is rounded down, or up: so a message lives longer than this in truth, or shorter.
    """
    told = [1.0]
    for receive in range(1, receives):
        longest = ceiling(receive, BASE, CAP)
        first = int((longest / 2 + (GRAIN if up else 0)) // GRAIN)
        last = max(first, int(longest // GRAIN) - (0 if up else 1))
        told = _spread(told, first, last)
    return told


def _spread(told: list[float], first: int, last: int) -> list[float]:
    """The distribution after one more wait, which is any of ``first`` to ``last`` grains, all equally likely."""
    choices = last - first + 1
    below = [0.0, *itertools.accumulate(told)]
    before = [*([0.0] * choices), *below]
    after = [*below, *([below[-1]] * choices)]
    sums = [high - low for high, low in zip(after[1:], before[1:], strict=True)]
    return [0.0] * first + [each / choices for each in sums[: len(told) + choices - 1]]


def shortest(receives: int, share: float) -> float:
    """How many seconds at least all messages live but the unluckiest, which are this share of all."""
    sums = itertools.accumulate(lives(receives))
    return GRAIN * next(place for place, likely in enumerate(sums) if likely >= share)


def test_the_distribution_is_one() -> None:
    # Given the computed lives, and some that are drawn with the code's own functions
    draw = Random(20261120)
    drawn = [
        sum(visibility(equal_jitter(ceiling(receive, BASE, CAP), draw.random())) for receive in range(1, RECEIVES))
        for _ in range(200)
    ]
    # Then the computed ones add up to 1, and their averages, rounded down and up, enclose the average that was drawn
    for up in (False, True):
        assert sum(lives(RECEIVES, up=up)) == pytest.approx(1)
    low, high = (GRAIN * sum(place * each for place, each in enumerate(lives(RECEIVES, up=up))) for up in (False, True))
    assert low < sum(drawn) / len(drawn) < high
    assert high - low < 0.03 * low


def test_of_ten_thousand_messages_the_first_that_dies_has_outlived_three_days_by_far() -> None:
    assert shortest(RECEIVES, UNLUCKIEST) >= OUTAGE + 10 * HOUR
    # And none of all that a school will ever send dies within them
    assert sum(lives(RECEIVES)[: int(OUTAGE / GRAIN)]) < 1e-40


def test_a_message_that_has_used_its_whole_patience_outlives_three_days_after_that() -> None:
    # Given ten thousand messages that wait in vain
    draw = Random(20261120)
    looks: list[int] = []
    for _ in range(10_000):
        waited, receives = 0.0, 1
        while waited < PATIENCE:
            waited += visibility(equal_jitter(look_again(waited, BASE, CAP), draw.random()))
            receives += 1
        looks.append(receives)
    # When an outage begins just before the end of the one that was looked at most often
    left = RECEIVES - max(looks)
    # Then its receives outlast that, too
    assert max(looks) < 60
    assert shortest(left, UNLUCKIEST) >= OUTAGE


def test_the_patience_ends_before_the_receives_do() -> None:
    assert longest_patience(RECEIVES, BASE, CAP) > 10 * PATIENCE


def test_after_its_end_an_outage_keeps_no_message_for_more_than_twenty_minutes() -> None:
    # Given a message that was just told to wait, when others may still wait as long as DokStamp asked for
    longest = max(equal_jitter(CAP, drawn) for drawn in (0.0, 0.999_999))
    # Then it comes back within a quarter of an hour, and that is after all pauses, or it has to come once more
    assert longest <= 15 * 60
    assert LONGEST_RETRY_AFTER + longest <= 19 * 60
    # And what DokStamp asks for takes nothing from the jitter: else all would come back together
    assert equal_jitter(CAP, 0) >= LONGEST_RETRY_AFTER


def test_there_is_no_stampede_when_an_outage_ends() -> None:
    # Given ten thousand messages that were first tried in the first minute of an outage
    draw = Random(7)
    minutes = [0] * 20
    for _ in range(10_000):
        comes, receive = draw.uniform(0, 60), 1
        while comes < DAY:
            comes += visibility(equal_jitter(ceiling(receive, BASE, CAP), draw.random()))
            receive += 1
        minutes[int(comes - DAY) // 60] += 1
    # When it ends a day later, Then all come within a quarter of an hour, and none of its minutes has to bear more
    # than a seventh of them
    assert sum(minutes[:15]) == 10_000
    assert max(minutes) < 10_000 / 7


def test_a_message_is_a_dead_letter_long_before_its_queue_loses_it_and_its_run_gives_up() -> None:
    # Given what queues, dead letters and runs keep
    machine = json.loads((ROOT / "statemachine" / "sync.asl.json").read_text(encoding="utf-8"))
    waits = {state["TimeoutSeconds"] for name, state in machine["States"].items() if "waitForTaskToken" in str(state)}
    dead = {name: each for name, each in of_type("AWS::SQS::Queue").items() if name.endswith("DeadLetterQueue")}
    assert len(QUEUES) == 10
    assert {each["MessageRetentionPeriod"] for each in (*QUEUES.values(), *dead.values())} == waits == {KEPT_SECONDS}
    # When every receive is followed by the longest wait there is
    longest = RECEIVES * LONGEST_WAIT
    # Then a week is left for a redrive: time in dead letters counts from when the message was sent, as a run's does
    assert longest <= KEPT_SECONDS - 7 * DAY
    assert len(lives(RECEIVES, up=True)) * GRAIN <= KEPT_SECONDS - 7 * DAY


def test_no_message_is_hidden_for_longer_than_sqs_can() -> None:
    assert LONGEST_WAIT <= LONGEST_HIDDEN
    assert max(each["VisibilityTimeout"] for each in QUEUES.values()) <= LONGEST_WAIT


def test_what_kills_its_function_is_a_dead_letter_within_four_days_and_lives_for_three() -> None:
    # Given a message that nobody can hide, because its function dies, or because the intake itself fails
    for queue in QUEUES.values():
        life = RECEIVES * queue["VisibilityTimeout"]
        # Then the queue's own visibility counts
        assert OUTAGE < life < 4 * DAY
        assert queue["RedrivePolicy"]["maxReceiveCount"] == {"Ref": "MaximumReceives"}


def test_an_alarm_rings_long_before_anything_is_dead_but_not_for_what_only_waits() -> None:
    assert PATIENCE < default("OldestMessageSeconds") < shortest(RECEIVES, UNLUCKIEST) / 10


def test_the_template_refuses_more_receives_than_sqs_counts() -> None:
    assert raw()["Parameters"]["MaximumReceives"]["MaxValue"] == 1000
