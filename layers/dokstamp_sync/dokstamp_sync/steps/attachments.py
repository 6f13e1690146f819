"""Modules in a course: attached once, with the order, workload and group that the SIS says. Source: [course-modules].

DokStamp refuses a second attachment, cannot change one, and lists only what is *not* attached. So what was attached
is remembered in a row of the course's own, which both steps that attach share; and what has to change is detached
and attached again. Whoever comes next carries out what all records of the course want, not only its own part.
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
    """The modules that a record names, each under ``module:<sis id>``."""
    return {f"module:{each.module_id}": Reference(Step.MODULE, each.module_id) for each in record.modules}


def course_facts(course: Parent) -> dict[str, str]:
    """The course that a record was delivered for, as its row keeps it."""
    return {"course_id": course.reference.sis_id, "course_uuid": course.uuid}


def check_course(work: Work[R], course: Parent) -> None:
    """Raises Rejected if the record was delivered for another course, or may have been.

    Nothing says that DokStamp can move a group, and a list that is attached elsewhere would stay attached here as
    well. The same id is the same course, though it was made anew in DokStamp; so is the same uuid under another id.
    """
    before = work.facts if "course_id" in work.facts else work.claimed.frozen
    if "course_id" in before and not course_facts(course).items() & before.items():
        raise Rejected(
            f"DokStamp does not move groups and lists of modules to another course: this one was delivered for course "
            f"'{before['course_id']}'. Empty it there, and send it for the other course under another sis_id"
        )


def attach(work: Work[A], course: Parent, group: str | None) -> Changes:
    """Makes the course's attachments what its records want, of which this one wants its modules in ``group``.

    A module that a group wants is the group's; one that no record wants any more is detached. Raises Rejected, naming
    the modules, if DokStamp refuses some of this record's; the others are attached. With ``force``, this record's
    modules are detached and attached again even if they are remembered as they should be.
    """
    check_course(work, course)
    if not course_facts(course).items() <= work.facts.items():
        # Before anything is attached to the course, for a refusal may leave a part attached.
        work.claimed.keep({**work.facts, **course_facts(course)})
    shared = work.shared.claim(f"attachments#{course.uuid}")
    attachments = _Attachments(work, shared, course.uuid, group)
    try:
        # Who was overtaken must not wish any more: others would carry out what is older than what was delivered.
        work.claimed.check()
        if attachments.wish():
            # The course's other records may carry the wish out from now on, whether or not this one comes to it.
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
    """A course's, in one record's hands. ``known``: module uuid -> place as attached, kept true call by call."""

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
        # After an owner who did not finish, what is remembered may be wrong, also for whoever comes after this one.
        sure = shared.sent is Sent.NOTHING
        self.known: dict[str, Place] = dict(remembered) if sure else dict.fromkeys(remembered, MAYBE)

    def facts(self) -> dict[str, Any]:
        return {"wanted": self.wishes, "attached": self.known}

    def wish(self) -> bool:
        """Notes what the record wants; false if it wanted the same before."""
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
        """Makes the attachments what all records want. Raises Rejected if a part of this record's is refused."""
        plan = self._plan(self.wishes)
        if not plan.attach and not plan.drop and not self._work.force:
            return Changes()
        free = self._free()
        gone = self._gone(self._plan(self.wishes, free))
        wishes = {by: wish for by, wish in self.wishes.items() if by not in gone}
        plan = self._plan(wishes, free)
        # Whoever takes over must know what may be attached by then.
        self._shared.keep({**self.facts(), "attached": {**self.known, **dict.fromkeys(plan.attach, MAYBE)}})
        mine = plan.own(self._me, self._group, self.known)
        refused = self._carry_out(plan, free)
        # Only now: whoever tries again has to tell of what is gone, too.
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
        """The other records whose group somebody has deleted in DokStamp.

        It is asked only if a module is to be attached for another record's group, or if nothing is trusted.
        """
        groups = groups_of_others(self.wishes, self._me)
        due = groups.keys() if self._work.force else groups.keys() & {plan.due[uuid].by for uuid in plan.attach}
        if not due:
            return []
        path = f"{self._path}/modules/groups"
        there = {each["uuid"] for each in self._api.pages(path)}
        # A list may leave something out, and nobody's modules are taken off on its word alone.
        return [by for by, uuids in groups.items() if not all(self._exists(f"{path}/{each}") for each in uuids - there)]

    def _carry_out(self, plan: Plan, free: set[str]) -> dict[str, str]:
        """Detaches, then attaches; module uuid -> why that was refused."""
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
        """Detaches what is attached; answers what may be attached now, and why what still is could not be detached."""
        if not taken:
            return free, {}
        before = {uuid: self.known[uuid] for uuid in taken if uuid in self.known}
        self.known.update(dict.fromkeys(before, MAYBE))
        reasons = self._detach(taken)
        # What was not known to be attached, or could not be detached, may be missing for another reason.
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
        """Module uuid -> why it could not be detached: a module that was deleted meanwhile cannot, and need not."""
        try:
            self._api.detach(f"{self._path}/detach/modules", {"modules": list(uuids)})
            return {}
        except Rejected as refusal:
            if isinstance(refusal, NotFound) and all(self._exists(f"/modules/{uuid}") for uuid in uuids):
                # It is the course that DokStamp denies.
                raise
            if len(uuids) == 1:
                return dict.fromkeys(uuids, refusal.reason)
        return {uuid: reason for each in uuids for uuid, reason in self._detach([each]).items()}

    def _attach(self, offered: Mapping[str, Place]) -> dict[str, str]:
        """Module uuid -> why it could not be attached.

        Nothing says whether the others of a refused call were taken, nor who attached what is attached now: each is
        sent once more by itself, after a detach where it is not free any more.
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
        """Attaches modules in one call; why DokStamp refuses it."""
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
