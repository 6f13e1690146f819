"""What is known of a certificate: its student and course, what was sent for it, and which record has its PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import uuid_of
from dokstamp_sync.errors import NotReady, Rejected
from dokstamp_sync.mapping.identity import key_id, named
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Certificate
from dokstamp_sync.steps.look_up_create_update import given
from dokstamp_sync.steps.work import Work

REVOKE = "revoke it, then send a new PDF"
ANOTHERS = f"the certificate was issued for another student or course than the record names now; {REVOKE}"
NEW_PDF = "a new certificate needs a new PDF"
USED = f"this PDF was used for another certificate, and every certificate needs a PDF of its own: {NEW_PDF}"


def about_whom(work: Work[Certificate]) -> dict[str, str]:
    """The uuids that a certificate is sent with: student, course, institution and so on [certificates], [order]."""
    about = known_about(work)
    if "institution_uuid" not in about:
        institution = uuid_of(work.api.get(f"/courses/{about['course_uuid']}"), "institution")
        if institution is None:
            raise Rejected("DokStamp does not say which institution the course belongs to")
        about["institution_uuid"] = institution
    return about


def known_about(work: Work[Certificate]) -> dict[str, str]:
    """The same as far as the parents' rows say it."""
    about = {name: parent.uuid for name, parent in work.parents.items()}
    parent = work.parents.get("enrollment_uuid") or work.parents["course_uuid"]
    known = ("student_uuid", "course_uuid", "cohort_uuid", "institution_uuid")
    return about | {name: parent.facts[name] for name in known if name in parent.facts and name not in about}


def check_enrollment(work: Work[Certificate]) -> None:
    """Raises NotReady if the enrollment is dropped: the one that is named, or the student's in the course and cohort.

    The record waits because a correction of the enrollment may be on its way.
    """
    enrollment = work.parents.get("enrollment_uuid")
    key = key_id(Step.ENROLLMENT, [parent.uuid for parent in work.parents.values()])
    facts = enrollment.facts if enrollment else work.shared.facts_of(key)
    if facts.get("completion_status") == "dropped":
        reason = "the enrollment was dropped; correct it, then send the certificate again"
        raise NotReady(reason, finally_=Outcome.REJECTED)


def what_was_sent(work: Work[Certificate]) -> Mapping[str, str]:
    """What an earlier try sent. By its file a certificate is found whose answer was lost, or that DokStamp denied."""
    draft = work.facts if work.facts.get("status") == "draft" else {}
    return work.claimed.frozen or draft.get("sent", {})


def whose(told: Mapping[str, str]) -> dict[str, str]:
    """The uuids of student and course in ``told``, as far as they are there."""
    return {name: told[name] for name in ("student_uuid", "course_uuid") if name in told}


def key_of(file_uuid: str) -> str:
    """The id of a certificate's key: its file, which DokStamp takes for one certificate only [files]."""
    return key_id(Step.CERTIFICATE, (file_uuid,))


def facts_of(certificate: Entity) -> dict[str, Any]:
    """What the row keeps of DokStamp's answer: the status and the verification address."""
    return given(status=certificate.get("status"), public_verification_url=certificate.get("public_verification_url"))


def is_anothers(work: Work[Certificate], told: Mapping[str, str]) -> bool:
    """Whether what was sent or kept of a certificate names another student or course than the record does now."""
    now = whose(known_about(work))
    return any(now.get(name, uuid) != uuid for name, uuid in whose(told).items())


@contextmanager
def rejected_if_used() -> Iterator[None]:
    """Turns NotReady into Rejected if another record has a certificate with this PDF: it never gives the PDF up."""
    try:
        yield
    except NotReady as held:
        if held.settled:
            raise Rejected(f"{USED}: this one is that of {named(held.rival)}") from None
        raise
