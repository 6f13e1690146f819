"""What an operation takes and gives, and how a record looks in an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sandbox.catalogue import RESOURCES
from local.sandbox.errors import ApiError, invalid
from local.sandbox.listing import Page
from local.sandbox.shapes import Resource
from local.sandbox.store import Record, Scope


@dataclass(frozen=True, slots=True)
class Upload:
    """One part of a multipart body."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call: its scope, the path's parameters, the query, the JSON body or the uploads."""

    scope: Scope
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()

    def record(self, resource: Resource, parameter: str = "uuid") -> Record:
        """The record that the path names; 404 where it is absent, deleted or another tenant's. [tenancy]"""
        uuid = self.path[parameter]
        record = self.scope.find(resource.name, uuid)
        if record is None:
            raise ApiError(404, absent=(resource.model, uuid))
        return record

    def uuids(self, key: str) -> list[Any]:
        """A required list in the body, of uuids or of objects. [bulk] [course-modules]"""
        uuids = self.body.get(key)
        if not isinstance(uuids, list) or not uuids:
            raise invalid({key: [f"The {key} field is required and must be an array."]})
        return uuids


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None is no body at all. `content` replaces the JSON, e.g. for a download."""

    status: int
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def one(scope: Scope, resource: Resource, record: Record, status: int = 200) -> Answer:
    return Answer(status, {"data": shown(scope, resource, record)})


def many(scope: Scope, resource: Resource, page: Page) -> Answer:
    return Answer(200, {"data": [shown(scope, resource, record) for record in page.records], "meta": page.meta})


def shown(scope: Scope, resource: Resource, record: Record) -> dict[str, Any]:
    """A record as the documentation shows it: references embedded, write-only fields left out."""
    answer: dict[str, Any] = {"uuid": record.uuid}
    for each in resource.fields:
        if each.embedded_as:
            answer[each.embedded_as] = embedded(scope, each.refers_to or "", record.values.get(each.name))
        elif not each.write_only:
            answer[each.name] = record.values.get(each.name)
    answer |= {name: record.get(name) for name in resource.answered}
    if resource.name == "certificates":
        answer["files"] = [{"type": "certificate", "uuid": record.values["file_uuid"]}]
    if resource.name == "module_groups":
        answer["course"] = embedded(scope, "courses", record.values["course_uuid"])
    return answer


def embedded(scope: Scope, table: str, uuid: str | None) -> dict[str, Any] | None:
    """`{uuid, name}` of another record, or `{uuid, code}` of a cohort. Deleted ones are still shown."""
    other = scope.store.tables[table].get(uuid or "")
    if other is None:
        return None
    label = RESOURCES[table].label
    return {"uuid": other.uuid, label: other.values[label]} if label else {"uuid": other.uuid}
