"""The result of a run: one row per record, whatever happened to the run."""

import json
from typing import Any

import pytest

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome, answer
from dokstamp_sync.results import refusal, result, result_of_state
from tests.support.sis import EXAMPLES, Json


def done(step: Step, outcome: Outcome, sis_id: str = "x") -> Json:
    return answer([RecordOutcome(step, sis_id, outcome, "why", "u-1")])


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_run_is_completed_with_rejections_if_a_record_was_refused(outcome: Outcome) -> None:
    # Given a run whose only record ended so
    told = result("r1", done(Step.COURSE, outcome)["records"])
    # When the result is made, Then its status tells whether somebody has to look
    refused = outcome in (Outcome.REJECTED, Outcome.BLOCKED)
    assert told["status"] == ("completed_with_rejections" if refused else "completed")
    assert told["counts"] == {outcome.value: 1}


def test_a_result_has_the_keys_of_the_contract() -> None:
    assert list(result("r1", [])) == ["run", "status", "counts", "records"]
    assert result("r1", [], failed=True)["status"] == "failed"


def test_the_result_of_a_healing_names_the_run_that_it_heals() -> None:
    # Given the state of a run that heals another one, When its result is made, Then it has one key more
    told = result_of_state({"run": "r2", "heals": "r1", "courses": done(Step.COURSE, Outcome.CREATED)})
    assert list(told) == ["run", "status", "counts", "records", "heals"]
    assert told["heals"] == "r1"


def test_a_state_is_told_in_the_order_of_the_steps_with_what_was_settled_first() -> None:
    # Given the state that a whole run leaves behind
    settled = RecordOutcome(Step.STUDENT, None, Outcome.REJECTED, "students[0]: ...").as_json()
    sections = {step.section: done(step, Outcome.CREATED, step.value) for step in reversed(Step)}
    # When the result is made
    told = result_of_state({"run": "r1", "settled": [settled], **sections})
    # Then every record is there
    assert [row["sis_id"] for row in told["records"]] == [None, *[step.value for step in Step]]
    assert told["counts"] == {"created": 9, "rejected": 1}
    assert told["status"] == "completed_with_rejections"


def test_a_section_that_was_not_done_is_told_as_blocked_record_by_record() -> None:
    # Given a run that broke at the students, which were never answered
    state: dict[str, Any] = {
        "run": "r1",
        "error": {"Error": "States.Timeout"},
        "courses": done(Step.COURSE, Outcome.CREATED, "CS"),
        "students": {"todo": [EXAMPLES[Step.STUDENT]]},
        "enrollments": {"todo": [{"student_id": "S1", "course_id": "CS"}, {}]},
    }
    # When the result is made
    told = result_of_state(state)
    # Then the run failed, and the SIS knows which records are open and where to look
    assert told["status"] == "failed"
    assert [(row["step"], row["sis_id"], row["outcome"]) for row in told["records"]] == [
        ("course", "CS", "created"),
        ("student", "S1", "blocked"),
        ("enrollment", "S1/CS", "blocked"),
        ("enrollment", None, "blocked"),
    ]
    assert "dead letters" in told["records"][1]["reason"]


def test_a_state_without_an_error_has_not_failed() -> None:
    assert result_of_state({"run": "r1"}) == {"run": "r1", "status": "completed", "counts": {}, "records": []}


@pytest.mark.parametrize(
    "errors",
    [
        [{"field": f"f{n}", "problem": "ç" * 5000} for n in range(10_000)],
        [{"field": f"f{n}" + "x" * 2500, "problem": "Extra inputs are not permitted"} for n in range(100)],
    ],
    ids=["many long problems", "long unknown keys"],
)
def test_a_refusal_is_short_enough_for_a_queue_however_much_is_wrong(errors: list[dict[str, str]]) -> None:
    # Given much that is wrong, When the refusal is made
    told = refusal(None, "message-1", errors)
    # Then it names the first of it and fits
    assert (told["status"], told["run"], told["message_id"]) == ("refused", None, "message-1")
    assert told["errors"][0]["field"].startswith("f0")
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 256 * 1024
