"""Step 9 and its PDFs: refused before anything is sent, used once, and the same bytes on every try."""

from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from dokstamp_sync.order import Step
from dokstamp_sync.worker.pdfs import Pdfs
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import BUCKET, Pipeline, settings
from tests.support.sis import Json, Sis, calls, example, live, pdf, writes

BEFORE = (Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)


@pytest.fixture(autouse=True)
def graduate(sis: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    sis.has_said(*BEFORE)
    pdf(tmp_path, "ana.pdf")
    sandbox.calls.clear()


def certificate(**changes: object) -> Json:
    return example(Step.CERTIFICATE, **changes)


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("s3://other-bucket/ana.pdf", b"%PDF-1.7", "only 'school-pdfs' is read"),
        (f"s3://{BUCKET}/nobody.pdf", b"", "pdf is missing"),
        (f"s3://{BUCKET}/word.pdf", b"PK\x03\x04 a document", "not a PDF"),
        (f"s3://{BUCKET}/empty.pdf", b"", "pdf is empty"),
        (f"s3://{BUCKET}/large.pdf", b"%PDF-" + b"x" * 2000, "larger than 1000 bytes"),
    ],
)
def test_a_pdf_that_is_none_is_rejected_before_anything_is_sent(
    key: str, content: bytes, reason: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a bucket with objects of all sorts
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        s3.create_bucket(Bucket="other-bucket")
        if "nobody" not in key:
            bucket, _, name = key.removeprefix("s3://").partition("/")
            s3.put_object(Bucket=bucket, Key=name, Body=content)
        sis.pipeline.pdfs = Pdfs(s3, BUCKET, 1000)
        # When a certificate names one
        row = sis.say(Step.CERTIFICATE, certificate(pdf=key))
    # Then it is rejected with the reason, and DokStamp hears nothing
    assert row["outcome"] == "rejected"
    assert reason in row["reason"]
    assert calls(sandbox) == []


def test_two_students_with_the_same_bytes_get_one_certificate_and_one_rejection(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given two students whose PDFs are identical
    sis.say(Step.STUDENT, example(Step.STUDENT, sis_id="S2", email="bia@x.example"))
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, sis_id="E2", student_id="S2"))
    first, second = pdf(tmp_path, "one.pdf", "same"), pdf(tmp_path, "two.pdf", "same")
    # When both certificates are in one message
    told = sis.send({Step.CERTIFICATE: [certificate(pdf=first), certificate(enrollment_id="E2", pdf=second)]})
    # Then one is issued and the other one says why not
    assert sorted(row["outcome"] for row in told.values()) == ["created", "rejected"]
    (refused,) = [row for row in told.values() if row["outcome"] == "rejected"]
    assert "every certificate needs a PDF of its own" in refused["reason"]
    assert len(live(sandbox, "certificates")) == 1


def test_a_used_file_leads_to_the_certificate_that_the_mapping_forgot(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given an issued certificate that the mapping does not know
    issued = sis.say(Step.CERTIFICATE, certificate())
    store = sis.pipeline.store
    del store.rows["certificate#E1"]  # type: ignore[attr-defined]
    # When it is sent again
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then the file leads to it, and nobody is notified again
    assert row["uuid"] == issued["uuid"]
    assert row["public_verification_url"] == issued["public_verification_url"]
    assert len(live(sandbox, "certificates")) == len(sandbox.state["notifications"]) == 1


def test_a_file_that_is_refused_as_used_leads_to_its_certificate(sis: Sis, sandbox: Sandbox) -> None:
    # Given a DokStamp whose upload does not say that the file is used
    issued = sis.say(Step.CERTIFICATE, certificate())
    del sis.pipeline.store.rows["certificate#E1"]  # type: ignore[attr-defined]
    unused = {"data": [{"uuid": live(sandbox, "files")[0]["uuid"], "used_at": None}]}
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/files$", status=201, body=unused))
    # When the certificate is sent again
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then the 422 on file_uuid leads to it
    assert row["uuid"] == issued["uuid"]
    assert len(live(sandbox, "certificates")) == 1


def test_an_issued_certificate_sent_again_makes_no_call_even_by_force(sis: Sis, sandbox: Sandbox) -> None:
    # Given an issued certificate
    issued = sis.say(Step.CERTIFICATE, certificate())
    sandbox.calls.clear()
    # When it is sent again, once by force and once with another time of issue
    again = [sis.say(Step.CERTIFICATE, certificate(), options={"force": force}) for force in (False, True)]
    again.append(sis.say(Step.CERTIFICATE, certificate(issued_at="2030-01-01T00:00:00Z")))
    # Then nothing is called
    assert [(row["outcome"], row["uuid"]) for row in again] == [("unchanged", issued["uuid"])] * 3
    assert {row["public_verification_url"] for row in again} == {issued["public_verification_url"]}
    assert calls(sandbox) == []


def test_an_issued_certificate_with_another_pdf_is_rejected(sis: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given an issued certificate
    sis.say(Step.CERTIFICATE, certificate())
    sandbox.calls.clear()
    # When the SIS sends it with another PDF
    row = sis.say(Step.CERTIFICATE, certificate(pdf=pdf(tmp_path, "new.pdf")))
    # Then it is told to revoke first
    assert row["outcome"] == "rejected"
    assert "revoke it" in row["reason"]
    assert writes(sandbox) == []


@pytest.mark.parametrize("kind", ["reset_after", "status"])
def test_a_retry_sends_the_version_of_the_pdf_that_was_tried_first(kind: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given a bucket that keeps versions, and a create that fails at first, carried out or not
    sandbox.add_faults(Fault.model_validate({"kind": kind, "method": "POST", "path": "^/certificates$"}))
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=BUCKET, Key="ana.pdf", Body=b"%PDF-first")
        sis.pipeline.pdfs = Pdfs(s3, BUCKET, 1000)
        # When the object is replaced between the tries
        sleep = sis.pipeline.clock.sleep

        def replaced(seconds: float) -> None:
            s3.put_object(Bucket=BUCKET, Key="ana.pdf", Body=b"%PDF-second")
            sleep(seconds)

        sis.pipeline.clock.sleep = replaced  # type: ignore[method-assign]
        row = sis.say(Step.CERTIFICATE, certificate())
    # Then one file was ever sent, the first, and there is one certificate
    assert row["outcome"] == "created"
    assert [file["size"] for file in live(sandbox, "files")] == [len(b"%PDF-first")]
    assert len(live(sandbox, "certificates")) == 1


def test_a_new_pdf_while_the_first_is_in_doubt_never_makes_a_second_certificate(
    sis: Sis, pipeline: Pipeline, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate that was issued, but whose answer was lost and whose message is out of receives
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/certificates$"))
    message = sis.message({})
    body = {name: message[name] for name in ("occurred_at",)} | {"run": "r1", "step": "certificate"}
    with pytest.raises(AssertionError, match="no answer after 1 receives"):
        pipeline.take(Step.CERTIFICATE, body | {"records": [certificate()]}, receives=1)
    pipeline.clock.sleep(settings(sandbox.url).lease_seconds)
    # When the SIS sends it with another PDF, twice, as it is told to
    for _ in range(2):
        sis.say(Step.CERTIFICATE, certificate(pdf=pdf(tmp_path, "new.pdf")))
    # Then there is still one certificate, and the student was told once
    assert len(live(sandbox, "certificates")) == 1
    assert len(sandbox.state["notifications"]) == 1
