"""A certificate belongs to one record, one student and one course."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox, listing
from tests.meeting.conftest import BIA, PATIENCE, Post, certificate
from tests.support.pipeline import Pipeline
from tests.support.sis import Sis, example, live, pdf

OF_BIA = example(Step.ENROLLMENT, sis_id="E2", student_id="S2")


def statuses(sandbox: Sandbox) -> list[str]:
    return [each["status"] for each in live(sandbox, "certificates")]


@pytest.mark.parametrize("second", ["E1", "E2"], ids=["of the same enrollment", "of another student"])
@pytest.mark.parametrize("same_address", [True, False], ids=["one address", "two addresses with the same bytes"])
def test_a_pdf_serves_one_record_and_the_second_one_s_rejection_names_the_first(
    second: str, same_address: bool, school: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate that was issued
    school.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [OF_BIA]})
    address = pdf(tmp_path, "a.pdf", "same")
    school.say(Step.CERTIFICATE, certificate(address, sis_id="C1"))
    # When another record brings the same PDF
    other = address if same_address else pdf(tmp_path, "b.pdf", "same")
    told = school.say(Step.CERTIFICATE, certificate(other, sis_id="C2", enrollment_id=second))
    # Then it is rejected at once, and the reason names the first
    assert (told["outcome"], told["uuid"]) == ("rejected", None)
    assert "certificate 'C1'" in told["reason"]
    # And it can't revoke what is not its own
    assert (
        school.say(Step.CERTIFICATE, {"sis_id": "C2", "enrollment_id": second, "revoke": True})["outcome"] == "blocked"
    )
    assert statuses(sandbox) == ["issued"]


def test_two_records_with_one_pdf_in_one_message_make_one_certificate(
    school: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a DokStamp that takes its time
    address = pdf(tmp_path, "a.pdf")
    sandbox.add_faults(Fault(kind="delay", method="POST", path="^/certificates$", seconds=0.3, times=4))
    # When one message has two records with the same PDF
    told = school.send({Step.CERTIFICATE: [certificate(address, sis_id="C1"), certificate(address, sis_id="C2")]})
    # Then one is issued, the other one is rejected, and the student is told once
    assert sorted(each["outcome"] for each in told.values()) == ["created", "rejected"]
    assert statuses(sandbox) == ["issued"]
    assert len(sandbox.state["notifications"]) == 1


@pytest.fixture
def deaf_to_students(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DokStamp whose list of certificates does not know the filter by student."""
    filtered = listing._filtered

    def ignoring(scope: object, resource: object, records: object, query: dict[str, str]) -> object:
        kept = {name: value for name, value in query.items() if name != "where[student_uuid]"}
        return filtered(scope, resource, records, kept)  # type: ignore[arg-type]  # the sandbox's own types

    monkeypatch.setattr(listing, "_filtered", ignoring)
    yield


@pytest.mark.usefixtures("deaf_to_students")
def test_nobody_is_told_another_student_s_certificate(school: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given Ana's certificate, and a DokStamp that shows it whoever is asked for
    school.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [OF_BIA]})
    anas = school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "a.pdf", "same")))
    # When Bia's comes with the same bytes
    bias = school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "b.pdf", "same"), enrollment_id="E2"))
    # Then it is rejected, without Ana's certificate or its address
    assert bias["outcome"] == "rejected"
    assert anas["uuid"] not in (bias["uuid"], bias["reason"])
    assert bias.get("public_verification_url") is None


def test_a_pdf_that_a_stranger_s_certificate_used_is_rejected(
    school: Sis, sandbox: Sandbox, pipeline: Pipeline, tmp_path: Path
) -> None:
    # Given a certificate that somebody made in DokStamp by hand, for Bia
    school.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [OF_BIA]})
    address = pdf(tmp_path, "a.pdf")
    with (tmp_path / "a.pdf").open("rb") as file:
        used = pipeline.dokstamp.upload("a.pdf", file)
    students = {each["name"]: each["uuid"] for each in live(sandbox, "students")}
    body = {"student_uuid": students["Bia"], "course_uuid": live(sandbox, "courses")[0]["uuid"], "finish": True}
    body |= {"institution_uuid": live(sandbox, "institutions")[0]["uuid"], "file_uuid": used["uuid"]}
    pipeline.dokstamp.create("/certificates", body)
    # When Ana's record brings that PDF, Then hers is rejected
    told = school.say(Step.CERTIFICATE, certificate(address))
    assert (told["outcome"], told["uuid"]) == ("rejected", None)
    assert "PDF" in told["reason"]


