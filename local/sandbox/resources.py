"""The operations that all plain resources share. [organizations] [bulk] [deletion]"""

from typing import Any

from local.sandbox.answers import Answer, Call, many, one
from local.sandbox.catalogue import GROUPS
from local.sandbox.errors import MESSAGES, ApiError, invalid
from local.sandbox.listing import listed
from local.sandbox.shapes import Resource
from local.sandbox.store import Record, Scope
from local.sandbox.validation import validated


def index(resource: Resource, call: Call) -> Answer:
    """The live records of the tenant that match the filters, a page at a time. [intro]"""
    return many(call.scope, resource, listed(call.scope, resource, call.scope.all(resource.name), call.query))


def create(resource: Resource, call: Call) -> Answer:
    """A create is never an upsert. [overview]"""
    record = call.scope.add(resource.name, validated(call.scope, resource, call.body))
    return one(call.scope, resource, record, 201)


def show(resource: Resource, call: Call) -> Answer:
    """One live record of the tenant. [tenancy]"""
    return one(call.scope, resource, call.record(resource))


def patch(resource: Resource, call: Call) -> Answer:
    """Changes the fields that are sent. [sync]"""
    return _changed(resource, call, put=False)


def put(resource: Resource, call: Call) -> Answer:
    """As PATCH, or a full replacement: the switch `put` says which. [organizations]"""
    return _changed(resource, call, put=True)


def destroy(resource: Resource, call: Call) -> Answer:
    """Marks as deleted; refused while another record refers to this one. [deletion]"""
    delete(call.scope, resource, [call.record(resource)])
    return Answer(204)


def destroy_batch(resource: Resource, call: Call) -> Answer:
    """All of `uuids`, or none of them; 422 on `uuids.N` for a record that is absent. [bulk]"""
    found = [call.scope.find(resource.name, uuid) for uuid in call.uuids("uuids")]
    missing = {f"uuids.{n}": [f"The selected uuids.{n} is invalid."] for n, record in enumerate(found) if not record}
    if missing:
        raise invalid(missing)
    delete(call.scope, resource, [record for record in found if record])
    return Answer(204)


def delete(scope: Scope, resource: Resource, records: list[Record]) -> None:
    """Marks the records as deleted, or none if one of them is still referred to. [deletion]"""
    for record in records:
        keepers = _keepers(scope, resource, record)
        if keepers:
            raise _blocked(scope, record, keepers)
    for record in records:
        record.delete()
        if resource is GROUPS:
            for attachment in scope.store.referring(
                "attachments", scope.tenant, "course_module_group_uuid", record.uuid
            ):
                attachment.put(course_module_group_uuid=None)


def _changed(resource: Resource, call: Call, *, put: bool) -> Answer:
    record = call.record(resource)
    record.change(validated(call.scope, resource, call.body, record, put))
    return one(call.scope, resource, record)


def _keepers(scope: Scope, resource: Resource, record: Record) -> list[str]:
    """The resources that keep this record from being deleted."""
    keepers = [
        table for table, name in resource.kept_by if scope.store.referring(table, scope.tenant, name, record.uuid)
    ]
    if resource.name == "students" and any(
        certificate.values["snapshot"] and certificate.values["student_uuid"] == record.uuid
        for certificate in scope.store.all("certificates", scope.tenant, trashed=True)
    ):
        keepers.append("identity snapshots")
    return keepers


def _blocked(scope: Scope, record: Record, keepers: list[str]) -> ApiError:
    status = scope.switches.blocked_delete_status
    reason = f"{record.uuid} cannot be deleted: {', '.join(keepers)} refer to it."
    errors: dict[str, Any] | None = {"uuid": [reason]} if status == 422 else None
    return ApiError(status, MESSAGES.get(status, reason), errors=errors)
