"""Step 9, in doubt: what may have been issued is found again, and is not taken for anything else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live, moment, pdf

POST = {"method": "POST", "path": "^/certificates$"}
REVOKE: Json = {"enrollment_id": "E1", "revoke": True}
BIA = example(Step.STUDENT, sis_id="S2", name="Bia", email="bia@x.example")
OF_BIA = example(Step.ENROLLMENT, sis_id="E2", student_id="S2")
pytestmark = pytest.mark.usefixtures("graduate")


def certificate(**changes: object) -> Json:
    return example(Step.CERTIFICATE, **changes)


def statuses(sandbox: Sandbox) -> list[str]:
    return [each["status"] for each in live(sandbox, "certificates")]


def lose(sis: Sis, sandbox: Sandbox, occurred_at: str, kind: str = "reset_after") -> None:
    """Sends the certificate in a message that comes once; the answer is lost, and the lease runs out."""
    sandbox.add_faults(Fault.model_validate({"kind": kind, **POST}))
    head = {"run": f"lost at {occurred_at}", "step": "certificate", "occurred_at": occurred_at}
    sis.pipeline.hands_back(Step.CERTIFICATE, head | {"records": [certificate()]})
    sis.pipeline.clock.sleep(sis.pipeline.settings.lease_seconds + 1)


def reject_another_pdf(sis: Sis, folder: Path) -> None:
    """Another PDF comes for a certificate that was issued already; its record waits in vain."""
    assert sis.say(Step.CERTIFICATE, certificate(pdf=pdf(folder, "new.pdf")))["outcome"] == "rejected"


def test_another_pdf_is_issued_if_the_first_one_turns_out_not_to_be(sis: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given a certificate that was not issued, as nobody can know without looking
    lose(sis, sandbox, moment(50), "reset_before")
    # When it is sent with another PDF
    row = sis.say(Step.CERTIFICATE, certificate(pdf=pdf(tmp_path, "new.pdf")), occurred_at=moment(51))
    # Then this one is issued
    assert row["outcome"] == "created", row["reason"]
    (issued,) = live(sandbox, "certificates")
    files = {each["uuid"]: each["original_name"] for each in live(sandbox, "files")}
    assert files[issued["file_uuid"]] == "new.pdf"


def test_a_later_message_that_says_the_same_asks_for_the_time_of_issue_of_the_first(
    elsewhere: Callable[..., Pipeline], sandbox: Sandbox
) -> None:
    # Given a DokStamp that takes a time of issue, and a certificate that may have been issued at one
    sandbox.switch(generation="g1", auth="both")
    sis = Sis(elsewhere(dokstamp_issue="status"))
    lose(sis, sandbox, moment(50), "reset_before")
    # When the same is said in a message of an hour later
    sis.say(Step.CERTIFICATE, certificate(), occurred_at=moment(51))
    # Then both tries asked for the same time
    first, second = [call.body["issued_at"] for call in sandbox.calls if call.path == "/certificates" and call.body]
    assert first == second


def test_a_revocation_leaves_alone_what_a_newer_and_then_an_older_message_tried_to_issue(
    sis: Sis, sandbox: Sandbox
) -> None:
    # Given a certificate that a message tried to issue, and then an older one that says the same
    lose(sis, sandbox, moment(52), "reset_before")
    lose(sis, sandbox, moment(50))
    assert statuses(sandbox) == ["issued"]
    # When a revocation comes that is older than the newer one
    row = sis.say(Step.CERTIFICATE, REVOKE, occurred_at=moment(51))
    # Then it waits in vain
    assert (row["outcome"], statuses(sandbox)) == ("blocked", ["issued"])


def test_a_revocation_of_the_same_moment_revokes_what_may_have_been_issued(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate that was issued, but whose answer was lost
    lose(sis, sandbox, moment(50))
    # When it is revoked in a message of the same moment, Then it is revoked
    assert sis.say(Step.CERTIFICATE, REVOKE, occurred_at=moment(50))["outcome"] == "updated"
    assert statuses(sandbox) == ["revoked"]


def test_a_pdf_that_may_have_been_used_is_not_given_to_another_record(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate that was issued, but whose answer was lost
    lose(sis, sandbox, moment(50))
    # When another record of the same enrollment brings its PDF, Then it is rejected in the end
    other = sis.say(Step.CERTIFICATE, certificate(sis_id="C2"), occurred_at=moment(51))
    assert (other["outcome"], other["uuid"], "certificate 'E1'" in other["reason"]) == ("rejected", None, True)
    # And the certificate is still that of the first record
    row = sis.say(Step.CERTIFICATE, certificate(), occurred_at=moment(52))
    assert (row["outcome"], row["uuid"]) == ("created", live(sandbox, "certificates")[0]["uuid"])


@pytest.mark.parametrize("found", ["by the answer", "after its answer was lost", "by its used PDF"])
def test_an_answer_that_names_the_certificate_of_another_record_is_not_believed(
    found: str, sis: Sis, sandbox: Sandbox, rows: dict[str, Row], tmp_path: Path
) -> None:
    # Given a certificate that the mapping knows in one of three ways
    if found == "after its answer was lost":
        lose(sis, sandbox, moment(50))
    row = sis.say(Step.CERTIFICATE, certificate(), occurred_at=moment(51))
    if found == "by its used PDF":
        del rows["certificate#E1"], rows[f"uuid#{row['uuid']}"]
        row = sis.say(Step.CERTIFICATE, certificate(), occurred_at=moment(52))
    (issued,) = live(sandbox, "certificates")
    assert row["uuid"] == issued["uuid"]
    # When DokStamp answers with it as if it had just been issued for another record
    sandbox.add_faults(Fault(kind="status", status=201, body={"data": issued}, **POST))
    other = sis.say(Step.CERTIFICATE, certificate(sis_id="C2", pdf=pdf(tmp_path, "c2.pdf")), occurred_at=moment(53))
    # Then DokStamp is asked again, and the other record gets a certificate of its own
    assert other["outcome"] == "created"
    assert {row["uuid"], other["uuid"]} == {each["uuid"] for each in live(sandbox, "certificates")}
    assert row["uuid"] != other["uuid"]


def test_a_draft_of_a_lost_answer_is_issued_though_its_revocation_was_refused_since(sis: Sis, sandbox: Sandbox) -> None:
    # Given a draft whose answer was lost, and a revocation that DokStamp does not take
    sandbox.switch(issue_after_reads=1000)
    lose(sis, sandbox, moment(0))
    sandbox.add_faults(Fault(kind="status", status=409, method="PUT", path="/revoke$"))
    assert sis.say(Step.CERTIFICATE, REVOKE)["outcome"] == "rejected"
    # When it was issued meanwhile, and is sent again as it was at first
    for record in sandbox.store.tables["certificates"].values():
        record.values["reads_until_issued"] = 1
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then it is the one that was issued
    assert (row["outcome"], row["uuid"]) == ("created", live(sandbox, "certificates")[0]["uuid"])
    assert statuses(sandbox) == ["issued"]


def test_what_was_issued_for_somebody_else_stays_so_though_its_answer_was_lost(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate of Ana's whose answer was lost, and another PDF for it that was rejected
    lose(sis, sandbox, moment(0))
    reject_another_pdf(sis, tmp_path)
    # When her enrollment turns out to be Bia's, and the certificate is sent again as it was at first
    sis.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [example(Step.ENROLLMENT, student_id="S2", cohort_id="CS-1")]})
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then it is rejected, and Bia is not told that it is hers
    assert row["outcome"] == "rejected"
    assert "issued for another student or course" in row["reason"]


def test_another_pdf_for_what_was_issued_without_an_answer_is_rejected_even_by_a_message_that_does_not_wait(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate whose answer was lost
    lose(sis, sandbox, moment(50))
    # When a dry run brings another PDF, Then it is told what would become of it in the end
    other = certificate(pdf=pdf(tmp_path, "new.pdf"))
    row = sis.say(Step.CERTIFICATE, other, occurred_at=moment(51), options={"dry_run": True})
    assert (row["outcome"], "revoke it, then send a new PDF" in row["reason"]) == ("rejected", True), row


@pytest.mark.parametrize("how", ["a draft", "issued without an answer"])
def test_a_pdf_in_doubt_is_known_to_be_used_also_to_other_students(
    how: str, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a certificate of Ana's that stays a draft, or whose answer was lost
    sis.send({Step.STUDENT: [BIA], Step.ENROLLMENT: [OF_BIA]})
    if how == "a draft":
        sandbox.switch(issue_after_reads=1000)
        assert sis.say(Step.CERTIFICATE, certificate())["outcome"] == "rejected"
    else:
        lose(sis, sandbox, moment(0))
        reject_another_pdf(sis, tmp_path)
    # When Bia's comes with the same PDF, Then it is rejected, and the reason names Ana's
    row = sis.say(Step.CERTIFICATE, certificate(enrollment_id="E2"))
    assert (row["outcome"], "that of certificate 'E1'" in row["reason"]) == ("rejected", True), row["reason"]


def test_a_draft_that_was_deleted_is_made_anew_with_the_pdf_as_it_is_now(
    sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a draft whose answer was lost, and that was found again
    sandbox.switch(issue_after_reads=1000)
    lose(sis, sandbox, moment(0))
    sis.breaks_off(Step.CERTIFICATE)
    # When somebody deletes it in DokStamp, the PDF is replaced, and the certificate is sent again
    sandbox.store.tables["certificates"].clear()
    pdf(tmp_path, "ana.pdf", "something else")
    sandbox.switch(issue_after_reads=0)
    row = sis.say(Step.CERTIFICATE, certificate())
    # Then a new one is issued
    assert row["outcome"] == "created", row["reason"]
    assert statuses(sandbox) == ["issued"]


def test_whatever_dokstamp_calls_what_is_not_issued_it_never_counts_as_issued(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate whose answer was lost, and which DokStamp keeps in a state that no page describes
    sandbox.switch(issue_after_reads=1000)
    lose(sis, sandbox, moment(0))
    for record in sandbox.store.tables["certificates"].values():
        record.values["status"] = "in review"
    # When it is sent twice, Then it is rejected twice
    for _ in range(2):
        row = sis.say(Step.CERTIFICATE, certificate())
        assert (row["outcome"], "keeps the certificate as 'in review'" in row["reason"]) == ("rejected", True)
