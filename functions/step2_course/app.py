"""Step 2: courses.

Needs the institution. Creates or updates the course; an inactive one is archived. Leaves its uuid and the
institution's. Source: [courses], [sync].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_course
from dokstamp_sync.order import Step
from dokstamp_sync.records import Course
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class CourseStep(LookUpCreateUpdate[Course]):
    step = Step.COURSE
    unique = frozenset({"code"})

    def references(self, record: Course) -> Mapping[str, Reference]:
        return {"institution_uuid": Reference(Step.INSTITUTION, record.institution_id)}

    def path(self, work: Work[Course]) -> str:
        return "/courses"

    def key(self, record: Course, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return (record.code, parents["institution_uuid"].uuid)

    def find(self, api: Api, key: tuple[str, ...], record: Course) -> Entity | None:
        code, institution_uuid = key
        return find_course(api, code, institution_uuid)

    def find_anywhere(self, api: Api, record: Course) -> Entity | None:
        return find_course(api, record.code, None)

    def body(self, record: Course) -> Mapping[str, Any]:
        return given(
            code=record.code,
            name=record.name,
            description=record.description,
            workload_hours=record.workload_hours,
            # Left out, a new course would be a draft.
            status="active" if record.is_active else "archived",
            area=record.area,
            version=record.version,
        )


handler = serve(CourseStep())
