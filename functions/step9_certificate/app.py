"""Step 9: certificates.

Needs the enrollment, or student and course (and cohort), and a PDF in the bucket. Uploads the PDF, issues the
certificate; or revokes one. Leaves its uuid, its status and the address where anyone can verify it.
Issuing notifies the student and cannot be undone, so this file is longer than its neighbours: it has to know a lost
answer, a used PDF, a draft and a revocation apart. Source: [certificates], [files], [lifecycle], [revocation].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_certificate, uuid_of
from dokstamp_sync.errors import NotReady, Rejected
from dokstamp_sync.fields import stamp
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Certificate
from dokstamp_sync.steps.look_up_create_update import UNPROCESSABLE, given
from dokstamp_sync.steps.work import Delivered, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


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
        return {}

    def deliver(self, work: Work[Certificate]) -> Delivered:
        if work.record.revoke:
            return self._revoke(work)
        same = work.facts.get("record") == work.record.fingerprint()
        if work.uuid and work.facts.get("status") == "draft" and same:
            return self._issued(work, work.api.get(f"/certificates/{work.uuid}"))
        if work.uuid and work.facts.get("status") != "revoked":
            return self._already_issued(work)
        return self._issue(work)

    def _issue(self, work: Work[Certificate]) -> Delivered:
        """The file's uuid is kept before the certificate is asked for: by its file a lost one is found again."""
        about = self._about(work)
        lost = self._lost(work)
        if lost:
            return self._issued(work, lost)
        if work.forgotten:
            work.claimed.forget()
        file_uuid, used = self._upload(work, about)
        if used:
            return self._adopt(work, about, file_uuid)
        try:
            certificate = work.api.create("/certificates", self._body(work, about, file_uuid))
        except Rejected as refusal:
            if "file_uuid" not in refusal.fields:
                raise
            return self._adopt(work, about, file_uuid)
        return self._issued(work, certificate)

    def _lost(self, work: Work[Certificate]) -> Entity | None:
        """The certificate of an earlier try whose answer was lost; it is this record's, whatever is said of it now.

        Raises Rejected if it was issued with something else.
        """
        frozen = _sent(work)
        if "file_uuid" not in frozen:
            return None
        found = find_certificate(work.api, frozen["student_uuid"], frozen["course_uuid"], frozen["file_uuid"])
        if found and frozen["record"] != work.record.fingerprint():
            facts = _facts(found) | {"record": frozen["record"], "sent": dict(frozen)}
            work.claimed.remember(found["uuid"], facts)
            if not work.record.revoke:
                raise Rejected("the certificate was issued with what was sent before; revoke it, then send a new PDF")
        return found

    def _upload(self, work: Work[Certificate], about: Mapping[str, str]) -> tuple[str, bool]:
        """The file's uuid, and whether a certificate has it. A retry of the same record uploads the same PDF."""
        frozen = work.claimed.frozen
        same = frozen if frozen.get("record") == work.record.fingerprint() else {}
        with work.pdfs.open(work.record.pdf or "", same.get("pdf_version", "")) as pdf:
            if same.get("sha256", pdf.sha256) != pdf.sha256:
                raise Rejected("the PDF was changed while its certificate was being issued; send it again")
            issued_at = stamp(work.record.issued_at) if work.record.issued_at else work.occurred_at
            this = {"issued_at": issued_at, "pdf_version": pdf.version, "sha256": pdf.sha256}
            whose = {name: about[name] for name in ("student_uuid", "course_uuid")}
            work.claimed.freeze({**this, **same, **whose, "record": work.record.fingerprint()})
            file = work.api.upload(pdf.name, pdf.file)
        work.claimed.freeze({**work.claimed.frozen, "file_uuid": file["uuid"]})
        return file["uuid"], bool(file.get("used_at"))

    def _about(self, work: Work[Certificate]) -> dict[str, str]:
        """Whose certificate it is, as the vendor wants to be told."""
        about = {name: parent.uuid for name, parent in work.parents.items()}
        parent = work.parents.get("enrollment_uuid") or work.parents["course_uuid"]
        known = ("student_uuid", "course_uuid", "cohort_uuid", "institution_uuid")
        about |= {name: parent.facts[name] for name in known if name in parent.facts and name not in about}
        if "institution_uuid" not in about:
            institution = uuid_of(work.api.get(f"/courses/{about['course_uuid']}"), "institution")
            if institution is None:
                raise Rejected("DokStamp does not say which institution the course belongs to")
            about["institution_uuid"] = institution
        return about

    def _body(self, work: Work[Certificate], about: Mapping[str, str], file_uuid: str) -> dict[str, Any]:
        issue: dict[str, Any] = {"finish": True}
        if work.issue == "status":
            issue = {"status": "issued", "issued_at": work.claimed.frozen["issued_at"]}
        return {**about, "file_uuid": file_uuid, **given(template_uuid=work.record.template_id), **issue}

    def _adopt(self, work: Work[Certificate], about: Mapping[str, str], file_uuid: str) -> Delivered:
        """The file is taken: by this very certificate, whose answer was lost, or by another one."""
        found = find_certificate(work.api, about["student_uuid"], about["course_uuid"], file_uuid)
        if found is None:
            raise Rejected("this PDF was used for another certificate; every certificate needs a PDF of its own")
        if found.get("status") == "revoked":
            raise Rejected("this PDF belongs to a revoked certificate; a new certificate needs a new PDF")
        return self._issued(work, found)

    def _issued(self, work: Work[Certificate], certificate: Entity) -> Delivered:
        """Whatever was asked for, only the answer's status says whether it is issued [certificates]."""
        status = str(certificate.get("status"))
        facts = _facts(certificate) | {"record": work.record.fingerprint()}
        if status != "issued":
            work.claimed.remember(certificate["uuid"], facts | {"status": "draft", "sent": dict(_sent(work))})
            raise NotReady(
                f"DokStamp keeps the certificate as '{status}', not issued: check the issue mode",
                finally_=Outcome.REJECTED,
            )
        return Delivered(Outcome.CREATED, certificate["uuid"], "issued", facts)

    def _already_issued(self, work: Work[Certificate]) -> Delivered:
        if work.facts.get("record") != work.record.fingerprint():
            raise Rejected("the certificate exists and cannot be changed; revoke it, then send a new PDF")
        if work.claimed.row.applied is None:
            return Delivered(Outcome.CREATED, work.uuid, "issued by an earlier try whose answer was lost", work.facts)
        return Delivered(Outcome.UNCHANGED, work.uuid, "a certificate is issued only once", work.facts)

    def _revoke(self, work: Work[Certificate]) -> Delivered:
        lost = self._lost(work)
        uuid = lost["uuid"] if lost else work.uuid
        if not uuid:
            if work.forgotten:
                raise NotReady("DokStamp does not know the certificate any more, so there is none to revoke")
            raise NotReady("no certificate is known under this sis_id, so there is none to revoke")
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
        return Delivered(Outcome.UPDATED, uuid, "revoked", {**work.facts, **_facts(revoked)})


def _sent(work: Work[Certificate]) -> Mapping[str, str]:
    """What an earlier try sent: by its file a lost certificate is found, and a draft that DokStamp denies but has."""
    draft = work.facts if work.facts.get("status") == "draft" else {}
    return work.claimed.frozen or draft.get("sent", {})


def _facts(certificate: Entity) -> dict[str, Any]:
    return given(status=certificate.get("status"), public_verification_url=certificate.get("public_verification_url"))


handler = serve(CertificateStep())
