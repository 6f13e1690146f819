"""Attaches modules to a course, with the order, workload and group that the SIS says.

DokStamp refuses to attach a module twice [sync], cannot change an attachment, and lists only the modules that are *not*
attached [course-modules]. So each course has a row, shared by steps 4 and 5, that says what was attached; and what has
to change is detached and attached again. Each record carries out what all records of the course want.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from dokstamp_sync.errors import NotFound, Rejected, Retry
from dokstamp_sync.mapping.claims import Claimed, Sent
from dokstamp_sync.order import Step
from dokstamp_sync.records import Attachments
from dokstamp_sync.steps.attachment_plan import (
    MAYBE,
    Changes,
    Place,
    Plan,
    Wishes,
    add_wish,
    groups_of_others,
    told_of_gone,
)
from dokstamp_sync.steps.attachment_plan import plan as make_plan
from dokstamp_sync.steps.look_up_create_update import given
from dokstamp_sync.steps.work import Parent, R, Reference, Work

A = TypeVar("A", bound=Attachments)


def module_references(record: Attachments) -> dict[str, Reference]:
    """The modules that a record names, each under ``module:<sis_id>``."""
    return {f"module:{each.module_id}": Reference(Step.MODULE, each.module_id) for each in record.modules}


def course_facts(course: Parent) -> dict[str, str]:
    """What a record's row keeps of the course for which the record was delivered."""
    return {"course_id": course.reference.sis_id, "course_uuid": course.uuid}


def check_course(work: Work[R], course: Parent) -> None:
    """Raises Rejected if the record was delivered for another course, or may have been.

    No page says that DokStamp can move a group, and the modules of a list would stay attached to the other course. The
    same ``sis_id`` is the same course, even if it was created again; so is the same uuid under another ``sis_id``.
    """
    before = work.facts if "course_id" in work.facts else work.claimed.frozen
    if "course_id" in before and not course_facts(course).items() & before.items():
        raise Rejected(
            f"DokStamp does not move groups and lists of modules to another course: this one was delivered for course "
            f"'{before['course_id']}'. Empty it there, and send it for the other course under another sis_id"
        )


def attach(work: Work[A], course: Parent, group: str | None) -> Changes:
    """Makes the course's attachments what its records want; see attachment_plan.py.

    ``group``: the uuid of the group in which this record wants its modules, or None. Raises Rejected, which names the
    modules, if DokStamp refuses some of this record's; the others are attached. With ``force``, this record's modules
    are detached and attached again even if the course's row says that they are as they should be.
    """
    check_course(work, course)
    if not course_facts(course).items() <= work.facts.items():
        # Stored before anything is attached, because a refusal may leave some modules attached.
        work.claimed.keep({**work.facts, **course_facts(course)})
    shared = work.shared.claim(f"attachments#{course.uuid}")
    attachments = _Attachments(work, shared, course.uuid, group)
    try:
        # If another worker has taken over, this wish may be too old, and other records would carry it out.
        work.claimed.check()
        if attachments.wish():
            # Other records of the course may carry the wish out from now on, even if this record does not.
            work.claimed.sent = Sent.TAKEN
        changes = attachments.change()
    except Retry as error:
        if error.definite:
            shared.release(attachments.facts())
        raise
    except Rejected:
        shared.release(attachments.facts())
        raise
    shared.complete(None, attachments.facts(), None)
    return changes


