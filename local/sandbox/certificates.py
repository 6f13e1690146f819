"""Certificates: drafted, issued, revoked, and never back. [certificates] [lifecycle] [revocation]"""

from typing import Any

from local.sandbox.answers import Answer, Call, many, one
from local.sandbox.catalogue import CERTIFICATES
from local.sandbox.errors import invalid
from local.sandbox.fields import now
from local.sandbox.listing import listed
from local.sandbox.store import Record, Scope, Store, short_id
from local.sandbox.validation import validated

_FLAGS = ("status", "issued_at", "finish")
_REVOCATION = ("uuid", "status", "revoked_at", "revocation_reason", "public_verification_url")


def create(call: Call) -> Answer:
    """A draft, or an issued certificate where the call asks for it in the generation's own way. [lifecycle]

    422 on `file_uuid` where a certificate has used the file. [files] [errors]
    """
    scope = call.scope
    values = validated(scope, CERTIFICATES, call.body)
    flags = {name: values.pop(name) for name in _FLAGS}
    wanted = _is_issue_wanted(scope, flags)
    file = scope.store.tables["files"][values["file_uuid"]]
    if file.values["used_at"]:
        raise invalid({"file_uuid": ["The file has already been used by a certificate."]})
    file.put(used_at=now())
    fresh = {name: None for name in CERTIFICATES.answered if name != "files"} | {"status": "draft", "snapshot": None}
    record = scope.add("certificates", values | fresh | {"short_id": short_id(), "reads_until_issued": None})
    if wanted:
        _start_issue(scope, record, flags)
    return one(scope, CERTIFICATES, record, 201)


def show(call: Call) -> Answer:
    """One certificate; the read counts for the switch `issue_after_reads`. [certificates]"""
    record = call.record(CERTIFICATES)
    _count_read(call.scope, record)
    return one(call.scope, CERTIFICATES, record)


def index(call: Call) -> Answer:
    """A page of certificates; the read of each counts for the switch `issue_after_reads`. [certificates]"""
    page = listed(call.scope, CERTIFICATES, call.scope.all("certificates"), call.query)
    for record in page.records:
        _count_read(call.scope, record)
    return many(call.scope, CERTIFICATES, page)


def change(call: Call) -> Answer:
    """Changes a draft; 422 on `status` for anything else: the states go one way. [lifecycle]"""
    record = call.record(CERTIFICATES)
    _require(record, "draft")
    values = validated(call.scope, CERTIFICATES, call.body, record)
    flags = {name: values.pop(name, None) for name in _FLAGS}
    if values.get("file_uuid", record.values["file_uuid"]) != record.values["file_uuid"]:
        raise invalid({"file_uuid": ["The file_uuid cannot be changed."]})
    wanted = call.scope.switches.patch_issues_draft and _is_issue_wanted(call.scope, flags)
    record.change(values)
    if wanted:
        _start_issue(call.scope, record, flags)
    return one(call.scope, CERTIFICATES, record)


def revoke(call: Call) -> Answer:
    """Revokes an issued certificate, with an optional `revocation_reason`. [revocation]"""
    record = call.record(CERTIFICATES)
    _require(record, "issued")
    reason = call.body.get("revocation_reason")
    if reason is not None and not isinstance(reason, str):
        raise invalid({"revocation_reason": ["The revocation_reason must be a string."]})
    record.change({"status": "revoked", "revoked_at": now(), "revocation_reason": reason})
    return Answer(200, {"data": {name: record.get(name) for name in _REVOCATION}})


def expire(store: Store, uuid: str) -> bool:
    """Ends an issued certificate's validity, as time does at the vendor. [lifecycle]"""
    record = store.tables["certificates"].get(uuid)
    if record is None or record.values["status"] != "issued":
        return False
    record.change({"status": "expired"})
    return True


def _require(record: Record, status: str) -> None:
    if record.values["status"] != status:
        raise invalid({"status": [f"The certificate is {record.values['status']}, not {status}."]})


def _is_issue_wanted(scope: Scope, flags: dict[str, Any]) -> bool:
    """Whether a flag that counts asks for the issue; the other generation's flag counts as the switch says."""
    asked = {"finish": flags["finish"] is True, "status": flags["status"] == "issued"}
    own, other = ("finish", "status") if scope.switches.generation == "g2" else ("status", "finish")
    if asked[other] and scope.switches.other_issue_flag == "refused":
        raise invalid({other: [f"The {other} field is prohibited."]})
    return asked[own] or (asked[other] and scope.switches.other_issue_flag == "honoured")


def _start_issue(scope: Scope, record: Record, flags: dict[str, Any]) -> None:
    # `finish` leaves the time to the platform; only `status` comes with one.
    record.put(issue_time_asked_for=flags["issued_at"] if flags["status"] == "issued" else None)
    if scope.switches.issue_after_reads:
        record.put(reads_until_issued=scope.switches.issue_after_reads)
    else:
        _issue(scope, record)


def _count_read(scope: Scope, record: Record) -> None:
    left = record.values["reads_until_issued"]
    if left:
        record.put(reads_until_issued=left - 1)
        if left == 1:
            _issue(scope, record)


def _issue(scope: Scope, record: Record) -> None:
    """Freezes the student's identity, opens the public page and notifies the student. [lifecycle]"""
    student = scope.store.tables["students"][record.values["student_uuid"]]
    snapshot = {name: student.values[name] for name in ("name", "social_name", "email", "date_of_birth")}
    at = now()
    record.change(
        {
            "status": "issued",
            "issued_at": record.values["issue_time_asked_for"] or at,
            "public_verification_url": f"{scope.url}/verify/{record.values['short_id']}",
            # The student resource has neither field, yet the snapshot is said to hold both. [lifecycle]
            "snapshot": snapshot | {"document_id": None, "country": None},
        }
    )
    scope.store.notifications.append(
        {"student_uuid": student.uuid, "certificate_uuid": record.uuid, "email": student.values["email"], "at": at}
    )
