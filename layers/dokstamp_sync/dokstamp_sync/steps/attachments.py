"""Modules in a course: attached once, with the order, workload and group that the SIS says. Source: [course-modules].

DokStamp refuses a second attachment, cannot change one, and lists only what is *not* attached. So what was attached
is remembered in a row of the course's own, which both steps that attach share; and what has to change is detached
and attached again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dokstamp_sync.errors import NotFound, Rejected, Retry
from dokstamp_sync.mapping.claims import Claimed, Sent
from dokstamp_sync.order import Step
from dokstamp_sync.records import Attachments
from dokstamp_sync.steps.work import Api, Reference, Work

A = TypeVar("A", bound=Attachments)


Place = dict[str, Any]
"""A module's place in a course: ``order``, ``is_required``, ``workload``, ``group`` (a uuid or None)."""


MAYBE: Place = {"group": None}
"""Stands for the place of a module that may be attached, nobody knows where."""

Wish = dict[str, Any]
"""What a record wants: ``places`` (module uuid -> place), and ``occurred_at``: the newest has the last word, of several
of one moment the one with the last ``turn``."""


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


def _places(work: Work[A], group: str | None) -> dict[str, Place]:
    """Module uuid -> the place that the record gives it."""
    return {
        work.parents[f"module:{each.module_id}"].uuid: {
            "order": each.order,
            "is_required": each.is_required,
            "workload": each.workload,
            "group": group,
        }
        for each in work.record.modules
    }


def attach(work: Work[A], course_uuid: str, group: str | None) -> Changes:
    """Makes the course's attachments what its records want, of which this one wants its modules in ``group``.

    A module that a group wants is the group's; one that no record wants any more is detached. Raises Rejected, naming
    the modules, if DokStamp refuses some; the others are attached.
    """
    wanted = _places(work, group)
    shared = work.shared.claim(f"attachments#{course_uuid}")
    names = {parent.uuid: f"module '{parent.reference.sis_id}'" for parent in work.parents.values()}
    course = _Course(work.api, course_uuid, shared, names)
    try:
        # Who was overtaken must not wish any more: others would carry out what is older than what was delivered.
        work.claimed.check()
        if course.wish(work.claimed.row.id, wanted, work.occurred_at):
            # The course's other records may carry the wish out from now on, whether or not this one comes to it.
            work.claimed.sent = Sent.TAKEN
        changes = course.change(wanted, group)
    except Retry as error:
        if error.definite:
            shared.release(course.facts())
        raise
    except Rejected:
        shared.release(course.facts())
        raise
    shared.complete(None, course.facts(), None)
    return changes


