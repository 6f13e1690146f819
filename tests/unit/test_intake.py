"""From a message to a run, a result, or both; nothing twice, and nothing lost when AWS cannot be asked."""

import json
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from dokstamp_sync.errors import Retry
from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.refusals import RefusalTable
from dokstamp_sync.mapping.row import Row
from dokstamp_sync.messages import run_of
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, calls, example, live
from tests.support.tables import make_table

COURSES = (Step.INSTITUTION, Step.COURSE)


def test_a_new_message_starts_one_run_named_after_its_id(sis: Sis, pipeline: Pipeline) -> None:
    # Given a message, When it is sent, Then its run is named by digest and answers under that name
    result = pipeline.send(sis.message({Step.INSTITUTION: [example(Step.INSTITUTION)]}, id="ana@x.example"))
    assert list(pipeline.runs) == [run_of("ana@x.example")] == [result["run"]]
    assert (result["status"], result["counts"]) == ("completed", {"created": 1})


def test_a_message_with_nothing_new_has_a_result_and_no_run(sis: Sis, pipeline: Pipeline) -> None:
    # Given records that were delivered
    sis.has_said(*COURSES)
    # When they are sent again under another id
    message = sis.message({step: [example(step)] for step in COURSES})
    result = pipeline.send(message)
    # Then the result says so, with their uuids, and no run was started
    assert (result["run"], result["status"]) == (run_of(message["id"]), "completed")
    assert result["counts"] == {"unchanged": 2}
    assert all(row["uuid"] for row in result["records"])
    assert len(pipeline.runs) == 1


