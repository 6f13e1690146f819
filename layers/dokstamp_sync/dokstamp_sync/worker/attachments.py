"""Modules in a course: attached once, with the order, workload and group that the SIS says. Source: [course-modules].

DokStamp refuses a second attachment, cannot change one, and lists only what is *not* attached. So what was attached
is remembered in a row of the course's own, which both steps that attach share; and what has to change is detached
and attached again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from dokstamp_sync.errors import Rejected, Retry
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.order import Step
from dokstamp_sync.records import Attachments
from dokstamp_sync.worker.parents import Reference
from dokstamp_sync.worker.work import Api, R, Work

A = TypeVar("A", bound=Attachments)


@dataclass(frozen=True, slots=True)
class Place:
    """A module's place in a course. ``by``: the row id of the record that put it there."""

    order: int | None
    is_required: bool
    workload: int | None
    group: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """How many modules were attached (again) and detached for good."""

    attached: int
    detached: int

    @property
    def any(self) -> bool:
        return bool(self.attached or self.detached)

    def __str__(self) -> str:
        return f"{self.attached} attached, {self.detached} detached"


def module_references(record: Attachments) -> dict[str, Reference]:
    """The modules that a record names, each under ``module:<sis id>``."""
    return {f"module:{each.module_id}": Reference(Step.MODULE, each.module_id) for each in record.modules}


def places(work: Work[A], group: str | None) -> dict[str, Place]:
    """Module uuid -> the place that the record gives it."""
    mine = work.claimed.row.id
    return {
        work.parents[f"module:{each.module_id}"].uuid: Place(
            order=each.order, is_required=each.is_required, workload=each.workload, group=group, by=mine
        )
        for each in work.record.modules
    }


def attach(work: Work[R], course_uuid: str, wanted: Mapping[str, Place]) -> Changes:
    """Makes the course's attachments by this record what it wants; ``wanted``: module uuid -> place.

    A module that a group has claimed is left to the group. A module that this record attached earlier and does not
    name any more is detached. Raises Rejected, naming the modules, if DokStamp refuses some; the others are attached.
    """
    shared = work.claim_other(f"attachments#{course_uuid}")
    course = _Course(work.api, course_uuid, shared)
    try:
        changes = course.change(wanted, work.claimed.row.id)
    except Retry as error:
        if error.definite:
            shared.release(course.known)
        raise
    except Rejected:
        shared.release(course.known)
        raise
    shared.complete(None, course.known, None)
    return changes


class _Course:
    """``known``: module uuid -> place, kept true call by call."""

    def __init__(self, api: Api, course_uuid: str, shared: Claimed) -> None:
        self._api = api
        self._path = f"/courses/{course_uuid}"
        # After an owner who did not finish, what is remembered may be wrong.
        self._sure = not shared.touched
        self.known: dict[str, Any] = dict(shared.row.facts)

    def change(self, wanted: Mapping[str, Place], mine: str) -> Changes:
        grouped = {uuid for uuid, place in self.known.items() if place.get("group") and place["by"] != mine}
        todo = {
            uuid: place
            for uuid, place in wanted.items()
            if not (place.group is None and uuid in grouped)
            and not (self._sure and self.known.get(uuid) == asdict(place))
        }
        gone = [uuid for uuid, place in self.known.items() if place["by"] == mine and uuid not in wanted]
        if not todo and not gone:
            return Changes(0, 0)
        free = self._free()
        self._detach([uuid for uuid in (*todo, *gone) if uuid not in free])
        for uuid in gone:
            self.known.pop(uuid, None)
        self._attach(todo)
        return Changes(len(todo), len(gone))

    def _free(self) -> set[str]:
        return {each["uuid"] for each in self._api.pages(f"{self._path}/attach/modules")}

    def _detach(self, uuids: Sequence[str]) -> None:
        if uuids:
            self._api.detach(f"{self._path}/detach/modules", {"modules": list(uuids)})
            for uuid in uuids:
                self.known.pop(uuid, None)

    def _attach(self, todo: Mapping[str, Place]) -> None:
        if not todo:
            return
        try:
            self._send(todo)
        except Rejected:
            if len(todo) == 1:
                raise
            self._attach_singly(todo)

    def _attach_singly(self, todo: Mapping[str, Place]) -> None:
        """Some were refused, and nothing says whether the others were taken: those still free are sent alone."""
        free = self._free()
        reasons = []
        for uuid, place in todo.items():
            try:
                if uuid in free:
                    self._send({uuid: place})
                self.known[uuid] = asdict(place)
            except Rejected as refusal:
                reasons.append(refusal.reason)
        if reasons:
            raise Rejected(f"{len(reasons)} of {len(todo)} modules were refused: {'; '.join(reasons)}")

    def _send(self, places: Mapping[str, Place]) -> None:
        modules = [_sent(uuid, place) for uuid, place in places.items()]
        self._api.attach(f"{self._path}/attach/modules", {"modules": modules})
        self.known.update({uuid: asdict(place) for uuid, place in places.items()})


def _sent(uuid: str, place: Place) -> dict[str, Any]:
    body = {
        "uuid": uuid,
        "order": place.order,
        "is_required": place.is_required,
        "workload": place.workload,
        "course_module_group_uuid": place.group,
    }
    return {name: value for name, value in body.items() if value is not None}
