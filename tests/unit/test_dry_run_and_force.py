"""The two options: a dry run tells what would be done and does nothing; force sends even what is unchanged."""

from typing import Any

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.events import samples
from tests.support.pipeline import Pipeline, school, settings
from tests.support.sis import Json, Sis, calls, example, live, writes

DRY = {"options": {"dry_run": True}}
FORCE = {"options": {"force": True}}
STRUCTURE = (Step.INSTITUTION, Step.COURSE, Step.MODULE, Step.COURSE_MODULES, Step.MODULE_GROUP, Step.COHORT)
PEOPLE = (Step.STUDENT, Step.ENROLLMENT)


@pytest.fixture
def whole(sandbox: Sandbox) -> Pipeline:
    """A pipeline that reads the school's own PDFs."""
    return Pipeline(settings(sandbox.url))


def first_five() -> Json:
    """The school's first five messages as one, with all that they say."""
    sections: dict[str, list[Any]] = {}
    for message in samples.messages()[:5]:
        for step, record in samples.records(message):
            sections.setdefault(samples.STEPS[step], []).append(record)
    return {"id": "all", "occurred_at": "2026-11-20T12:00:00Z", **sections}


def kept(rows: dict[str, Row]) -> dict[str, Row]:
    """The mapping without what dry runs note for themselves."""
    return {key: row for key, row in rows.items() if row.expires_at is None}


def test_a_dry_run_of_the_whole_school_tells_all_and_writes_nothing(whole: Pipeline, sandbox: Sandbox) -> None:
    # Given a DokStamp that holds nothing
    # When the school is sent as a dry run
    result = whole.send(first_five() | DRY)
    # Then every record would be created, its parents too, and not one writing call was made
    assert result["counts"] == {"created": 71}
    assert {row["reason"] for row in result["records"]} == {"dry run: would be created"}
    assert {row["uuid"] for row in result["records"]} == {None}
    assert writes(sandbox) == []
    assert kept(whole.store.rows) == {}  # type: ignore[attr-defined]
    assert whole.refusals.kept == {}
    # And it does not stand in the way when the school is sent in earnest
    assert whole.send(first_five() | {"id": "in earnest"})["counts"] == {"created": 71}
    assert len(live(sandbox, "certificates")) == 8


def test_a_dry_run_over_the_delivered_school_tells_what_would_change(whole: Pipeline, sandbox: Sandbox) -> None:
    # Given the school, delivered
    for message in school()[:5]:
        whole.send(message)
    sandbox.calls.clear()
    # When its changes are sent as a dry run
    (changes,) = [message for message in school() if message["id"] == "2026-11-21/changes/0001"]
    result = whole.send(changes | DRY)
    # Then they are told as they would come, and DokStamp is as it was
    outcomes = {f"{row['step']}#{row['sis_id']}": row["outcome"] for row in result["records"]}
    assert outcomes == {
        "course#ECD-ESP": "updated",
        "student#2026200204": "updated",
        "enrollment#MAT-2026-0204": "updated",
        "certificate#MAT-2026-0204": "created",
    }
    assert writes(sandbox) == []