class _Attachments:
    """A course's attachments, as one record changes them. ``known``: module uuid -> place, true after every call."""

    def __init__(self, work: Work[A], shared: Claimed, course_uuid: str, group: str | None) -> None:
        self._work = work
        self._api = work.api
        self._me = work.claimed.row.id
        self._group = group
        self._shared = shared
        self._path = f"/courses/{course_uuid}"
        self._names = {parent.uuid: f"'{parent.reference.sis_id}'" for parent in work.parents.values()}
        self.wishes: Wishes = dict(shared.row.facts.get("wanted", {}))
        remembered = shared.row.facts.get("attached", {})
        # If an earlier owner did not finish, what the row says may be wrong, also for the owners after this one.
        sure = shared.sent is Sent.NOTHING
        self.known: dict[str, Place] = dict(remembered) if sure else dict.fromkeys(remembered, MAYBE)

    def facts(self) -> dict[str, Any]:
        return {"wanted": self.wishes, "attached": self.known}

    def wish(self) -> bool:
        """Adds what the record wants to the wishes; false if it wanted the same before."""
        places = {
            self._work.parents[f"module:{each.module_id}"].uuid: {
                "order": each.order,
                "is_required": each.is_required,
                "workload": each.workload,
                "group": self._group,
            }
            for each in self._work.record.modules
        }
        return add_wish(self.wishes, self._me, places, self._work.occurred_at)

    def change(self) -> Changes:
        """Makes the attachments what all records want. Raises Rejected if DokStamp refuses modules of this record."""
        plan = self._plan(self.wishes)
        if not plan.attach and not plan.drop and not self._work.force:
            return Changes()
        free = self._free()
        gone = self._gone(self._plan(self.wishes, free))
        wishes = {by: wish for by, wish in self.wishes.items() if by not in gone}
        plan = self._plan(wishes, free)
        # A worker that takes over must know which modules may be attached by then.
        self._shared.keep({**self.facts(), "attached": {**self.known, **dict.fromkeys(plan.attach, MAYBE)}})
        mine = plan.own(self._me, self._group, self.known)
        refused = self._carry_out(plan, free)
        # Not before the calls: if one fails, the next try has to find the gone groups again, to report them.
        self.wishes = wishes
        named = {uuid: f"module {self._names.get(uuid, uuid)} {why}" for uuid, why in refused.items()}
        told = [*told_of_gone(gone), *plan.told({uuid: why for uuid, why in named.items() if uuid not in mine})]
        own = [why for uuid, why in named.items() if uuid in mine]
        if own:
            about = {name for name, each in self._work.parents.items() if each.uuid in refused.keys() & mine}
            reason = "; ".join([f"{len(own)} of {len(mine)} modules were refused: {'; '.join(own)}", *told])
            raise Rejected(reason, about=frozenset(about))
        return plan.changes(refused, told)

    def _plan(self, wishes: Wishes, free: Collection[str] = ()) -> Plan:
        return make_plan(wishes, self.known, free, self._me if self._work.force else None)

    def _gone(self, plan: Plan) -> list[str]:
        """The row ids of other records whose group somebody has deleted in DokStamp.

        DokStamp is asked only if a module is to be attached for another record's group, or with ``force``.
        """
        groups = groups_of_others(self.wishes, self._me)
        due = groups.keys() if self._work.force else groups.keys() & {plan.due[uuid].by for uuid in plan.attach}
        if not due:
            return []
        path = f"{self._path}/modules/groups"
        there = {each["uuid"] for each in self._api.pages(path)}
        # The list may leave a group out: each missing one is asked for itself before its modules are detached.
        return [by for by, uuids in groups.items() if not all(self._exists(f"{path}/{each}") for each in uuids - there)]

    def _carry_out(self, plan: Plan, free: set[str]) -> dict[str, str]:
        """Detaches, then attaches. Answers module uuid -> why DokStamp refused it."""
        for uuid in plan.attach.keys() & free:
            self.known.pop(uuid, None)
        free, stuck = self._make_free(plan.detach, free)
        for uuid in set(plan.drop) - stuck.keys():
            self.known.pop(uuid, None)
        todo = {uuid: place for uuid, place in plan.attach.items() if uuid not in stuck}
        offered = {uuid: place for uuid, place in todo.items() if uuid in free}
        refused = stuck | dict.fromkeys(todo.keys() - free, "is not offered for this course")
        return refused | (self._attach(offered) if offered else {})

    def _make_free(self, taken: Collection[str], free: set[str]) -> tuple[set[str], dict[str, str]]:
        """Detaches ``taken``. Answers which modules are free now, and module uuid -> why it is still attached."""
        if not taken:
            return free, {}
        before = {uuid: self.known[uuid] for uuid in taken if uuid in self.known}
        self.known.update(dict.fromkeys(before, MAYBE))
        reasons = self._detach(taken)
        # A module that was not attached, or could not be detached, may be not free for another reason: ask again.
        free = self._free() if reasons or len(before) < len(taken) else free | set(taken)
        still = [uuid for uuid in reasons if uuid in before and uuid not in free and self._exists(f"/modules/{uuid}")]
        self.known.update({uuid: before[uuid] for uuid in still})
        return free, {uuid: f"could not be detached: {reasons[uuid]}" for uuid in still}

    def _free(self) -> set[str]:
        return {each["uuid"] for each in self._api.pages(f"{self._path}/attach/modules")}

    def _exists(self, path: str) -> bool:
        try:
            self._api.get(path)
        except NotFound:
            return False
        return True

    def _detach(self, uuids: Collection[str]) -> dict[str, str]:
        """Detaches; module uuid -> why it could not be detached. A module that was deleted meanwhile is among them."""
        try:
            self._api.detach(f"{self._path}/detach/modules", {"modules": list(uuids)})
            return {}
        except Rejected as refusal:
            if isinstance(refusal, NotFound) and all(self._exists(f"/modules/{uuid}") for uuid in uuids):
                # All modules exist, so the 404 is about the course.
                raise
            if len(uuids) == 1:
                return dict.fromkeys(uuids, refusal.reason)
        return {uuid: reason for each in uuids for uuid, reason in self._detach([each]).items()}

    def _attach(self, offered: Mapping[str, Place]) -> dict[str, str]:
        """Attaches; module uuid -> why it could not be attached.

        No page says whether DokStamp attaches the other modules of a call that it refuses. So each module is sent once
        more by itself, after a detach if it is not free any more.
        """
        refusal = self._refusal(offered)
        if refusal is None:
            return {}
        free = self._free()
        if len(offered) == 1 and free >= offered.keys():
            return dict.fromkeys(offered, refusal)
        refused = {}
        for uuid, place in offered.items():
            if uuid not in free:
                self.known.update(dict.fromkeys(self._detach([uuid]), MAYBE))
            refusal = self._refusal({uuid: place})
            if refusal is not None:
                refused[uuid] = refusal
        return refused

    def _refusal(self, places: Mapping[str, Place]) -> str | None:
        """Attaches modules in one call. Answers why DokStamp refuses it, None if it does not."""
        modules = [
            given(uuid=uuid, **{**place, "group": None}, course_module_group_uuid=place["group"])
            for uuid, place in places.items()
        ]
        try:
            self._api.attach(f"{self._path}/attach/modules", {"modules": modules})
        except NotFound:
            raise
        except Rejected as refusal:
            return f"could not be attached: {refusal.reason}"
        self.known.update(places)
        return None
