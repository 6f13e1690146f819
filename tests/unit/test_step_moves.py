"""Records that move or are renamed at an awkward moment: DokStamp follows, or the SIS is told that it does not."""

from collections.abc import Callable

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live

STRUCTURE = (Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT)


def group(name: str, *modules: str) -> Json:
    return example(Step.MODULE_GROUP, name=name, modules=[{"module_id": each} for each in modules])


def groups_of(sandbox: Sandbox) -> dict[str, str | None]:
    """The group that each attached module is in, by code and name."""
    names = {each["uuid"]: each["code"] for each in live(sandbox, "modules")}
    names |= {each["uuid"]: each["name"] for each in live(sandbox, "module_groups")}
    attachments = [each for course in sandbox.state["attachments"].values() for each in course]
    return {names[each["module_uuid"]]: names.get(each["course_module_group_uuid"]) for each in attachments}


def test_an_enrollment_that_changes_its_cohort_is_followed(sis: Sis, sandbox: Sandbox) -> None:
    # Given an enrollment in one cohort, and another cohort of the course
    sis.has_said(*STRUCTURE)
    sis.say(Step.COHORT, example(Step.COHORT, code="CS-2"))
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1"))
    # When the student changes over
    row = sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-2"))
    # Then DokStamp holds it in the new cohort
    codes = {each["uuid"]: each["code"] for each in live(sandbox, "cohorts")}
    assert [codes[each["cohort_uuid"]] for each in live(sandbox, "enrollments")] == ["CS-2"]
    assert (row["outcome"], row["reason"]) == ("updated", "changed")


@pytest.mark.parametrize(("before", "after"), [(None, "CS-1"), ("CS-1", None)], ids=["into one", "out of it"])
def test_an_enrollment_that_gets_or_loses_its_cohort_is_followed(
    before: str | None, after: str | None, sis: Sis, sandbox: Sandbox
) -> None:
    # Given an enrollment with or without a cohort
    sis.has_said(*STRUCTURE)
    cohort = live(sandbox, "cohorts")[0]["uuid"]
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id=before))
    # When the student is put into the cohort, or taken out of it
    row = sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id=after))
    # Then DokStamp holds it so
    assert [each["cohort_uuid"] for each in live(sandbox, "enrollments")] == [cohort if after else None]
    assert row["outcome"] == "updated"


@pytest.mark.parametrize(
    ("parent_change", "outcome", "reason"),
    [
        ("allowed", "updated", "changed"),
        ("ignored", "rejected", "DokStamp does not move it: institution_uuid is still what it was"),
        ("refused", "rejected", "The institution_uuid cannot be changed."),
    ],
)
def test_a_course_that_changes_its_institution_is_followed_or_told(
    parent_change: str, outcome: str, reason: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a course of one institution, and another institution
    sandbox.switch(parent_change=parent_change)
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    other = sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="MONTE", name="Monte"))
    # When the course moves there
    row = sis.say(Step.COURSE, example(Step.COURSE, institution_id="MONTE"))
    # Then DokStamp holds it there, or the SIS is told that it does not
    assert row["outcome"] == outcome
    assert reason in row["reason"]
    assert (live(sandbox, "courses")[0]["institution_uuid"] == other["uuid"]) is (outcome == "updated")


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
    assert (row["outcome"], row["reason"]) == ("created", "created by an earlier try whose answer was lost")


def test_a_move_that_dokstamp_refuses_is_made_when_it_takes_it(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course of one institution, created by a worker that never heard so, and another institution
    sis.send({Step.INSTITUTION: [example(Step.INSTITUTION), example(Step.INSTITUTION, sis_id="MONTE", name="Monte")]})
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/courses$"))
    sis.breaks_off(Step.COURSE)
    # And a DokStamp that refused to move it there
    sandbox.switch(parent_change="refused")
    moved = example(Step.COURSE, institution_id="MONTE")
    assert sis.say(Step.COURSE, moved)["outcome"] == "rejected"
    # When the SIS says so again, and DokStamp takes it
    sandbox.switch(parent_change="allowed")
    assert sis.say(Step.COURSE, moved)["outcome"] == "updated"
    # Then it is there
    names = {each["uuid"]: each["name"] for each in live(sandbox, "institutions")}
    assert [names[each["institution_uuid"]] for each in live(sandbox, "courses")] == ["Monte"]


def test_no_certificate_is_issued_for_a_dropped_enrollment_that_was_found_and_not_changed_yet(
    sis: Sis, sandbox: Sandbox, rows: dict[str, Row], graduate: None
) -> None:
    # Given an enrollment in DokStamp that the mapping does not know, and that DokStamp takes for completed
    del rows["enrollment#E1"]
    # And the SIS, which says that it was dropped, while DokStamp does not take changes for now
    sandbox.add_faults(Fault(kind="status", method="PATCH", path="^/enrollments/", status=503))
    sis.breaks_off(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1", completion_status="dropped"))
    # When its certificate comes
    row = sis.say(Step.CERTIFICATE)
    # Then it is not issued
    assert row["outcome"] == "rejected"
    assert "the enrollment was dropped" in row["reason"]
    assert live(sandbox, "certificates") == []


def test_a_move_in_doubt_is_taken_back_when_the_sis_says_again_what_it_said_before(
    sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given an enrollment in a cohort, and a move to another one whose answer was lost and whose message is gone
    sis.has_said(*STRUCTURE)
    sis.say(Step.COHORT, example(Step.COHORT, code="CS-2"))
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1"))
    sandbox.add_faults(Fault(kind="reset_after", method="PATCH", path="^/enrollments/"))
    head = {"run": "r1", "step": "enrollment", "occurred_at": sis.message({})["occurred_at"]}
    moved = example(Step.ENROLLMENT, cohort_id="CS-2")
    with pytest.raises(AssertionError, match="no answer after 1 receives"):
        pipeline.take(Step.ENROLLMENT, head | {"records": [moved]}, receives=1)
    pipeline.clock.sleep(pipeline.settings.lease_seconds)
    # When the SIS says the first cohort again
    row = sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1"))
    # Then DokStamp holds it there
    codes = {each["uuid"]: each["code"] for each in live(sandbox, "cohorts")}
    assert [codes[each["cohort_uuid"]] for each in live(sandbox, "enrollments")] == ["CS-1"]
    assert row["outcome"] == "updated"


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
