"""A parent that was deleted in DokStamp is noticed wherever it is used, made again, and followed."""

import dataclasses
from pathlib import Path

import pytest

from dokstamp_sync.mapping.refusals import Refused
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live, pdf, trash

SCHOOL = (Step.INSTITUTION, Step.COURSE, Step.MODULE, Step.COHORT, Step.STUDENT)
UNENROLLED = {"enrollment_id": None, "student_id": "S1", "course_id": "CS"}
CASES: dict[str, tuple[Step, Step, Json]] = {
    "the student of an enrollment": (Step.STUDENT, Step.ENROLLMENT, {}),
    "the course of an enrollment": (Step.COURSE, Step.ENROLLMENT, {}),
    "the cohort of an enrollment": (Step.COHORT, Step.ENROLLMENT, {"cohort_id": "CS-1"}),
    "the course of a cohort": (Step.COURSE, Step.COHORT, {"sis_id": "NEW", "code": "NEW"}),
    "the institution of a course": (Step.INSTITUTION, Step.COURSE, {"code": "NEW"}),
    "a module of a list": (Step.MODULE, Step.COURSE_MODULES, {}),
    "the student of a certificate": (Step.STUDENT, Step.CERTIFICATE, UNENROLLED),
    "the course of a certificate": (Step.COURSE, Step.CERTIFICATE, UNENROLLED),
}


def delete(sandbox: Sandbox, pipeline: Pipeline, step: Step) -> None:
    """Somebody deletes it in DokStamp, with all that keeps it from being deleted."""
    for table in ("cohorts", "modules", "courses", "students", "institutions"):
        below = {"courses": ("courses", "cohorts"), "institutions": ("courses", "modules", "cohorts", "institutions")}
        if table in below.get(step.section, (step.section,)):
            for each in list(live(sandbox, table)):
                pipeline.dokstamp._send("DELETE", f"/{table}/{each['uuid']}")


@pytest.mark.parametrize("case", CASES)
def test_a_parent_that_is_gone_is_noticed_made_again_and_followed(
    case: str, sis: Sis, sandbox: Sandbox, pipeline: Pipeline, tmp_path: Path
) -> None:
    # Given a school of which somebody deleted a parent in DokStamp
    parent, child, changes = CASES[case]
    pdf(tmp_path, "ana.pdf")
    sandbox.switch(trashed_blocks_unique=False)
    sis.has_said(*SCHOOL)
    delete(sandbox, pipeline, parent)
    record = example(child, **changes)
    # When a child of it comes, Then it waits in vain, and the reason says that the parent is gone
    told = sis.say(child, record)
    assert told["outcome"] == "blocked", told
    assert f"{parent} '" in told["reason"]
    # And when the parent's own record is sent again, it is made again, and the child follows
    again = {step: [example(step)] for step in SCHOOL}
    again[child] = [*again.get(child, []), record]
    outcomes = {id_: each["outcome"] for id_, each in sis.send(again).items()}
    assert outcomes[_id(parent)] == "created", outcomes
    assert "created" in [outcome for id_, outcome in outcomes.items() if id_.startswith(f"{child}#")], outcomes


def test_a_parent_that_only_cannot_be_shown_stays_mapped(sis: Sis, sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a DokStamp that blames a student whom it has, and then does not take the question for that student
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT)
    before = pipeline.store.read(["student#S1"])["student#S1"].uuid
    blame = {"success": False, "message": "The given data was invalid.", "errors": {"student_uuid": ["is invalid"]}}
    sandbox.add_faults(
        Fault(kind="status", method="POST", path="^/enrollments$", status=422, body=blame),
        Fault(kind="status", method="GET", path=f"^/students/{before}$", status=400, times=None),
    )
    # When an enrollment of that student comes, Then it is rejected, and the student is still known
    assert sis.say(Step.ENROLLMENT)["outcome"] == "rejected"
    assert pipeline.store.read(["student#S1"])["student#S1"].uuid == before


def _id(step: Step) -> str:
    record = example(step)
    return f"{step}#{record.get('sis_id') or record['code']}"


def test_a_child_whose_parent_was_made_again_is_not_unchanged(sis: Sis, sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a cohort whose course was deleted by hand and made again under another uuid
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.COHORT)
    (course,) = live(sandbox, "courses")
    body = {"name": "Computing", "code": "CS", "institution_uuid": course["institution_uuid"]}
    made = pipeline.dokstamp.create("/courses", body)
    row = pipeline.store.read(["course#CS"])["course#CS"]
    pipeline.store.write(dataclasses.replace(row, uuid=made["uuid"]), row)
    # When the cohort is told again, as it was
    told = sis.say(Step.COHORT)
    # Then it moves to the course as it is now
    assert told["outcome"] == "updated"
    assert live(sandbox, "cohorts")[0]["course_uuid"] == made["uuid"]


@pytest.mark.parametrize("is_made_again", [True, False], ids=["made again", "gone for good"])
def test_a_certificate_waits_for_its_enrollment_to_follow_the_student(
    is_made_again: bool, sis: Sis, sandbox: Sandbox, pipeline: Pipeline, tmp_path: Path
) -> None:
    # Given an enrollment whose student was deleted in DokStamp, and perhaps made again under another uuid
    sandbox.switch(trashed_blocks_unique=False)
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
    (student,) = live(sandbox, "students")
    trash(sandbox, "students", student["uuid"])
    renamed = example(Step.STUDENT, name="Ana Maria Souza")
    if is_made_again:
        assert sis.say(Step.STUDENT, renamed)["outcome"] == "created"
    # When the enrollment's certificate comes, Then it is blocked, and the reason says what to do
    told = sis.say(Step.CERTIFICATE, example(Step.CERTIFICATE, pdf=pdf(tmp_path, "ana.pdf")))
    assert told["outcome"] == "blocked"
    assert told["reason"].endswith("send enrollment 'E1' again")
    # And when the student is there and the enrollment is said again, the certificate follows by itself
    sis.say(Step.STUDENT, renamed)
    assert pipeline.take_inbox() == []
    assert sis.say(Step.ENROLLMENT)["outcome"] == "updated"
    assert [each["counts"] for each in pipeline.take_inbox()] == [{"created": 1}]


def test_an_enrollment_that_follows_while_its_certificate_is_being_blocked_is_not_overlooked(
    sis: Sis, sandbox: Sandbox, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an enrollment that follows its student just when its certificate is kept as blocked for the second time
    sandbox.switch(trashed_blocks_unique=False)
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
    (student,) = live(sandbox, "students")
    trash(sandbox, "students", student["uuid"])
    sis.say(Step.STUDENT, example(Step.STUDENT, name="Ana Maria Souza"))
    keep, kept = pipeline.refusals.keep, list[str]()

    def keeping(refused: Refused) -> None:
        keep(refused)
        kept.append(refused.id)
        if len(kept) == 2:
            assert sis.say(Step.ENROLLMENT)["outcome"] == "updated"

    monkeypatch.setattr(pipeline.refusals, "keep", keeping)
    # When the certificate comes, Then it is issued
    record = example(Step.CERTIFICATE, pdf=pdf(tmp_path, "ana.pdf"))
    assert sis.say(Step.CERTIFICATE, record)["outcome"] == "created"
    assert pipeline.refusals.kept == {}