@pytest.mark.parametrize(
    "step", [each for each in (*STRUCTURE, *PEOPLE) if each is not Step.COURSE_MODULES], ids=lambda step: step.value
)
def test_a_dry_run_finds_what_dokstamp_holds_already(
    step: Step, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given an entity that the mapping does not know
    sis.has_said(*STRUCTURE, *PEOPLE)
    key = next(key for key in rows if key.startswith(f"{step}#"))
    del rows[key]
    before = kept(rows)
    sandbox.calls.clear()
    # When its record is sent as a dry run
    row = sis.say(step, **DRY)
    # Then it would not be created twice, and the mapping is as it was
    assert row["outcome"] == "unchanged"
    assert row["reason"].startswith("dry run: ")
    assert writes(sandbox) == []
    assert kept(rows) == before


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (example(Step.ENROLLMENT, grade=11), "rejected"),
        (example(Step.ENROLLMENT, student_id="nobody"), "blocked"),
    ],
    ids=["bad", "without a parent"],
)
def test_a_dry_run_tells_what_would_be_refused_and_keeps_no_refusal(
    record: Json, outcome: str, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a record that could not be delivered
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    before = kept(rows)
    sandbox.calls.clear()
    # When it is sent as a dry run with a certificate that needs it
    told = sis.send({Step.ENROLLMENT: [record], Step.CERTIFICATE: [example(Step.CERTIFICATE)]}, **DRY)
    # Then both are told, and nothing is kept of it
    assert told["enrollment#E1"]["outcome"] == outcome
    if outcome == "blocked":
        assert told["certificate#E1"]["outcome"] == "blocked"
    assert writes(sandbox) == []
    assert kept(rows) == before
    assert sis.pipeline.refusals.kept == {}


def test_a_dry_run_that_finds_a_uuid_gone_does_not_forget_it(sis: Sis, sandbox: Sandbox, rows: dict[str, Row]) -> None:
    # Given a course that DokStamp denies when its modules are asked for
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.MODULE)
    before = kept(rows)
    sandbox.add_faults(Fault(kind="status", method="GET", path="attach/modules$", status=404))
    # When its modules are sent as a dry run
    sis.say(Step.COURSE_MODULES, **DRY)
    # Then the mapping is as it was
    assert kept(rows) == before


def test_force_sends_what_is_unchanged(sis: Sis, sandbox: Sandbox) -> None:
    # Given records that were delivered, and that a person changed in DokStamp
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT)
    sandbox.store.tables["courses"][live(sandbox, "courses")[0]["uuid"]].change({"name": "Changed by hand"})
    sandbox.calls.clear()
    # When they are sent again, once plainly and once by force
    steps = {step: [example(step)] for step in (Step.COURSE, Step.STUDENT)}
    plain = sis.send(steps)
    assert calls(sandbox) == []
    forced = sis.send(steps, **FORCE)
    # Then force puts DokStamp right
    assert {row["outcome"] for row in plain.values()} == {"unchanged"}
    assert {row["outcome"] for row in forced.values()} == {"updated"}
    assert live(sandbox, "courses")[0]["name"] == "Computing"
    assert [method for method, _ in writes(sandbox)] == ["PATCH", "PATCH"]


def test_force_over_the_whole_school_makes_nothing_twice(whole: Pipeline, sandbox: Sandbox) -> None:
    # Given the school, delivered
    whole.send(first_five())
    before = {
        name: len(live(sandbox, name)) for name in ("courses", "students", "enrollments", "certificates", "files")
    }
    # When it is sent again by force, twice
    results = [whole.send(first_five() | {"id": f"forced {n}"} | FORCE) for n in range(2)]
    # Then no entity, no file and above all no certificate is there twice
    assert {name: len(live(sandbox, name)) for name in before} == before
    assert len(sandbox.state["notifications"]) == 8
    certificates = [row for each in results for row in each["records"] if row["step"] == "certificate"]
    assert {row["outcome"] for row in certificates} == {"unchanged"}
    assert {method for method, path in writes(sandbox) if "certificates" in path} == {"POST"}


def test_force_does_not_send_what_is_stale(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course that was delivered
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    sandbox.calls.clear()
    # When something older is sent by force
    row = sis.say(Step.COURSE, example(Step.COURSE, name="Old"), occurred_at="2020-01-01T00:00:00Z", **FORCE)
    # Then it is stale all the same
    assert row["outcome"] == "stale"
    assert calls(sandbox) == []


@pytest.mark.parametrize("step", [Step.COURSE, Step.COURSE_MODULES], ids=lambda step: step.value)
def test_a_forced_dry_run_tells_what_force_would_send(step: Step, sis: Sis, sandbox: Sandbox) -> None:
    # Given a record that was delivered, When it is sent with both options, Then it would be updated
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.MODULE, Step.COURSE_MODULES)
    sandbox.calls.clear()
    row = sis.say(step, options={"dry_run": True, "force": True})
    assert (row["outcome"], row["reason"]) == ("updated", "dry run: would be updated")
    assert writes(sandbox) == []
