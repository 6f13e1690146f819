"""Step 9, revoking: one way, and a certificate revoked in error is replaced by a new one with a new PDF."""

from pathlib import Path

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.sis import Json, Sis, calls, example, live, pdf, writes

pytestmark = pytest.mark.usefixtures("graduate")


def certificate(**changes: object) -> Json:
    return example(Step.CERTIFICATE, **changes)


def revocation(**changes: object) -> Json:
    return {"enrollment_id": "E1", "revoke": True, "revocation_reason": "Wrong grade"} | changes


def statuses(sandbox: Sandbox) -> list[str]:
    return [each["status"] for each in live(sandbox, "certificates")]


@pytest.mark.parametrize("reason", [{"revocation_reason": "Wrong grade"}, {}], ids=["reason", "no reason"])
def test_an_issued_certificate_is_revoked_with_the_reason(reason: Json, sis: Sis, sandbox: Sandbox) -> None:
    # Given an issued certificate
    issued = sis.say(Step.CERTIFICATE, certificate())
    sandbox.calls.clear()
    # When the SIS revokes it
    row = sis.say(Step.CERTIFICATE, {"enrollment_id": "E1", "revoke": True} | reason)
    # Then DokStamp is told once, with the reason if there is one, and its page stays
    assert (row["outcome"], row["uuid"], row["reason"]) == ("updated", issued["uuid"], "revoked")
    assert row["public_verification_url"] == issued["public_verification_url"]
    assert writes(sandbox) == [("PUT", f"/certificates/{issued['uuid']}/revoke")]
    assert sandbox.calls[-1].body == reason
    assert statuses(sandbox) == ["revoked"]


def test_a_revocation_before_the_certificate_waits_and_is_then_blocked(sis: Sis, sandbox: Sandbox) -> None:
    # Given no certificate
    began = sis.pipeline.clock()
    # When one is revoked
    row = sis.say(Step.CERTIFICATE, revocation())
    # Then it was waited for as long as the patience lasts, and the reason is told
    assert row["outcome"] == "blocked"
    assert "none to revoke" in row["reason"]
    assert sis.pipeline.clock() - began >= sis.pipeline.settings.patience_seconds
    assert statuses(sandbox) == []
    # And it does not stand in the way when the certificate is sent, and revoked again
    rows = [sis.say(Step.CERTIFICATE, each) for each in (certificate(), revocation())]
    assert [row["outcome"] for row in rows] == ["created", "updated"]
    assert statuses(sandbox) == ["revoked"]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "html", "status"])
def test_a_revocation_whose_answer_is_lost_is_revoked_in_the_end(kind: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given an issued certificate, and a revocation that is not answered as it should be
    sis.say(Step.CERTIFICATE, certificate())
    sandbox.add_faults(Fault.model_validate({"kind": kind, "method": "PUT"}))
    # When it is revoked
    row = sis.say(Step.CERTIFICATE, revocation())
    # Then it is, whether or not the first try was carried out
    assert (row["outcome"], statuses(sandbox)) == ("updated", ["revoked"])


def test_a_certificate_that_expired_cannot_be_revoked(sis: Sis, sandbox: Sandbox) -> None:
    # Given a certificate whose validity has ended
    issued = sis.say(Step.CERTIFICATE, certificate())
    assert sandbox.expire(issued["uuid"])
    # When it is revoked
    row = sis.say(Step.CERTIFICATE, revocation())
    # Then the rejection says how DokStamp keeps it
    assert row["outcome"] == "rejected"
    assert "expired" in row["reason"]


@pytest.mark.parametrize("sis_id", ["E1", "E1/2"], ids=["same sis_id", "sis_id of its own"])
def test_a_new_certificate_after_a_revocation_takes_a_new_pdf(
    sis_id: str, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a revoked certificate
    sis.say(Step.CERTIFICATE, certificate())
    sis.say(Step.CERTIFICATE, revocation())
    # When the SIS sends it again with the old PDF, and then with a new one
    old = sis.say(Step.CERTIFICATE, certificate(sis_id=sis_id))
    sandbox.calls.clear()
    new = sis.say(Step.CERTIFICATE, certificate(sis_id=sis_id, pdf=pdf(tmp_path, "second.pdf")))
    # Then the first is refused with the reason, and the second is issued
    assert (old["outcome"], new["outcome"]) == ("rejected", "created")
    assert "a new certificate needs a new PDF" in old["reason"]
    assert statuses(sandbox) == ["revoked", "issued"]
    assert new["uuid"] == live(sandbox, "certificates")[1]["uuid"]
    # And nobody asks DokStamp about what the mapping knows to be revoked
    assert calls(sandbox) == [("POST", "/files"), ("POST", "/certificates")]


def test_the_same_message_may_revoke_one_and_issue_the_next(sis: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given an issued certificate
    sis.say(Step.CERTIFICATE, certificate())
    # When one message revokes it and issues another under an id of its own
    second = certificate(sis_id="E1/2", pdf=pdf(tmp_path, "second.pdf"))
    told = sis.send({Step.CERTIFICATE: [revocation(), second]})
    # Then both come to their end
    assert {row["sis_id"]: row["outcome"] for row in told.values()} == {"E1": "updated", "E1/2": "created"}
    assert statuses(sandbox) == ["revoked", "issued"]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_lost_answer_to_the_new_certificate_does_not_make_a_third(
    kind: str, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a revoked certificate, and an answer that will be lost
    sis.say(Step.CERTIFICATE, certificate())
    sis.say(Step.CERTIFICATE, revocation())
    sandbox.add_faults(Fault.model_validate({"kind": kind, "method": "POST", "path": "^/certificates$"}))
    # When the new certificate is sent under the same id
    row = sis.say(Step.CERTIFICATE, certificate(pdf=pdf(tmp_path, "second.pdf")))
    # Then there is one of it
    assert row["outcome"] == "created"
    assert statuses(sandbox) == ["revoked", "issued"]


@pytest.mark.parametrize("denials", [1, 2])
def test_a_lost_certificate_that_dokstamp_denies_is_revoked_all_the_same(
    denials: int, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a certificate that was issued, but whose answer was lost and whose message is out of receives
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/certificates$"))
    sis.breaks_off(Step.CERTIFICATE)
    # When it is revoked, and DokStamp says that it does not know it
    sandbox.add_faults(Fault(kind="status", method="PUT", path="/revoke$", status=404, times=denials))
    began = sis.pipeline.clock()
    row = sis.say(Step.CERTIFICATE, revocation())
    # Then it is revoked at once
    assert (row["outcome"], statuses(sandbox)) == ("updated", ["revoked"])
    assert sis.pipeline.clock() == began


def test_a_revoked_certificate_keeps_its_page_though_dokstamp_s_answer_does_not_name_it(
    sis: Sis, sandbox: Sandbox
) -> None:
    # Given an issued certificate, and a DokStamp whose answer to a revocation tells no more than the status
    issued = sis.say(Step.CERTIFICATE, certificate())
    body = {"data": {"uuid": issued["uuid"], "status": "revoked"}}
    sandbox.add_faults(Fault(kind="status", method="PUT", path="/revoke$", status=200, body=body, carry_out=True))
    # When it is revoked, Then the SIS is told its address all the same
    row = sis.say(Step.CERTIFICATE, revocation())
    assert (row["outcome"], row["public_verification_url"]) == ("updated", issued["public_verification_url"])
