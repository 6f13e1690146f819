"""The records of the sandbox, in memory."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from local.sandbox.catalogue import RESOURCES
from local.sandbox.fields import now
from local.sandbox.switches import Switches


@dataclass(slots=True)
class Record:
    """One record; `values` holds its fields by name, references as uuids. Deleted records stay. [deletion]

    Whatever changes it notes its uuid in `changed`, which is the store's own.
    """

    tenant: str
    values: dict[str, Any]
    uuid: str = field(default_factory=lambda: str(uuid4()))
    created_at: str = field(default_factory=now)
    updated_at: str = ""
    deleted_at: str | None = None
    changed: dict[str, None] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.updated_at = self.updated_at or self.created_at

    def get(self, name: str) -> Any:
        """A field, `uuid` or one of the timestamps; None where it has no value."""
        return getattr(self, name) if name in ("uuid", "created_at", "updated_at") else self.values.get(name)

    def put(self, **values: Any) -> None:
        """Sets fields without counting as a change that somebody asked for."""
        self.values.update(values)
        self.changed[self.uuid] = None

    def change(self, values: dict[str, Any]) -> None:
        if any(self.values.get(name) != value for name, value in values.items()):
            self.put(**values)
            self.updated_at = now()

    def delete(self) -> None:
        self.deleted_at = now()
        self.changed[self.uuid] = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "uuid": self.uuid,
            "tenant": self.tenant,
            **self.values,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "deleted_at": self.deleted_at,
        }


class Store:
    """Tables of records by uuid, in the order of creation.

    `attachments` is a table like the others: one record for each module of a course. `contents` holds the files'
    bytes by SHA-256. `changed` holds the uuids of the records that changed since somebody cleared it, in order.
    """

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Record]] = {name: {} for name in (*RESOURCES, "attachments")}
        self.contents: dict[str, bytes] = {}
        self.notifications: list[dict[str, Any]] = []
        self.changed: dict[str, None] = {}

    def add(self, table: str, record: Record) -> Record:
        self.tables[table][record.uuid] = record
        record.changed = self.changed
        self.changed[record.uuid] = None
        return record

    def remove(self, uuid: str) -> None:
        """Takes a record away without a trace."""
        for records in self.tables.values():
            records.pop(uuid, None)
        self.changed[uuid] = None

    def all(self, table: str, tenant: str, *, trashed: bool = False) -> Iterator[Record]:
        """A tenant's live records, and the deleted ones too if `trashed`."""
        for record in self.tables[table].values():
            if record.tenant == tenant and (trashed or record.deleted_at is None):
                yield record

    def find(self, table: str, tenant: str, uuid: object) -> Record | None:
        """The live record of that tenant with that uuid. [tenancy]"""
        record = self.tables[table].get(uuid) if isinstance(uuid, str) else None
        return record if record and record.tenant == tenant and record.deleted_at is None else None

    def referring(self, table: str, tenant: str, name: str, uuid: str) -> list[Record]:
        """The live records whose field `name` is that uuid."""
        return [record for record in self.all(table, tenant) if record.values.get(name) == uuid]

    def attached(self, tenant: str, course_uuid: str) -> list[Record]:
        """A course's attachments by `order`, those without one last."""
        found = self.referring("attachments", tenant, "course_uuid", course_uuid)
        return sorted(found, key=lambda record: (record.values["order"] is None, record.values["order"] or 0))


@dataclass(frozen=True, slots=True)
class Scope:
    """What one call may touch: the records of one tenant, under the switches in force."""

    store: Store
    switches: Switches
    tenant: str
    url: str

    def all(self, table: str) -> Iterator[Record]:
        return self.store.all(table, self.tenant)

    def find(self, table: str, uuid: object) -> Record | None:
        return self.store.find(table, self.tenant, uuid)

    def add(self, table: str, values: dict[str, Any]) -> Record:
        return self.store.add(table, Record(self.tenant, values))


def short_id() -> str:
    """The id of a public verification page."""
    return secrets.token_hex(5)
