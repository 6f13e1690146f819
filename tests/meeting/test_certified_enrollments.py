"""A certificate depends on what its enrollment says."""

from pathlib import Path

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.meeting.conftest import BIA, SCHOOL, Post, certificate
from tests.support.sis import Json, Sis, example, live, pdf


def test_a_certificate_stays_with_whom_it_was_issued_for(school: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given a certificate of Ana's, and her enrollment that turns out to be Bia's
    address = pdf(tmp_path, "a.pdf")
    school.say(Step.CERTIFICATE, certificate(address))
    moved = example(Step.ENROLLMENT, student_id="S2")
    assert school.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [moved]})["enrollment#E1"]["outcome"] == "updated"
    # When the certificate is sent again, also by itself
    for _ in range(2):
        told = school.say(Step.CERTIFICATE, certificate(address))
        # Then it is not unchanged: it is rejected, with what to do
        assert told["outcome"] == "rejected"
        assert "revoke it, then send a new PDF" in told["reason"]
    # And when that is done, Bia has one
    school.say(Step.CERTIFICATE, {"enrollment_id": "E1", "revoke": True})
    assert school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "b.pdf")))["outcome"] == "created"
    names = {each["uuid"]: each["name"] for each in live(sandbox, "students")}
    held = [(names[each["student_uuid"]], each["status"]) for each in live(sandbox, "certificates")]
    assert held == [("Ana Souza", "revoked"), ("Bia", "issued")]


@pytest.mark.parametrize("how", ["a draft", "without an answer"])
def test_a_certificate_that_was_begun_before_its_enrollment_moved_stays_with_whom_it_was_begun_for(
    how: str, school: Sis, sandbox: Sandbox, post: Post, tmp_path: Path
) -> None:
    # Given a certificate of Ana's that stays a draft, or whose answer is lost
    record = certificate(pdf(tmp_path, "a.pdf"))
    letter = post.letter(Step.CERTIFICATE, 50, record)
    if how == "a draft":
        sandbox.switch(issue_after_reads=2)
    else:
        sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/certificates$"))
    assert letter.comes() == "handed back"
    # When her enrollment turns out to be Bia's before it is known to be issued
    moved = example(Step.ENROLLMENT, student_id="S2")
    assert school.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [moved]})["enrollment#E1"]["outcome"] == "updated"
    # Then it is rejected, with what to do, then and whenever it is said again
    (told,) = letter.comes_until_answered()
    for each in (told, school.say(Step.CERTIFICATE, record), school.say(Step.CERTIFICATE, record)):
        assert each["outcome"] == "rejected", each
        assert "revoke it, then send a new PDF" in each["reason"]
    # And when that is done, Bia has one
    assert school.say(Step.CERTIFICATE, {"enrollment_id": "E1", "revoke": True})["outcome"] == "updated"
    assert school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "b.pdf")))["outcome"] == "created"
    names = {each["uuid"]: each["name"] for each in live(sandbox, "students")}
    held = [(names[each["student_uuid"]], each["status"]) for each in live(sandbox, "certificates")]
    assert held == [("Ana Souza", "revoked"), ("Bia", "issued")]


def test_an_enrollment_that_moves_into_a_cohort_leaves_its_certificate_unchanged(
    school: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate, and its enrollment that gets a cohort
    address = pdf(tmp_path, "a.pdf")
    school.say(Step.CERTIFICATE, certificate(address))
    school.has_said(Step.COHORT)
    school.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1"))
    # When the certificate is sent again, Then it is the same student's in the same course
    assert school.say(Step.CERTIFICATE, certificate(address))["outcome"] == "unchanged"


@pytest.mark.parametrize("names", [{"enrollment_id": "E1"}, {"student_id": "S1", "course_id": "CS"}], ids=str)
@pytest.mark.parametrize(
    ("status", "outcome"), [("dropped", "rejected"), ("enrolled", "created"), ("completed", "created")]
)
def test_whether_a_certificate_is_issued_depends_on_its_enrollment(
    status: str, outcome: str, names: Json, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given an enrollment of that status
    sis.has_said(*SCHOOL[:3])
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, completion_status=status))
    # When a certificate names it, or its student and its course, Then only one of a dropped enrollment is refused
    told = sis.say(Step.CERTIFICATE, {**names, "pdf": pdf(tmp_path, "a.pdf")})
    assert told["outcome"] == outcome
    assert len(sandbox.state["notifications"]) == (outcome == "created")


def test_a_certificate_that_overtakes_the_correction_of_its_dropped_enrollment_waits(
    sis: Sis, post: Post, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given an enrollment that was sent as dropped by mistake
    sis.has_said(*SCHOOL[:3])
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, completion_status="dropped"))
    # When its certificate comes before the correction, Then it waits, and is issued when the correction has come
    letter = post.letter(Step.CERTIFICATE, 50, certificate(pdf(tmp_path, "a.pdf")))
    assert letter.comes() == "handed back"
    assert live(sandbox, "files") == []
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, completion_status="completed"))
    assert letter.comes() == "created"
