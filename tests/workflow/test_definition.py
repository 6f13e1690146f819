"""What neither lint nor creation sees in the state machine: wrong targets, misspelt keys, waits without an end."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dokstamp_sync.mapping.run_notes import expiring
from dokstamp_sync.order import Step
from dokstamp_sync.results import REPORTED
from tests.workflow.world import DEFINITION, definition

State = dict[str, Any]

WAIT = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
COMMON = {"Comment", "Type"}
KEYS = {
    "Choice": COMMON | {"Choices", "Default"},
    "Fail": COMMON | {"Error", "Cause"},
    "Task": COMMON
    | {"Resource", "TimeoutSeconds", "Parameters", "ResultPath", "OutputPath", "Retry", "Catch", "Next", "End"},
}
RETRY_KEYS = {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds", "JitterStrategy"}
CATCH_KEYS = {"ErrorEquals", "ResultPath", "Next"}
STATES: dict[str, State] = definition()["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
WAITS = {name: state for name, state in TASKS.items() if state["Resource"].endswith(".waitForTaskToken")}


def targets(state: State) -> Iterator[str]:
    """Every state that may come next."""
    for key in ("Next", "Default"):
        if key in state:
            yield state[key]
    for each in (*state.get("Choices", []), *state.get("Catch", [])):
        yield each["Next"]


def test_the_machine_knows_only_keys_that_asl_knows() -> None:
    assert set(definition()) == {"Comment", "StartAt", "States"}


@pytest.mark.parametrize("name", STATES)
def test_a_state_has_only_keys_that_asl_knows(name: str) -> None:
    state = STATES[name]
    assert set(state) <= KEYS[state["Type"]]
    for retry in state.get("Retry", []):
        assert set(retry) <= RETRY_KEYS
    for catch in state.get("Catch", []):
        assert set(catch) == CATCH_KEYS
    for choice in state.get("Choices", []):
        assert set(choice) == {"Variable", "IsPresent", "Next"}


@pytest.mark.parametrize("name", STATES)
def test_whatever_comes_next_exists_and_every_state_but_the_ends_goes_on(name: str) -> None:
    state = STATES[name]
    following = list(targets(state))
    assert set(following) <= set(STATES)
    ends = state["Type"] == "Fail" or state.get("End") is True
    assert ends == (not following)


def test_every_state_can_be_reached() -> None:
    reached: set[str] = set()
    todo = [definition()["StartAt"]]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += targets(STATES[name])
    assert reached == set(STATES)


def test_there_is_one_wait_for_each_step_in_order() -> None:
    assert list(WAITS) == [step.value for step in Step]


def test_the_first_section_that_still_holds_records_goes_next_in_the_order_of_the_steps() -> None:
    wanted = [{"Variable": f"$.{step.section}.todo", "IsPresent": True, "Next": step.value} for step in Step]
    assert STATES["next"]["Choices"] == wanted
    assert STATES["next"]["Default"] == "result"


@pytest.mark.parametrize("name", TASKS)
def test_every_task_ends_in_time_by_a_literal_number(name: str) -> None:
    assert isinstance(TASKS[name]["TimeoutSeconds"], int)
    assert TASKS[name]["TimeoutSeconds"] > 0


@pytest.mark.parametrize("step", list(Step))
def test_a_step_s_state_sends_its_section_to_its_queue_and_takes_the_answer_in_its_place(step: Step) -> None:
    state = STATES[step.value]
    assert state["Resource"] == WAIT
    assert state["Parameters"] == {
        "QueueUrl": f"${{{step.logical_id}QueueUrl}}",
        "MessageBody": {
            "run.$": "$.run",
            "step": step.value,
            "occurred_at.$": "$.occurred_at",
            "options.$": "$.options",
            "records.$": f"$.{step.section}.todo",
            "task_token.$": "$$.Task.Token",
        },
    }
    assert state["ResultPath"] == f"$.{step.section}"
    assert state["Next"] == "next"


@pytest.mark.parametrize("step", list(Step))
def test_what_kept_a_message_from_being_sent_is_tried_again_and_any_failure_is_reported(step: Step) -> None:
    # Given a step's state
    state = STATES[step.value]
    # Then whatever keeps SQS from taking its message is tried again for minutes, but not what a person has given up
    assert [retry["ErrorEquals"] for retry in state["Retry"]] == [["GivenUp"], ["States.TaskFailed"]]
    assert [retry["MaxAttempts"] for retry in state["Retry"]] == [0, 8]
    # And a timeout is no reason to send it again: it may still be in the queue with its token
    assert not {"States.ALL", "States.Timeout"} & {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
    # And whatever fails is told, with what is known so far
    assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "result_of_failure"}]


@pytest.mark.parametrize("name", ["result", "result_of_failure"])
def test_the_result_is_reported_with_the_whole_state_and_patiently(name: str) -> None:
    state = STATES[name]
    assert state["Resource"] == "arn:aws:states:::lambda:invoke"
    assert state["Parameters"] == {"FunctionName": "${ResultsFunctionArn}", "Payload.$": "$"}
    assert state["OutputPath"] == "$.Payload"
    (retry,) = state["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"]
    # And an outage of three days, or a weekend in which nobody mends a variable, is survived
    longest = [min(retry["IntervalSeconds"] * 2.0**n, retry["MaxDelaySeconds"]) for n in range(retry["MaxAttempts"])]
    assert (retry["BackoffRate"], retry["JitterStrategy"]) == (2, "FULL")
    # Each wait is anywhere between 0 and its longest: six deviations below the mean of their sum.
    assert sum(longest) / 2 - 6 * math.sqrt(sum(each**2 / 12 for each in longest)) > 72 * 3600
    # And the result is there soon after that, and the history has room for all tries: each is three events of 25,000
    assert retry["MaxDelaySeconds"] <= 900
    assert 3 * retry["MaxAttempts"] < 5000


def test_a_run_that_failed_ends_as_failed() -> None:
    assert STATES["result_of_failure"]["Next"] == "failed"
    assert STATES["failed"]["Type"] == "Fail"
    assert STATES["failed"]["Error"] == REPORTED


def test_every_placeholder_is_one_that_the_template_fills_in() -> None:
    found = set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text(encoding="utf-8")))
    assert found == {f"{step.logical_id}QueueUrl" for step in Step} | {"ResultsFunctionArn"}


def test_what_a_run_refused_is_known_for_as_long_as_the_run_can_last() -> None:
    # Given a run that waits for every step as long as it may
    longest = sum(state["TimeoutSeconds"] for state in WAITS.values())
    # When its first step notes what it refused, Then the note outlives the run by a day
    assert expiring(lambda: 1_800_000_000.0) == 1_800_000_000 + longest + 86_400