def test_nothing_new_is_remembered_as_said_later(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course that was said twice, the second time with nothing new
    sis.has_said(*COURSES)
    sis.say(Step.COURSE, occurred_at="2026-12-02T00:00:00Z")
    sandbox.calls.clear()
    # When a change arrives that was said in between
    row = sis.say(Step.COURSE, example(Step.COURSE, name="Older"), occurred_at="2026-12-01T00:00:00Z")
    # Then it is stale
    assert row["outcome"] == "stale"
    assert calls(sandbox) == []


def test_one_new_record_among_many_starts_a_run_for_all(sis: Sis, pipeline: Pipeline) -> None:
    # Given delivered records and one that is new
    sis.has_said(*COURSES)
    # When they are sent together
    told = sis.send({Step.COURSE: [example(Step.COURSE), example(Step.COURSE, code="LAW")]})
    # Then one run tells of both
    assert {row["sis_id"]: row["outcome"] for row in told.values()} == {"CS": "unchanged", "LAW": "created"}
    assert len(pipeline.runs) == 2


@pytest.mark.parametrize("new", [True, False])
def test_a_message_that_heals_a_run_names_it_in_its_result_whether_it_needs_a_run_or_not(
    new: bool, sis: Sis, pipeline: Pipeline
) -> None:
    # Given a school, and a record that is sent again because another run had to block it
    sis.has_said(*COURSES)
    said = example(Step.COURSE, code="LAW") if new else example(Step.COURSE)
    # When it comes, Then its result names that run
    told = pipeline.send(sis.message({Step.COURSE: [said]}, heals="run-1"))
    assert (told["heals"], told["counts"]) == ("run-1", {"created" if new else "unchanged": 1})
    assert len(pipeline.runs) == 1 + new


def test_a_record_that_others_wait_for_needs_a_run_though_it_says_nothing_new(sis: Sis, pipeline: Pipeline) -> None:
    # Given a course that a record waits for, though DokStamp has it
    sis.has_said(*COURSES)
    row = pipeline.store.read(["course#CS"])["course#CS"]
    pipeline.store.write(replace(row, awaited=1.0), row)
    # When it is told of again, Then its step looks after what waits
    assert sis.say(Step.COURSE)["outcome"] == "unchanged"
    assert len(pipeline.runs) == 2
    assert pipeline.store.read(["course#CS"])["course#CS"].awaited is None


@pytest.mark.parametrize("option", ["force", "dry_run"])
def test_force_and_dry_run_start_a_run_though_nothing_is_new(option: str, sis: Sis, pipeline: Pipeline) -> None:
    # Given a delivered record, When it is sent with an option, Then a run takes it up
    sis.has_said(Step.INSTITUTION)
    sis.say(Step.INSTITUTION, options={option: True})
    assert len(pipeline.runs) == 2


def test_a_bad_record_is_rejected_and_its_children_are_blocked_at_once(
    sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given a course in bad form, with a cohort, an enrollment and a certificate that need it
    sis.has_said(Step.INSTITUTION, Step.STUDENT)
    children = {step: [example(step)] for step in (Step.COHORT, Step.ENROLLMENT, Step.CERTIFICATE)}
    began = pipeline.clock()
    # When they are sent together
    told = sis.send({Step.COURSE: [example(Step.COURSE, name=None)]} | children)
    # Then each child names the parent that failed, and nobody waited for it
    outcomes = {key: row["outcome"] for key, row in told.items()}
    assert outcomes == {
        "course#CS": "rejected",
        "cohort#CS-1": "blocked",
        "enrollment#E1": "blocked",
        "certificate#E1": "blocked",
    }
    assert "courses[0]: " in told["course#CS"]["reason"]
    assert told["cohort#CS-1"]["reason"] == "course 'CS' was rejected"
    assert "enrollment 'E1'" in told["certificate#E1"]["reason"]
    assert pipeline.clock() == began
    assert pipeline.results[-1]["status"] == "completed_with_rejections"
    # And when the course is mended and sent with them again, all are delivered but the certificate without a PDF
    again = sis.send({Step.COURSE: [example(Step.COURSE)]} | children)
    assert [row["outcome"] for row in again.values()] == ["created", "created", "created", "rejected"]
    assert live(sandbox, "courses")[0]["code"] == "CS"


def test_a_message_of_bad_records_alone_has_a_result_and_no_run(sis: Sis, pipeline: Pipeline) -> None:
    # Given a message whose only record is bad, When it is sent
    row = sis.say(Step.COURSE, {"code": "CS"})
    # Then it is told, kept for a person to see, and no run is started
    assert row["outcome"] == "rejected"
    assert list(pipeline.refusals.kept) == ["course#CS"]
    assert pipeline.runs == {}


@pytest.mark.parametrize("body", ["rubbish", "[]", '{"id": "m-1"}', '{"id": "m-1", "teachers": []}'])
def test_a_refused_message_has_a_result_that_names_what_is_wrong(body: str, pipeline: Pipeline) -> None:
    # Given a message that is none, When it is sent
    result = pipeline.send(body)
    # Then the SIS is told which message it was, and what is wrong with it field by field
    assert (result["status"], result["records"], result["message_id"]) == ("refused", [], "message-1")
    assert result["run"] == (run_of("m-1") if "m-1" in body else None)
    assert all(each["problem"] for each in result["errors"])
    assert pipeline.runs == {}


def test_a_refused_message_does_not_keep_its_id_from_being_used(sis: Sis, pipeline: Pipeline) -> None:
    # Given a message that was refused
    message = sis.message({Step.INSTITUTION: [example(Step.INSTITUTION)]})
    pipeline.send({**message, "teachers": []})
    # When the SIS mends it, Then it runs
    assert pipeline.send(message)["counts"] == {"created": 1}


class Failing:
    """A state machine that cannot be asked."""

    def __init__(self, method: str) -> None:
        self._method = method

    def _answer(self, method: str) -> bool:
        if method == self._method:
            raise Retry("could not be asked")
        return method == "start"

    def exists(self, run: str) -> bool:
        return self._answer("exists")

    def start(self, run: str, state: str) -> bool:
        return self._answer("start")

    def report(self, result: object) -> None:
        self._answer("report")


@pytest.mark.parametrize(("method", "is_known"), [("start", False), ("exists", True), ("report", True)])
def test_a_message_stays_when_aws_cannot_be_asked(
    method: str, is_known: bool, sis: Sis, pipeline: Pipeline, rows: dict[str, Row]
) -> None:
    # Given a state machine or a queue that does not answer
    if is_known:
        sis.has_said(Step.INSTITUTION)
    intake = Intake(pipeline.store, pipeline.refusals, Failing(method), default_institution="", clock=pipeline.clock)
    # When a message is taken, Then it is retried, and what was known before is known still
    with pytest.raises(Retry):
        intake.take(json.dumps(sis.message({Step.INSTITUTION: [example(Step.INSTITUTION)]})), "message-1")
    assert ("institution#VALE" in rows) is is_known


@pytest.fixture
def outcomes() -> Iterator[str]:
    """The outcomes table of the template, on a stand-in that keeps DynamoDB's bounds."""
    with mock_aws():
        yield make_table(boto3.client("dynamodb", region_name="us-east-1"), "outcomes")


@pytest.mark.parametrize(
    "bad",
    [
        {"sis_id": "x" * 5000},
        {"code": "x" * 5000},
        {"name": None, "description": "x" * 200_000},
        {"favourite": {"deep": [1, 2.5, None, {"a": True}]}},
        {"code": None, "name": None},
    ],
    ids=["long id", "long code", "large", "deep", "no id"],
)
def test_no_bad_record_keeps_its_message_from_being_taken(
    bad: Json, outcomes: str, sis: Sis, pipeline: Pipeline
) -> None:
    # Given the real outcomes table, and a record that is bad in some way, beside a good one
    table = RefusalTable(boto3.client("dynamodb", region_name="us-east-1"), outcomes, 90, pipeline.clock)
    intake = Intake(pipeline.store, table, pipeline, default_institution="", clock=pipeline.clock)
    sections = {Step.INSTITUTION: [example(Step.INSTITUTION)], Step.COURSE: [example(Step.COURSE, **bad)]}
    # When the message is taken
    intake.take(json.dumps(sis.message(sections)), "message-1")
    # Then the good one is delivered, and the bad one is kept until it expires
    assert pipeline.results[-1]["counts"] == {"created": 1, "rejected": 1}
    (kept,) = boto3.client("dynamodb", region_name="us-east-1").scan(TableName=outcomes)["Items"]
    assert kept["outcome"]["S"] == "rejected"
    assert int(kept["expires_at"]["N"]) == int(pipeline.clock()) + 90 * 86_400


@pytest.mark.parametrize("option", [{}, {"dry_run": True}], ids=["real", "dry run"])
def test_a_date_ahead_of_the_clock_freezes_nothing(
    option: Json, sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given a course, and a change of it that is dated 36 years ahead by mistake
    sis.has_said(*COURSES)
    message = sis.message({Step.COURSE: [example(Step.COURSE, name="Typo")]}, occurred_at="2062-11-20T12:00:00Z")
    # When the change is sent
    result = pipeline.send(message | {"options": option})
    # Then it is refused by its field, and starts no run
    assert (result["status"], [each["field"] for each in result["errors"]]) == ("refused", ["occurred_at"])
    assert len(pipeline.runs) == 1
    # And what is said at the right time is delivered, under the same id as well
    right = sis.message({Step.COURSE: [example(Step.COURSE, name="Right")]}, id=message["id"])
    assert pipeline.send(right)["counts"] == {"updated": 1}
    assert live(sandbox, "courses")[0]["name"] == "Right"
