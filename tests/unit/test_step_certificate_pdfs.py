"""Step 9 and its PDFs: refused before anything is sent, used once, and the same bytes on every try."""

from pathlib import Path

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from dokstamp_sync.worker.pdfs import Pdfs
from local.sandbox import Fault, Sandbox
from tests.support.buckets import versioned_bucket
from tests.support.pipeline import BUCKET
from tests.support.sis import Json, Sis, calls, example, live, pdf

pytestmark = pytest.mark.usefixtures("graduate")


def certificate(**changes: object) -> Json:
    return example(Step.CERTIFICATE, **changes)


@pytest.mark.parametrize(
    ("key", "reason"), [("nobody.pdf", "pdf is missing"), ("word.pdf", "not a PDF"), ("large.pdf", "larger than 1000")]
)
def test_a_pdf_that_is_none_is_rejected_before_anything_is_sent(
    key: str, reason: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a bucket with objects of all sorts
    with versioned_bucket(BUCKET) as s3:
        s3.put_object(Bucket=BUCKET, Key="word.pdf", Body=b"PK\x03\x04 a document")
        s3.put_object(Bucket=BUCKET, Key="large.pdf", Body=b"%PDF-" + b"x" * 2000)
        sis.pipeline.pdfs = Pdfs(s3, BUCKET, 1000)
        # When a certificate names one
        row = sis.say(Step.CERTIFICATE, certificate(pdf=f"s3://{BUCKET}/{key}"))
    # Then it is rejected with the reason, and DokStamp hears nothing of it: at most it was asked whether it answers
    assert row["outcome"] == "rejected"
    assert reason in row["reason"]
    assert set(calls(sandbox)) <= {("GET", "/institutions")}


@pytest.mark.parametrize("tells", [True, False], ids=["upload says so", "only the refusal says so"])
def test_a_used_file_leads_to_the_certificate_that_the_mapping_forgot(
    tells: bool, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given an issued certificate that the mapping does not know, and perhaps an upload that does not say it is used
    issued = sis.say(Step.CERTIFICATE, certificate())
    del rows["certificate#E1"]
    sandbox.calls.clear()
    if not tells:
        unused = {"data": [{"uuid": live(sandbox, "files")[0]["uuid"], "used_at": None}]}
        sandbox.add_faults(Fault(kind="status", method="POST", path="^/files$", status=201, body=unused))
    # When it is sent again
    began = sis.pipeline.clock()
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then the file leads to it at once, and nobody is notified again
    assert (row["uuid"], sis.pipeline.clock()) == (issued["uuid"], began)
    assert row["public_verification_url"] == issued["public_verification_url"]
    assert len(live(sandbox, "certificates")) == len(sandbox.state["notifications"]) == 1
    # And DokStamp is asked to issue only if it did not say that the file is used
    assert (("POST", "/certificates") in calls(sandbox)) is not tells


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


@pytest.mark.parametrize("kind", ["reset_after", "status"])
def test_a_retry_sends_the_version_of_the_pdf_that_was_tried_first(kind: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given a bucket that keeps versions, and a create that fails at first, carried out or not
    sandbox.add_faults(Fault.model_validate({"kind": kind, "method": "POST", "path": "^/certificates$"}))
    with versioned_bucket(BUCKET) as s3:
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
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate that was issued, but whose answer was lost and whose message is out of receives
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/certificates$"))
    sis.breaks_off(Step.CERTIFICATE)
    # When the SIS sends it with another PDF, twice, as it is told to
    for _ in range(2):
        sis.say(Step.CERTIFICATE, certificate(pdf=pdf(tmp_path, "new.pdf")))
    # Then there is still one certificate, and the student was told once
    assert len(live(sandbox, "certificates")) == 1
    assert len(sandbox.state["notifications"]) == 1
