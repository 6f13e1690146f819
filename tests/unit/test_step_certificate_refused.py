"""Step 9: which certificates and revocations are refused at once, and which wait before they are."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.sis import Json, Sis, calls, example, live, pdf

Prepare = Callable[[Sis, Sandbox, Path], Json]
BIA = example(Step.STUDENT, sis_id="S2", name="Bia", email="bia@x.example")
OF_BIA = example(Step.ENROLLMENT, sis_id="E2", student_id="S2")
REVOKE: Json = {"enrollment_id": "E1", "revoke": True}
POST = {"method": "POST", "path": "^/certificates$"}


@pytest.fixture(autouse=True)
def graduate(sis: Sis, tmp_path: Path) -> None:
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
    pdf(tmp_path, "ana.pdf")


def certificate(**changes: object) -> Json:
    return example(Step.CERTIFICATE, **changes)


def issued(sis: Sis) -> Json:
    row = sis.say(Step.CERTIFICATE, certificate())
    assert row["outcome"] == "created", row
    return row


def rows(sis: Sis) -> dict[str, Row]:
    found: dict[str, Row] = sis.pipeline.store.rows  # type: ignore[attr-defined]
    return found


def of_a_dropped_enrollment(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, completion_status="dropped"))
    return certificate()


def with_the_pdf_of_a_revoked_one(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    sis.say(Step.CERTIFICATE, REVOKE)
    return certificate()


def with_the_pdf_of_another_record(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    return certificate(sis_id="C2")


def with_the_pdf_of_another_record_s_revoked_one(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    sis.say(Step.CERTIFICATE, REVOKE)
    return certificate(sis_id="C2")


def with_the_pdf_of_a_stranger(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sis.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [OF_BIA]})
    issued(sis)
    for id_ in [each for each in rows(sis) if "certificate" in each or each.startswith("uuid#")]:
        del rows(sis)[id_]
    return certificate(enrollment_id="E2")


def whose_pdf_is_changed_between_two_tries(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sandbox.add_faults(Fault(kind="status", status=503, **POST))
    sleep = sis.pipeline.clock.sleep

    def replaced(seconds: float) -> None:
        pdf(folder, "ana.pdf", "something else")
        sleep(seconds)

    sis.pipeline.clock.sleep = replaced  # type: ignore[method-assign]
    return certificate()


def whose_enrollment_moved_to_another_student(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    sis.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [example(Step.ENROLLMENT, student_id="S2")]})
    return certificate()


def whose_course_has_no_institution(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    rows(sis)["course#CS"] = dataclasses.replace(rows(sis)["course#CS"], facts={})
    body = {"data": {"uuid": rows(sis)["course#CS"].uuid}}
    sandbox.add_faults(Fault(kind="status", method="GET", path="^/courses/", status=200, body=body))
    return certificate(enrollment_id=None, student_id="S1", course_id="CS")


def that_dokstamp_refuses(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    body = {"message": "Invalid.", "errors": {"template_uuid": ["We do not like it."]}}
    sandbox.add_faults(Fault(kind="status", status=422, body=body, times=None, **POST))
    return certificate()


def whose_pdf_never_comes(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    return certificate(pdf="s3://school-pdfs/nobody.pdf")


def that_stays_a_draft(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sandbox.switch(issue_after_reads=1000)
    return certificate()


def that_is_issued_with_another_pdf(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    return certificate(pdf=pdf(folder, "new.pdf"))


def that_is_a_draft_with_another_pdf(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sandbox.switch(issue_after_reads=1000)
    sis.say(Step.CERTIFICATE, certificate())
    return certificate(pdf=pdf(folder, "new.pdf"))


def that_may_be_issued_with_another_pdf(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sandbox.add_faults(Fault(kind="reset_after", **POST))
    head = {"run": "r1", "step": "certificate", "occurred_at": sis.message({})["occurred_at"]}
    with pytest.raises(AssertionError, match="no answer after 1 receives"):
        sis.pipeline.take(Step.CERTIFICATE, head | {"records": [certificate()]}, receives=1)
    sis.pipeline.clock.sleep(sis.pipeline.settings.lease_seconds)
    return certificate(pdf=pdf(folder, "new.pdf"))


def revoking_none(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    return REVOKE


def revoking_one_that_is_gone(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    sandbox.store.tables["certificates"].clear()
    return REVOKE


def revoking_an_expired_one(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    sandbox.expire(issued(sis)["uuid"])
    return REVOKE


def revoking_what_dokstamp_refuses_to(sis: Sis, sandbox: Sandbox, folder: Path) -> Json:
    issued(sis)
    body = {"message": "We do not like it."}
    sandbox.add_faults(Fault(kind="status", method="PUT", path="/revoke$", status=409, body=body, times=None))
    return REVOKE


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (with_the_pdf_of_a_revoked_one, "this PDF belongs to a certificate that is revoked"),
        (with_the_pdf_of_another_record, "every certificate needs a PDF of its own: a new certificate needs a new PDF"),
        (with_the_pdf_of_another_record_s_revoked_one, "this one is that of certificate 'E1'"),
        (with_the_pdf_of_a_stranger, "this PDF was used for another certificate"),
        (whose_pdf_is_changed_between_two_tries, "the PDF was changed while its certificate was being"),
        (whose_enrollment_moved_to_another_student, "issued for another student or course"),
        (whose_course_has_no_institution, "does not say which institution the course belongs to"),
        (that_dokstamp_refuses, "We do not like it."),
        (revoking_what_dokstamp_refuses_to, "We do not like it."),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_cannot_become_right_by_waiting_is_refused_at_once(
    prepare: Prepare, reason: str, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    record = prepare(sis, sandbox, tmp_path)
    began = sis.pipeline.clock()
    row = sis.say(Step.CERTIFICATE, record)
    assert (row["outcome"], reason in row["reason"]) == ("rejected", True), row
    assert sis.pipeline.clock() - began < sis.pipeline.settings.patience_seconds


@pytest.mark.parametrize(
    ("prepare", "outcome", "reason"),
    [
        (of_a_dropped_enrollment, "rejected", "the enrollment was dropped"),
        (whose_pdf_never_comes, "rejected", "pdf is missing: there is no such object in the bucket"),
        (that_stays_a_draft, "rejected", "DokStamp keeps the certificate as 'draft', not issued"),
        (that_is_issued_with_another_pdf, "rejected", "the certificate exists and cannot be changed"),
        (that_is_a_draft_with_another_pdf, "rejected", "the certificate exists and cannot be changed"),
        (that_may_be_issued_with_another_pdf, "rejected", "revoke it, then send a new PDF"),
        (revoking_none, "blocked", "no certificate is known under this sis_id"),
        (revoking_one_that_is_gone, "blocked", "DokStamp does not know the certificate any more"),
        (revoking_an_expired_one, "rejected", "DokStamp keeps the certificate as 'expired', not revoked"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_may_become_right_by_waiting_is_refused_when_patience_ends(
    prepare: Prepare, outcome: str, reason: str, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    record = prepare(sis, sandbox, tmp_path)
    began = sis.pipeline.clock()
    row = sis.say(Step.CERTIFICATE, record)
    assert (row["outcome"], reason in row["reason"]) == (outcome, True), row
    assert sis.pipeline.clock() - began >= sis.pipeline.settings.patience_seconds


def test_what_was_issued_though_its_answer_was_lost_is_still_the_one_that_was_sent(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate whose answer was lost, and another PDF for it that was rejected since
    other = that_may_be_issued_with_another_pdf(sis, sandbox, tmp_path)
    assert sis.say(Step.CERTIFICATE, other)["outcome"] == "rejected"
    sandbox.calls.clear()
    # When it is sent again as it was at first
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then it is known as issued, without any call
    (found,) = live(sandbox, "certificates")
    told = (row["outcome"], row["uuid"], row["reason"], row["public_verification_url"])
    lost = "issued by an earlier try whose answer was lost"
    assert told == ("created", found["uuid"], lost, found["public_verification_url"])
    assert calls(sandbox) == []
    # And it can be revoked, and its PDF is used
    assert sis.say(Step.CERTIFICATE, REVOKE)["outcome"] == "updated"
    assert "certificate 'E1'" in sis.say(Step.CERTIFICATE, certificate(sis_id="C2"))["reason"]
