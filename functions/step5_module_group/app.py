"""Step 5: module groups.

Needs the course and every module it names. Creates or updates the group, then attaches its modules with the group:
the vendor takes a module's group only when it is attached. Leaves the group's uuid.
Source: [module-groups], [course-modules].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_group
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import ModuleGroup
from dokstamp_sync.steps.attachments import attach, check_course, course_facts, module_references
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Delivered, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class ModuleGroupStep(LookUpCreateUpdate[ModuleGroup]):
    step = Step.MODULE_GROUP

    def references(self, record: ModuleGroup) -> Mapping[str, Reference]:
        return {"course_uuid": Reference(Step.COURSE, record.course_id), **module_references(record)}

    def lane(self, record: ModuleGroup) -> str:
        """The records of a course share its attachments."""
        return record.course_id

    def path(self, work: Work[ModuleGroup]) -> str:
        return f"/courses/{work.parents['course_uuid'].uuid}/modules/groups"

    def key(self, record: ModuleGroup, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return (parents["course_uuid"].uuid, record.name)

    def find(self, api: Api, key: tuple[str, ...], record: ModuleGroup) -> Entity | None:
        course_uuid, name = key
        return find_group(api, course_uuid, name)

    def intent(self, record: ModuleGroup, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        return {**super().intent(record, parents), **course_facts(parents["course_uuid"])}

    def body(self, record: ModuleGroup) -> Mapping[str, Any]:
        return given(name=record.name, order=record.order)

    def owners(self, parents: Mapping[str, Parent]) -> dict[str, Any]:
        """The course is in the path, and the modules are attached afterwards."""
        return {}

    def facts(self, work: Work[ModuleGroup]) -> dict[str, Any]:
        return course_facts(work.parents["course_uuid"])

    def deliver(self, work: Work[ModuleGroup]) -> Delivered:
        course = work.parents["course_uuid"]
        check_course(work, course)
        group = super().deliver(work)
        if work.uuid is None and group.uuid:
            is_new = group.outcome is Outcome.CREATED
            work.claimed.keep(group.facts, uuid=group.uuid, key=group.key, created=is_new)
        changes = attach(work, course, group=group.uuid)
        if group.outcome is Outcome.UNCHANGED and changes.any:
            return replace(group, outcome=Outcome.UPDATED, reason=str(changes))
        return replace(group, reason=f"{group.reason}; {changes}".removeprefix("; "))


handler = serve(ModuleGroupStep())
