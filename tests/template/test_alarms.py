"""Somebody is told: of a set-up that is wrong, and of messages that nobody could deliver."""

import pytest

from dokstamp_sync.order import Step
from tests.template.cloudformation import of_type

ALARMS = of_type("AWS::CloudWatch::Alarm")


def test_an_alarm_says_that_the_set_up_is_wrong() -> None:
    assert [name for name, alarm in ALARMS.items() if "'Misconfigured'" in str(alarm)]


@pytest.mark.parametrize("queue", [*(f"{step.logical_id}DeadLetterQueue" for step in Step), "InboxDeadLetterQueue"])
def test_an_alarm_says_that_messages_wait_in_the_dead_letters(queue: str) -> None:
    watching = [name for name, alarm in ALARMS.items() if f"'{queue}'" in str(alarm) or f"{{{queue}." in str(alarm)]
    assert [name for name in watching if "ApproximateNumberOfMessagesVisible" in str(ALARMS[name])]


def test_there_is_a_dashboard() -> None:
    assert len(of_type("AWS::CloudWatch::Dashboard")) == 1
