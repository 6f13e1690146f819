"""Records that are well-formed JSON and still hard to take: none of them may hold up a message or a run."""

import pytest

from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import serve
from local.sandbox import Sandbox
from tests.support.pipeline import Pipeline, rules
from tests.worker.lambda_world import FakeContext, World
from tests.worker.school import ANA, BIA, COURSE, SCHOOL, message, names, students

YEAR_ONE = "0001-01-01T00:00:00Z"
OUT_OF_ANY_CALENDAR = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


@pytest.mark.parametrize("moment", OUT_OF_ANY_CALENDAR)
def test_a_moment_that_has_no_utc_is_rejected_and_the_others_are_delivered(pipeline: Pipeline, moment: str) -> None:
    # Given a course
    pipeline.take(Step.INSTITUTION, message(Step.INSTITUTION, SCHOOL))
    pipeline.take(Step.COURSE, message(Step.COURSE, COURSE))
    # When a cohort begins at a moment that falls out of the calendar in UTC, beside a good one
    cohort = {"code": "2026-1", "course_id": "CS"}
    answer = pipeline.take(Step.COHORT, message(Step.COHORT, cohort | {"code": "bad", "start_date": moment}, cohort))
    # Then the one is rejected
    assert [each["outcome"] for each in answer["records"]] == ["rejected", "created"]


@pytest.mark.parametrize("moment", [*OUT_OF_ANY_CALENDAR, YEAR_ONE, "0999-06-01T00:00:00Z"])
def test_an_inbox_message_of_any_time_has_a_result(pipeline: Pipeline, moment: str) -> None:
    # When the SIS dates a message at the edge of the calendar, as a field left empty often is
    result = pipeline.send({"id": "1", "occurred_at": moment, "students": [ANA]})
    # Then it is delivered or refused, and never left hanging
    assert result["status"] in {"completed", "refused"}


def test_what_occurred_a_thousand_years_ago_is_older_than_what_occurred_today(
    sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a student of today
    pipeline.send({"id": "1", "occurred_at": "2026-11-20T12:00:00Z", "students": [ANA]})
    # When a word comes that is dated in the year 999
    pipeline.send({"id": "2", "occurred_at": "0999-06-01T00:00:00Z", "students": [ANA | {"name": "Ana Reis"}]})
    # Then it does not win
    assert names(sandbox) == ["Ana Souza"]


@pytest.mark.parametrize("sis_id", ["x" * 3000, "é" * 1500])
def test_a_record_whose_id_no_table_takes_does_not_hold_up_its_message(
    world: World, sandbox: Sandbox, sis_id: str
) -> None:
    # Given a record with an id that no table takes as a key, beside a good one
    world.send(students(ANA, BIA | {"sis_id": sis_id}))
    # When the student step gets them
    answer = serve(rules(Step.STUDENT))(world.receive(), FakeContext())
    # Then the one is rejected and kept, and the message is done
    assert answer == {"batchItemFailures": []}
    assert names(sandbox) == ["Ana Souza"]
    assert [item["outcome"]["S"] for item in world.kept("outcomes").values()] == ["rejected"]
