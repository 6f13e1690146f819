"""Records that move or are renamed at an awkward moment: DokStamp follows, or the SIS is told that it does not."""

from collections.abc import Callable

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live

STRUCTURE = (Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT)


def cohorts_of(sandbox: Sandbox) -> list[str | None]:
    """The code of each enrollment's cohort."""
    codes = {each["uuid"]: each["code"] for each in live(sandbox, "cohorts")}
    return [codes.get(each["cohort_uuid"]) for each in live(sandbox, "enrollments")]


def in_cohort(code: str | None) -> Json:
    return example(Step.ENROLLMENT, cohort_id=code)


@pytest.fixture
def two_cohorts(sis: Sis) -> None:
    sis.has_said(*STRUCTURE)
    sis.say(Step.COHORT, example(Step.COHORT, code="CS-2"))


@pytest.mark.usefixtures("two_cohorts")
@pytest.mark.parametrize(("before", "after"), [("CS-1", "CS-2"), (None, "CS-1"), ("CS-1", None)], ids=str)
def test_an_enrollment_that_changes_gets_or_loses_its_cohort_is_followed(
    before: str | None, after: str | None, sis: Sis, sandbox: Sandbox
) -> None:
    # Given an enrollment in a cohort, or in none
    sis.say(Step.ENROLLMENT, in_cohort(before))
    # When the student changes over
    row = sis.say(Step.ENROLLMENT, in_cohort(after))
    # Then DokStamp holds it so
    assert cohorts_of(sandbox) == [after]
    assert (row["outcome"], row["reason"]) == ("updated", "changed")


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


@pytest.mark.parametrize("fails", [None, 503])
@pytest.mark.parametrize(
    ("step", "change"),
    [(Step.STUDENT, {"email": "anna@x.example"}), (Step.ENROLLMENT, {"cohort_id": "CS-1"})],
    ids=["another e-mail", "a cohort"],
)
def test_what_is_corrected_while_the_create_is_in_doubt_is_changed_when_it_is_found(
    step: Step, change: Json, fails: int | None, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a record that was created by a worker that never heard so
    sis.has_said(*[each for each in STRUCTURE if each.number < step.number])
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path=f"^/{step.section}$"))
    sis.breaks_off(step)
    # When the SIS corrects it, perhaps with a fault on the way
    if fails:
        sandbox.add_faults(Fault(kind="status", method="PATCH", path=f"^/{step.section}/", status=fails))
    row = sis.say(step, example(step, **change))
    # Then there is one, as it was said last
    (entity,) = live(sandbox, step.section)
    said = change if step is Step.STUDENT else {"cohort_uuid": live(sandbox, "cohorts")[0]["uuid"]}
    assert entity.items() >= said.items(), row["reason"]
    told = (row["outcome"], row["uuid"], row["reason"])
    assert told == ("created", entity["uuid"], "created by an earlier try whose answer was lost")


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


@pytest.mark.usefixtures("two_cohorts")
def test_a_move_in_doubt_is_taken_back_when_the_sis_says_again_what_it_said_before(sis: Sis, sandbox: Sandbox) -> None:
    # Given an enrollment in a cohort, and a move to another one whose answer was lost and whose message is gone
    sis.say(Step.ENROLLMENT, in_cohort("CS-1"))
    sandbox.add_faults(Fault(kind="reset_after", method="PATCH", path="^/enrollments/"))
    sis.breaks_off(Step.ENROLLMENT, in_cohort("CS-2"))
    # When the SIS says the first cohort again
    row = sis.say(Step.ENROLLMENT, in_cohort("CS-1"))
    # Then DokStamp holds it there
    assert cohorts_of(sandbox) == ["CS-1"]
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