class _Course:
    """``wanted``: row id of a record -> wish; ``known``: module uuid -> place as attached, kept true call by call."""

    def __init__(self, api: Api, course_uuid: str, shared: Claimed, names: Mapping[str, str]) -> None:
        self._api = api
        self._shared = shared
        self._names = names
        self._path = f"/courses/{course_uuid}"
        self.wanted: dict[str, Wish] = dict(shared.row.facts.get("wanted", {}))
        remembered = shared.row.facts.get("attached", {})
        # After an owner who did not finish, what is remembered may be wrong, also for whoever comes after this one.
        sure = shared.sent is Sent.NOTHING
        self.known: dict[str, Place] = dict(remembered) if sure else dict.fromkeys(remembered, MAYBE)

    def facts(self) -> dict[str, Any]:
        return {"wanted": self.wanted, "attached": self.known}

    def wish(self, by: str, wanted: Mapping[str, Place], occurred_at: str) -> bool:
        """Notes what a record wants; false if it wanted the same before."""
        before = self.wanted.get(by)
        same = before is not None and before["places"] == wanted
        if before is None or not same or _age(before)[0] != occurred_at:
            turn = max((each["turn"] for each in self.wanted.values()), default=0) + 1
            self.wanted[by] = {"occurred_at": occurred_at, "turn": turn, "places": dict(wanted)}
        return not same

    def change(self, wanted: Mapping[str, Place], group: str | None) -> Changes:
        """Makes the attachments what is due; ``wanted``, ``group``: those whose refusal is the record's own."""
        due = self._due()
        todo = {uuid: place for uuid, place in due.items() if self.known.get(uuid) != place}
        gone = [uuid for uuid in self.known if uuid not in due]
        if not todo and not gone:
            return Changes(0, 0)
        # Whoever takes over must know what may be attached by then; no place is like this one.
        before = self.facts()
        self._shared.keep({**before, "attached": {**self.known, **dict.fromkeys(todo, MAYBE)}})
        own = {*wanted, *(uuid for uuid in gone if self.known[uuid]["group"] == group or self.known[uuid] == MAYBE)}
        free, stuck = self._make_free([*todo, *gone])
        for uuid in set(gone) - stuck.keys():
            self.known.pop(uuid, None)
        refused = self._attach({uuid: place for uuid, place in todo.items() if uuid not in stuck}, free) | stuck
        mine = [reason for uuid, reason in refused.items() if uuid in own]
        if mine:
            raise Rejected(f"{len(mine)} of {len(own)} modules were refused: {'; '.join(mine)}")
        return Changes(len(todo.keys() - refused.keys()), len(set(gone) - stuck.keys()))

    def _due(self) -> dict[str, Place]:
        """Where every module belongs: with the group that wanted it last, else where the course's own list has it."""
        due: dict[str, Place] = {}
        for wish in sorted(self.wanted.values(), key=_age):
            for uuid, place in wish["places"].items():
                if place["group"] or not due.get(uuid, {}).get("group"):
                    due[uuid] = place
        return due

    def _free(self) -> set[str]:
        return {each["uuid"] for each in self._api.pages(f"{self._path}/attach/modules")}

    def _make_free(self, uuids: Sequence[str]) -> tuple[set[str], dict[str, str]]:
        """Detaches what is attached; answers what may be attached now, and why what still is could not be detached."""
        free = self._free()
        taken = [uuid for uuid in uuids if uuid not in free]
        if not taken:
            return free, {}
        before = {uuid: self.known[uuid] for uuid in taken if uuid in self.known}
        self.known.update(dict.fromkeys(before, MAYBE))
        reasons = self._detach(taken)
        for uuid in before.keys() - reasons.keys():
            del self.known[uuid]
        # What was not known to be attached, or could not be detached, may be missing for another reason.
        free = self._free() if reasons or len(before) < len(taken) else free | set(taken)
        stuck = {}
        for uuid in [uuid for uuid in reasons if uuid in before]:
            if uuid in free or not self._exists(uuid):
                del self.known[uuid]
            else:
                self.known[uuid] = before[uuid]
                name = self._names.get(uuid, f"module {uuid}")
                stuck[uuid] = f"{name} could not be detached: {reasons[uuid]}"
        return free, stuck

    def _exists(self, uuid: str) -> bool:
        try:
            self._api.get(f"/modules/{uuid}")
        except NotFound:
            return False
        return True

    def _detach(self, uuids: Sequence[str]) -> dict[str, str]:
        """Module uuid -> why it could not be detached: a module that was deleted meanwhile cannot, and need not."""
        try:
            self._api.detach(f"{self._path}/detach/modules", {"modules": list(uuids)})
            return {}
        except NotFound:
            raise
        except Rejected as refusal:
            if len(uuids) == 1:
                return dict.fromkeys(uuids, refusal.reason)
        return {uuid: reason for each in uuids for uuid, reason in self._detach([each]).items()}

    def _attach(self, todo: Mapping[str, Place], free: set[str]) -> dict[str, str]:
        """Module uuid -> why it could not be attached."""
        offered = {uuid: place for uuid, place in todo.items() if uuid in free}
        named = {uuid: self._names.get(uuid, "a module") for uuid in todo if uuid not in free}
        refused = {uuid: f"{name} is not offered for this course" for uuid, name in named.items()}
        return refused | (self._refusals(offered) if offered else {})

    def _refusals(self, offered: Mapping[str, Place]) -> dict[str, str]:
        """Attaches, and answers why some could not be.

        Nothing says whether the others of a refused call were taken, nor who attached what is attached now: each is
        sent once more by itself, after a detach where it is not free any more.
        """
        try:
            self._send(offered)
            return {}
        except NotFound:
            raise
        except Rejected as refusal:
            first = refusal.reason
        free = self._free()
        if len(offered) == 1 and free >= offered.keys():
            return dict.fromkeys(offered, first)
        reasons = {}
        for uuid, place in offered.items():
            if uuid not in free:
                self.known.update(dict.fromkeys(self._detach([uuid]), MAYBE))
            try:
                self._send({uuid: place})
            except NotFound:
                raise
            except Rejected as refusal:
                reasons[uuid] = refusal.reason
        return reasons

    def _send(self, places: Mapping[str, Place]) -> None:
        modules = [_sent(uuid, place) for uuid, place in places.items()]
        self._api.attach(f"{self._path}/attach/modules", {"modules": modules})
        self.known.update(places)


def _age(wish: Wish) -> tuple[str, int]:
    """Sorts wishes; one that does not say its moment is older than all that do."""
    return wish.get("occurred_at", ""), wish["turn"]


def _sent(uuid: str, place: Place) -> dict[str, Any]:
    body = {
        "uuid": uuid,
        "order": place["order"],
        "is_required": place["is_required"],
        "workload": place["workload"],
        "course_module_group_uuid": place["group"],
    }
    return {name: value for name, value in body.items() if value is not None}
