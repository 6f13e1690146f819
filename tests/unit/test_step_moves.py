"""Records that move or are renamed at an awkward moment: DokStamp follows, or the SIS is told that it does not."""

from collections.abc import Callable

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Sis, example, live

STRUCTURE = (Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT)


@pytest.mark.parametrize("parent_change", ["allowed", "ignored", "refused"])
@pytest.mark.parametrize("before", ["CS-1", None], ids=["another cohort", "its first cohort"])
def test_an_enrollment_that_gets_a_cohort_is_followed_or_told(
    before: str | None, parent_change: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given an enrollment in one cohort or in none, and another cohort of the course
    sandbox.switch(parent_change=parent_change)
    sis.has_said(*STRUCTURE)
    sis.say(Step.COHORT, example(Step.COHORT, code="CS-2"))
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id=before))
    # When the student is put there
    row = sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-2"))
    # Then DokStamp holds it in the new cohort, or the SIS is told that it does not
    codes = {each["uuid"]: each["code"] for each in live(sandbox, "cohorts")}
    held = [codes.get(each["cohort_uuid"]) for each in live(sandbox, "enrollments")]
    assert "CS-2" in held or row["outcome"] == "rejected"


def test_a_course_that_changes_its_institution_is_followed_or_told(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course of one institution, and another institution
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    other = sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="MONTE", name="Monte"))
    # When the course moves there
    row = sis.say(Step.COURSE, example(Step.COURSE, institution_id="MONTE"))
    # Then DokStamp holds it there, or the SIS is told that it does not
    held = [each["institution_uuid"] for each in live(sandbox, "courses")]
    assert other["uuid"] in held or row["outcome"] == "rejected"


def test_an_e_mail_that_is_corrected_while_the_create_is_in_doubt_makes_one_student(sis: Sis, sandbox: Sandbox) -> None:
    # Given a student whose create was carried out, whose answer was lost, and whose message is out of receives
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/students$"))
    sis.breaks_off(Step.STUDENT, example(Step.STUDENT, email="anna@x.example"))
    # When the SIS says the same student with another e-mail
    row = sis.say(Step.STUDENT)
    # Then there is one student, with the e-mail said last
    assert [each["email"] for each in live(sandbox, "students")] == ["ana@x.example"]
    assert row["uuid"] == live(sandbox, "students")[0]["uuid"]


@pytest.mark.parametrize("fails", [None, 503])
def test_a_move_that_is_said_while_the_create_is_in_doubt_is_made_when_it_is_found(
    fails: int | None, sis: Sis, sandbox: Sandbox
) -> None:
    # Given an enrollment without a cohort, created by a worker that never heard so
    sis.has_said(*STRUCTURE)
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/enrollments$"))
    sis.breaks_off(Step.ENROLLMENT)
    # When the SIS puts it into a cohort, perhaps with a fault on the way
    if fails:
        sandbox.add_faults(Fault(kind="status", method="PATCH", path="^/enrollments/", status=fails))
    row = sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1"))
    # Then it is there, and one
    (enrollment,) = live(sandbox, "enrollments")
    assert enrollment["cohort_uuid"] == live(sandbox, "cohorts")[0]["uuid"], row["reason"]


@pytest.mark.parametrize("missing", ["by_endpoint", "401", "404"])
def test_a_misspelt_tenant_refuses_no_record_and_costs_the_mapping_no_uuid(
    missing: str, elsewhere: Callable[..., Pipeline], sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given delivered records, some under ids that DokStamp does not know
    sis.say(Step.INSTITUTION)
    sis.say(Step.COURSE, example(Step.COURSE, sis_id="SIS-310"))
    sis.has_said(Step.STUDENT)
    delivered = {key: row.uuid for key, row in rows.items() if row.uuid}
    # And a tenant that is misspelt afterwards, at which every uuid is a 404
    sandbox.switch(missing_tenant=missing)
    misspelt = elsewhere(dokstamp_tenant="sandbx")
    # When changes are taken five times each, Then all of them still wait
    changes = {
        Step.COURSE: example(Step.COURSE, sis_id="SIS-310", name="Other"),
        Step.STUDENT: example(Step.STUDENT, name="Other"),
        Step.COHORT: example(Step.COHORT, course_id="SIS-310"),
    }
    for step, record in changes.items():
        head = {"run": "r1", "step": step.value, "occurred_at": "2026-12-01T00:00:00Z", "records": [record]}
        for receive in range(1, 6):
            misspelt.hands_back(step, head | {"task_token": "token"}, receive)
    assert misspelt.refusals.kept == {}
    # And the mapping knows what it knew
    assert len(delivered) == 3
    assert {key: rows[key].uuid for key in delivered} == delivered
