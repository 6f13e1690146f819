"""Step 9: certificates.

Needs the enrollment, or student and course (and cohort), and a PDF in the bucket. Uploads the PDF and issues the
certificate, or revokes one. Leaves its uuid, its status and the address where anyone can verify it.
DokStamp notifies the student, and issuing cannot be undone. So this step has to handle a lost answer, a used PDF, a
draft and a revocation each in its own way. Source: [certificates], [files], [lifecycle], [revocation].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_certificate
from dokstamp_sync.errors import NotReady, Rejected
from dokstamp_sync.fields import stamp
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Certificate
from dokstamp_sync.steps.certificates import (
    ANOTHERS,
    NEW_PDF,
    REVOKE,
    USED,
    about_whom,
    check_enrollment,
    facts_of,
    is_anothers,
    key_of,
    rejected_if_used,
    what_was_sent,
    whose,
)
from dokstamp_sync.steps.look_up_create_update import UNPROCESSABLE, given
from dokstamp_sync.steps.work import Delivered, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve

# A certificate never leaves these states; only a new certificate can follow it [lifecycle].
ENDED = ("revoked", "expired")


class CertificateStep:
    step = Step.CERTIFICATE

    def references(self, record: Certificate) -> Mapping[str, Reference]:
        if record.enrollment_id:
            return {"enrollment_uuid": Reference(Step.ENROLLMENT, record.enrollment_id)}
        needed = {
            "student_uuid": Reference(Step.STUDENT, record.student_id or ""),
            "course_uuid": Reference(Step.COURSE, record.course_id or ""),
        }
        if record.cohort_id:
            needed["cohort_uuid"] = Reference(Step.COHORT, record.cohort_id)
        return needed

    def lane(self, record: Certificate) -> str:
        return record.sis_id

    def intent(self, record: Certificate, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """Empty: a certificate's key is its file, which has no uuid before it is uploaded."""
        return {}

    def deliver(self, work: Work[Certificate]) -> Delivered:
        if work.record.revoke:
            return self._revoke(work)
        if work.uuid and work.facts.get("status") == "draft" and self._is_same(work):
            return self._issued(work, work.api.get(f"/certificates/{work.uuid}"))
        if work.uuid and not self._has_ended(work, work.uuid):
            return self._already_issued(work)
        return self._issue(work)

    def _is_same(self, work: Work[Certificate]) -> bool:
        return bool(work.facts.get("record") == work.record.fingerprint())

    def _has_ended(self, work: Work[Certificate], uuid: str) -> bool:
        """Whether a new one may follow. For a changed record DokStamp is asked: only it knows what has expired."""
        if work.facts.get("status") in ENDED or self._is_same(work):
            return work.facts.get("status") in ENDED
        return work.api.get(f"/certificates/{uuid}").get("status") in ENDED

    def _issue(self, work: Work[Certificate]) -> Delivered:
        """Stores the file's uuid before it issues: if the answer is lost, the certificate is found by its file."""
        about = about_whom(work)
        lost = self._lost(work)
        if lost:
            return self._issued(work, lost)
        check_enrollment(work)
        if work.claimed.denied:
            work.claimed.freeze({})
        file_uuid, used = self._upload(work, about)
        if used:
            return self._adopt(work, about, file_uuid)
        try:
            certificate = work.api.create("/certificates", self._body(work, about, file_uuid))
        except Rejected as refusal:
            if "file_uuid" not in refusal.fields:
                raise
            return self._adopt(work, about, file_uuid)
        work.claimed.created(certificate["uuid"])
        return self._issued(work, certificate)

    def _lost(self, work: Work[Certificate]) -> Entity | None:
        """The certificate that an earlier try issued, if its answer was lost. It belongs to this record.

        Raises NotReady if the record says something else now and is no revocation: that may be on its way.
        """
        frozen = what_was_sent(work)
        if "file_uuid" not in frozen or not work.shared.still_holds(key_of(frozen["file_uuid"])):
            return None
        found = find_certificate(work.api, frozen["student_uuid"], frozen["course_uuid"], frozen["file_uuid"])
        if not found:
            return None
        work.shared.own(found["uuid"])
        if frozen["record"] != work.record.fingerprint():
            facts = facts_of(found) | {"record": frozen["record"], "sent": dict(frozen), **whose(frozen)}
            work.claimed.keep(facts, uuid=found["uuid"], key=key_of(frozen["file_uuid"]))
            if not work.record.revoke:
                raise NotReady(
                    f"the certificate was issued with what was sent before; {REVOKE}", finally_=Outcome.REJECTED
                )
        return found

    def _upload(self, work: Work[Certificate], about: Mapping[str, str]) -> tuple[str, bool]:
        """Answers the file's uuid, and whether a certificate has it. A retry uploads the same PDF, or is Rejected."""
        frozen = work.claimed.frozen
        same = frozen if frozen.get("record") == work.record.fingerprint() else {}
        with work.pdfs.open(work.record.pdf or "", same.get("pdf_version", "")) as pdf:
            if same.get("sha256", pdf.sha256) != pdf.sha256:
                raise Rejected("the PDF was changed while its certificate was being issued; send it again")
            issued_at = stamp(work.record.issued_at) if work.record.issued_at else work.occurred_at
            this = {"issued_at": issued_at, "pdf_version": pdf.version, "sha256": pdf.sha256}
            newest = max(same.get("occurred_at", ""), work.occurred_at)
            said = {"record": work.record.fingerprint(), "occurred_at": newest}
            work.claimed.freeze({**this, **same, **whose(about), **said})
            file = work.api.upload(pdf.name, pdf.file)
        self._hold(work, file["uuid"])
        return file["uuid"], bool(file.get("used_at"))

    def _hold(self, work: Work[Certificate], file_uuid: str) -> None:
        """Stores the file's uuid and takes the file for this record. Raises Rejected if another certificate has it."""
        key = key_of(file_uuid)
        with rejected_if_used():
            work.shared.freeze_and_hold({**work.claimed.frozen, "file_uuid": file_uuid, "key": key}, lambda: True)

    def _body(self, work: Work[Certificate], about: Mapping[str, str], file_uuid: str) -> dict[str, Any]:
        issue: dict[str, Any] = {"finish": True}
        if work.issue == "status":
            issue = {"status": "issued", "issued_at": work.claimed.frozen["issued_at"]}
        return {**about, "file_uuid": file_uuid, **given(template_uuid=work.record.template_id), **issue}

    def _adopt(self, work: Work[Certificate], about: Mapping[str, str], file_uuid: str) -> Delivered:
        """The file is used: by this record's certificate, whose answer was lost, or by another one (Rejected)."""
        found = find_certificate(work.api, about["student_uuid"], about["course_uuid"], file_uuid)
        if found is None:
            raise Rejected(USED)
        with rejected_if_used():
            work.shared.own(found["uuid"])
        if found.get("status") in ENDED:
            raise Rejected(f"this PDF belongs to a certificate that is {found['status']}; {NEW_PDF}")
        return self._issued(work, found)

    def _issued(self, work: Work[Certificate], certificate: Entity) -> Delivered:
        """Raises NotReady unless the answer's status is ``issued``: nothing else says that it was [certificates]."""
        status = str(certificate.get("status"))
        sent = what_was_sent(work)
        facts = facts_of(certificate) | {"record": work.record.fingerprint()} | whose(sent)
        if status != "issued":
            work.claimed.keep(
                facts | {"status": "draft", "sent": dict(sent)}, uuid=certificate["uuid"], key=key_of(sent["file_uuid"])
            )
            raise NotReady(
                f"DokStamp keeps the certificate as '{status}', not issued: check the issue mode",
                finally_=Outcome.REJECTED,
            )
        if is_anothers(work, sent):
            # An earlier try sent it, before the enrollment became another student's.
            work.claimed.keep(facts, uuid=certificate["uuid"], key=key_of(sent["file_uuid"]))
            raise Rejected(ANOTHERS)
        return Delivered(Outcome.CREATED, certificate["uuid"], "issued", facts, key_of(sent["file_uuid"]))

    def _already_issued(self, work: Work[Certificate]) -> Delivered:
        if not self._is_same(work):
            # The revocation that has to come first may be on its way.
            raise NotReady(f"the certificate exists and cannot be changed; {REVOKE}", finally_=Outcome.REJECTED)
        if is_anothers(work, work.facts):
            raise Rejected(ANOTHERS)
        key = work.claimed.row.key
        if work.claimed.row.applied is None:
            reason = "issued by an earlier try whose answer was lost"
            return Delivered(Outcome.CREATED, work.uuid, reason, work.facts, key)
        return Delivered(Outcome.UNCHANGED, work.uuid, "a certificate is issued only once", work.facts, key)

    def _revoke(self, work: Work[Certificate]) -> Delivered:
        if what_was_sent(work).get("occurred_at", "") > work.occurred_at:
            raise NotReady("what the SIS said later is just being issued; this revocation is about what was before it")
        lost = self._lost(work)
        uuid = lost["uuid"] if lost else work.uuid
        if not uuid:
            if work.claimed.denied:
                raise NotReady("DokStamp does not know the certificate any more, so there is none to revoke")
            raise NotReady(
                "no certificate is known under this sis_id, so there is none to revoke", awaits=work.claimed.row.id
            )
        try:
            revoked = work.api.revoke(
                f"/certificates/{uuid}/revoke", given(revocation_reason=work.record.revocation_reason)
            )
        except Rejected as refusal:
            if refusal.status != UNPROCESSABLE:
                raise
            revoked = work.api.get(f"/certificates/{uuid}")
        if revoked.get("status") != "revoked":
            # A draft cannot be revoked, and may be issued a moment later.
            reason = f"DokStamp keeps the certificate as '{revoked.get('status')}', not revoked"
            raise NotReady(reason, finally_=Outcome.REJECTED)
        return Delivered(Outcome.UPDATED, uuid, "revoked", {**work.facts, **facts_of(revoked)}, work.claimed.row.key)


handler = serve(CertificateStep())