def test_a_re_issue_that_overtakes_its_revocation_waits_for_it(
    school: Sis, post: Post, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given an issued certificate, a revocation, and an hour later a new PDF
    school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "a.pdf")))
    revoked = post.letter(Step.CERTIFICATE, 50, {"enrollment_id": "E1", "revoke": True})
    issued = post.letter(Step.CERTIFICATE, 51, certificate(pdf(tmp_path, "b.pdf")))
    # When the new PDF comes first, Then it waits
    assert issued.comes() == "handed back"
    assert statuses(sandbox) == ["issued"]
    # And when the revocation has come, it is issued
    assert revoked.comes() == "updated"
    assert issued.comes() == "created"
    assert statuses(sandbox) == ["revoked", "issued"]


def test_a_new_pdf_that_nobody_revokes_for_is_rejected_when_patience_is_over(
    school: Sis, post: Post, pipeline: Pipeline, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given an issued certificate
    school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "a.pdf")))
    # When a new PDF comes, and no revocation
    began = pipeline.clock()
    (told,) = post.letter(Step.CERTIFICATE, 51, certificate(pdf(tmp_path, "b.pdf"))).comes_until_answered()
    # Then it waits as long as anything waits, and is rejected with what to do
    assert pipeline.clock() - began >= PATIENCE
    assert told["outcome"] == "rejected"
    assert "revoke it, then send a new PDF" in told["reason"]
    assert statuses(sandbox) == ["issued"]


@pytest.mark.parametrize("trouble", ["draft", "lost"])
def test_a_revocation_leaves_alone_what_a_newer_message_is_just_issuing(
    trouble: str, school: Sis, post: Post, pipeline: Pipeline, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a revocation, and an hour later a new PDF that comes first and is not issued at once
    revoked = post.letter(Step.CERTIFICATE, 50, {"enrollment_id": "E1", "revoke": True})
    issued = post.letter(Step.CERTIFICATE, 51, certificate(pdf(tmp_path, "b.pdf")))
    if trouble == "draft":
        sandbox.switch(issue_after_reads=1)
    else:
        sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/certificates$"))
    assert issued.comes() == "handed back"
    pipeline.clock.sleep(pipeline.settings.lease_seconds)
    # When the revocation comes in between, Then it waits, for it means what was there before
    assert revoked.comes() == "handed back"
    assert "revoked" not in statuses(sandbox)
    # And when the new certificate is issued, it is told that it came too late
    assert issued.comes() == "created"
    assert revoked.comes() == "stale"
    assert statuses(sandbox) == ["issued"]


def test_an_expired_certificate_is_renewed_like_a_revoked_one(school: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given a certificate that DokStamp turned 'expired' by itself
    first = school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "a.pdf")))
    sandbox.expire(first["uuid"])
    # When a new PDF comes, Then a new certificate is issued
    told = school.say(Step.CERTIFICATE, certificate(pdf(tmp_path, "b.pdf")))
    assert told["outcome"] == "created"
    assert statuses(sandbox) == ["expired", "issued"]


def test_an_expired_certificate_s_pdf_serves_no_new_one(school: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given a certificate that has expired
    address = pdf(tmp_path, "a.pdf")
    sandbox.expire(school.say(Step.CERTIFICATE, certificate(address))["uuid"])
    # When its record is changed, but brings the same PDF, Then it is rejected with what it lacks
    told = school.say(Step.CERTIFICATE, certificate(address, template_id="0b2cb2a0-6c1d-4b0e-9c39-0d3f5a1c2d4e"))
    assert told["outcome"] == "rejected"
    assert "a new certificate needs a new PDF" in told["reason"]


def test_a_pdf_that_comes_after_its_message_is_waited_for(
    school: Sis, post: Post, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a message about a PDF that is still on its way
    letter = post.letter(Step.CERTIFICATE, 50, certificate("s3://school-pdfs/late.pdf"))
    assert letter.comes() == "handed back"
    # When it has come, Then the certificate is issued
    pdf(tmp_path, "late.pdf")
    assert letter.comes() == "created"
