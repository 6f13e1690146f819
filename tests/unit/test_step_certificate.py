"""Step 9, issuing: one PDF, one certificate, issued only if DokStamp says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import FolderPdfs, Pipeline, settings
from tests.support.sis import Json, Sis, calls, example, live, moment, pdf

WRITES = [("POST", "/files"), ("POST", "/certificates")]
pytestmark = pytest.mark.usefixtures("graduate")


def certificate(**changes: object) -> Json:
    return example(Step.CERTIFICATE, **changes)


def body(sandbox: Sandbox) -> Json:
    """What DokStamp was asked for by the last ``POST /certificates``."""
    found: Json = [call.body for call in sandbox.calls if (call.method, call.path) == WRITES[1]][-1]
    return found


def test_the_pdf_is_uploaded_and_the_certificate_issued(sis: Sis, sandbox: Sandbox) -> None:
    # Given an enrollment that the mapping knows
    # When its certificate is sent
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then two calls are enough, and anyone can verify it
    (issued,) = live(sandbox, "certificates")
    assert (row["outcome"], row["uuid"], issued["status"]) == ("created", issued["uuid"], "issued")
    assert row["reason"] == "issued"
    assert row["public_verification_url"] == issued["public_verification_url"]
    assert calls(sandbox) == WRITES


def test_an_enrollment_names_everything_else_that_the_certificate_needs(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate that names its enrollment only
    # When it is sent
    sis.say(Step.CERTIFICATE, certificate())
    # Then student, course, cohort and institution are sent with it
    resources = ["institutions", "courses", "students", "cohorts", "enrollments", "files"]
    uuids = {f"{resource[:-1]}_uuid": live(sandbox, resource)[0]["uuid"] for resource in resources}
    assert body(sandbox) == uuids | {"finish": True}


def test_student_and_course_stand_in_for_an_enrollment(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate that names student, course and cohort, and a template
    template = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/certificates$", status=422))
    said = certificate(enrollment_id=None, student_id="S1", course_id="CS", cohort_id="CS-1", template_id=template)
    # When it is sent
    row = sis.say(Step.CERTIFICATE, said)
    # Then these are sent, without an enrollment
    assert row["sis_id"] == "S1/CS/CS-1"
    assert body(sandbox)["template_uuid"] == template
    assert "enrollment_uuid" not in body(sandbox)
    names = ("student", "course", "cohort", "file")
    uuids = {f"{name}_uuid": live(sandbox, f"{name}s")[0]["uuid"] for name in names}
    assert body(sandbox).items() >= uuids.items()
    assert body(sandbox)["institution_uuid"] == live(sandbox, "institutions")[0]["uuid"]


@pytest.mark.parametrize("generation", ["g1", "g2"])
def test_the_other_generation_s_flag_leaves_a_draft_which_does_not_count_as_issued(
    generation: str, elsewhere: Callable[..., Pipeline], sandbox: Sandbox
) -> None:
    # Given an issue mode that this DokStamp ignores
    sandbox.switch(generation=generation, auth="both")
    wrong = Sis(elsewhere(dokstamp_issue="finish" if generation == "g1" else "status"))
    # When a certificate is sent
    row = wrong.say(Step.CERTIFICATE, certificate(), id="wrong", occurred_at=moment(50))
    # Then after the patience it is rejected, with the hint where to look, and there is one draft
    assert row["outcome"] == "rejected"
    assert "check the issue mode" in row["reason"]
    assert row.get("public_verification_url") is None
    assert [each["status"] for each in live(sandbox, "certificates")] == ["draft"]
    assert sandbox.state["notifications"] == []


def test_a_certificate_that_is_issued_a_little_later_is_waited_for(sis: Sis, sandbox: Sandbox) -> None:
    # Given a DokStamp that issues while nobody waits: the third read shows it
    sandbox.switch(issue_after_reads=3)
    # When a certificate is sent
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then it is asked for by its uuid until it is issued, and created once
    assert (row["outcome"], live(sandbox, "certificates")[0]["status"]) == ("created", "issued")
    assert row["public_verification_url"]
    assert calls(sandbox) == [*WRITES, *[("GET", f"/certificates/{row['uuid']}")] * 3]
    assert len(sandbox.state["notifications"]) == 1


def test_a_draft_that_was_given_up_is_taken_up_by_the_next_message(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate that stayed a draft longer than the patience
    sandbox.switch(issue_after_reads=1000)
    first = sis.say(Step.CERTIFICATE, certificate())
    # When it was issued meanwhile, and is sent again
    for record in sandbox.store.tables["certificates"].values():
        record.values["reads_until_issued"] = 1
    second = sis.say(Step.CERTIFICATE, certificate())
    # Then no second one is made
    assert (first["outcome"], second["outcome"]) == ("rejected", "created")
    assert len(live(sandbox, "certificates")) == 1


@pytest.mark.parametrize("denials", [1, 2])
def test_a_draft_that_dokstamp_denies_is_found_again_though_its_pdf_was_replaced(
    denials: int, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate that stayed a draft longer than the patience, and whose PDF was replaced since
    sandbox.switch(issue_after_reads=1000)
    sis.say(Step.CERTIFICATE, certificate())
    pdf(tmp_path, "ana.pdf", "something else")
    # When it is sent again, and DokStamp says that it does not know it
    unknown = Fault(kind="status", method="GET", path="^/certificates/", status=404, times=denials)
    sandbox.add_faults(unknown)
    sis.say(Step.CERTIFICATE, certificate())
    # Then there is one file and one certificate
    assert len(live(sandbox, "certificates")) == 1
    assert len(live(sandbox, "files")) == 1


def test_a_revoked_certificate_that_was_a_draft_once_can_be_issued_anew(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate that was given up as a draft, was issued later, and is revoked
    sandbox.switch(issue_after_reads=1000)
    sis.say(Step.CERTIFICATE, certificate())
    for record in sandbox.store.tables["certificates"].values():
        record.values["status"] = "issued"
    sis.say(Step.CERTIFICATE, certificate(revoke=True, pdf=None))
    # When a new one is sent under the same id
    sandbox.switch(issue_after_reads=0)
    row = sis.say(Step.CERTIFICATE, certificate(pdf=pdf(tmp_path, "new.pdf")))
    # Then it is issued
    assert row["outcome"] == "created", row["reason"]
    assert sorted(each["status"] for each in live(sandbox, "certificates")) == ["issued", "revoked"]


@pytest.mark.parametrize("kind", ["reset_after", "html", "truncated", "status", "drip"])
@pytest.mark.parametrize("path", ["^/files$", "^/certificates$"])
def test_a_lost_answer_never_makes_a_second_certificate(kind: str, path: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given a call that is carried out and not answered as it should be
    lost = {"kind": kind, "method": "POST", "path": path, "seconds": 0.1, "status": 500}
    sandbox.add_faults(Fault.model_validate(lost | ({"carry_out": True} if kind in ("html", "status") else {})))
    # When a certificate is sent
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then it is the only one, and the student was told once
    (issued,) = live(sandbox, "certificates")
    assert (row["outcome"], row["uuid"]) == ("created", issued["uuid"])
    assert len(live(sandbox, "files")) == 1
    assert len(sandbox.state["notifications"]) == 1


@pytest.mark.parametrize("said", [None, "2026-10-30T09:00:00-03:00"], ids=["occurred_at", "issued_at"])
def test_issued_at_is_sent_in_status_mode_and_is_frozen(
    said: str | None, elsewhere: Callable[..., Pipeline], sandbox: Sandbox
) -> None:
    # Given the generation that takes a time of issue, and a create that fails twice
    sandbox.switch(generation="g1", auth="both")
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/certificates$", times=2))
    # When a certificate is sent
    given = {"id": "x", "occurred_at": "2026-11-20T12:00:00Z"}
    Sis(elsewhere(dokstamp_issue="status")).say(Step.CERTIFICATE, certificate(issued_at=said), **given)
    # Then every try asked for the same time: the SIS's own, else when the message occurred
    asked = [call.body for call in sandbox.calls if (call.method, call.path) == WRITES[1]]
    expected = "2026-10-30T12:00:00.000000Z" if said else "2026-11-20T12:00:00.000000Z"
    assert [(each["status"], each["issued_at"]) for each in asked] == [("issued", expected)] * 3
    assert "finish" not in asked[0]
    assert live(sandbox, "certificates")[0]["issued_at"] == expected


def test_a_parent_found_by_its_natural_key_needs_no_row_of_the_institution(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a stack that remembers nothing, and an enrollment that can be named by student and course
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, sis_id="E2", student_id="S1", course_id="CS"))
    fresh = Sis(Pipeline(settings(sandbox.url), clock=sis.pipeline.clock, pdfs=FolderPdfs(tmp_path)))
    # When a certificate names it so
    row = fresh.say(Step.CERTIFICATE, certificate(enrollment_id="ana@x.example/CS"))
    # Then the institution is read from the course
    assert row["outcome"] == "created"
    assert body(sandbox)["institution_uuid"] == live(sandbox, "institutions")[0]["uuid"]
    assert body(sandbox)["enrollment_uuid"] == live(sandbox, "enrollments")[1]["uuid"]


def test_a_certificate_is_issued_only_after_the_student_was_corrected(sis: Sis, sandbox: Sandbox) -> None:
    # Given a message with a corrected name and a certificate
    corrected = example(Step.STUDENT, name="Ana Souza Lima")
    # When it is sent
    sis.send({Step.CERTIFICATE: [certificate()], Step.STUDENT: [corrected]})
    # Then the name that is frozen in the certificate is the corrected one
    assert live(sandbox, "certificates")[0]["snapshot"]["name"] == "Ana Souza Lima"
