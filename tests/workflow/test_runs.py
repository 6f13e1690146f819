"""A run takes its message's sections through the steps in order, and ends in a result."""

import json
from collections.abc import Callable

import pytest

from dokstamp_sync.order import Step
from tests.worker import clients
from tests.workflow.world import Runs

A, B = {"sis_id": "a"}, {"sis_id": "b"}


def test_a_step_s_message_has_just_the_shape_that_the_design_gives_it(runs: Runs) -> None:
    # When a run comes to a step
    runs.start("run-1", courses=[A, B])
    message = runs.message(Step.COURSE)
    # Then its queue holds the records with the run's head and a token
    token = message.pop("task_token")
    assert message == {
        "run": "run-1",
        "step": "course",
        "occurred_at": "2026-11-20T12:00:00.000000Z",
        "options": {"force": False, "dry_run": False},
        "records": [A, B],
    }
    assert isinstance(token, str)
    assert token


def test_every_section_goes_to_its_own_step_in_the_order_of_the_steps(runs: Runs) -> None:
    # Given a run with all nine sections, said in the opposite order
    execution = runs.start("run-1", **{step.section: [{"sis_id": step.value}] for step in reversed(Step)})
    for step in Step:
        # When a step's message comes
        message = runs.message(step)
        # Then it holds that step's records, and no other step has begun
        assert (message["step"], message["records"]) == (step.value, [{"sis_id": step.value}])
        assert runs.waiting() == set()
        runs.answer(message, "created")
    # And the run ends with all nine
    assert runs.end(execution)["status"] == "SUCCEEDED"
    (result,) = runs.results()
    assert [each["step"] for each in result["records"]] == [step.value for step in Step]
    assert (result["run"], result["status"], result["counts"]) == ("run-1", "completed", {"created": 9})


def test_records_leave_the_run_s_state_once_their_answer_is_in(runs: Runs) -> None:
    # Given a run with two sections, said in the opposite order, and nothing in between
    execution = runs.start("run-1", students=[B], courses=[A])
    # When both are answered
    runs.answer(runs.message(Step.COURSE), "created")
    runs.answer(runs.message(Step.STUDENT), "created")
    assert runs.end(execution)["status"] == "SUCCEEDED"
    # Then no other step got anything
    assert runs.waiting() == set()
    # And the state holds its answer in place of its records, and still the records of the second
    state = runs.state_after(execution, Step.COURSE)
    assert set(state["courses"]) == {"counts", "records"}
    assert state["students"] == {"todo": [B]}


def test_the_result_is_the_run_s_output_and_goes_to_the_sis(runs: Runs) -> None:
    # Given a run with a rejected record
    execution = runs.start("run-1", courses=[A, B], students=[B])
    runs.answer(runs.message(Step.COURSE), "created", "rejected")
    runs.answer(runs.message(Step.STUDENT), "blocked")
    # When it ends
    ended = runs.end(execution)
    # Then output and message are the same, and tell of the rejection
    (result,) = runs.results()
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == result
    assert result["status"] == "completed_with_rejections"
    assert result["counts"] == {"created": 1, "rejected": 1, "blocked": 1}


def fail_by_hand(runs: Runs) -> None:
    token = runs.message(Step.COURSE)["task_token"]
    clients.stepfunctions().send_task_failure(taskToken=token, error="GivenUp", cause="by hand")


def wait_it_out(runs: Runs) -> None:
    runs.message(Step.COURSE)


@pytest.mark.parametrize(
    ("world", "fail", "error"),
    [("runs", fail_by_hand, "GivenUp"), ("impatient_runs", wait_it_out, "States.Timeout")],
    ids=["token failed", "timed out"],
)
def test_a_step_that_does_not_answer_ends_the_run_with_a_result_that_says_so(
    request: pytest.FixtureRequest, world: str, fail: Callable[[Runs], None], error: str
) -> None:
    # Given a run whose first step has answered
    runs: Runs = request.getfixturevalue(world)
    execution = runs.start("run-1", institutions=[A], courses=[A], students=[B])
    runs.answer(runs.message(Step.INSTITUTION), "created")
    # When the second one does not
    fail(runs)
    ended = runs.end(execution)
    # Then the run has failed, and nothing after it was begun
    assert (ended["status"], ended["error"]) == ("FAILED", "RunFailed")
    assert runs.waiting() == set()
    assert runs.payloads[-1]["error"]["Error"] == error
    # And the SIS hears of every record: what was done, and what was not
    (result,) = runs.results()
    assert (result["status"], result["counts"]) == ("failed", {"created": 1, "blocked": 2})
    open_ = [each for each in result["records"] if each["outcome"] == "blocked"]
    assert [(each["step"], each["sis_id"]) for each in open_] == [("course", "a"), ("student", "b")]
    assert "dead letters" in open_[0]["reason"]
    # And not once more, when EventBridge tells of its end, with the error or without it
    detail = ended | {"executionArn": execution}
    assert runs.report({"detail": detail}) is None
    assert runs.report({"detail": detail | {"error": None}}) is None
    assert runs.results() == []
