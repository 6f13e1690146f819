"""Step 4: the modules of a course.

Needs the course and every module it names. Attaches them in order. A module that a group names is left to the group;
one that no record names any more is detached. Leaves nothing to later steps. Source: [course-modules].
"""

from __future__ import annotations

from collections.abc import Mapping

from dokstamp_sync.mapping.claims import Sent
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import CourseModules
from dokstamp_sync.steps.attachments import attach, course_facts, module_references
from dokstamp_sync.steps.work import Delivered, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class CourseModulesStep:
    step = Step.COURSE_MODULES

    def references(self, record: CourseModules) -> Mapping[str, Reference]:
        return {"course_uuid": Reference(Step.COURSE, record.course_id), **module_references(record)}

    def lane(self, record: CourseModules) -> str:
        """The records of a course share its attachments."""
        return record.course_id

    def intent(self, record: CourseModules, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        return {}

    def deliver(self, work: Work[CourseModules]) -> Delivered:
        course = work.parents["course_uuid"]
        first = work.claimed.row.applied is None
        changes = attach(work, course, group=None)
        outcome = Outcome.CREATED if first else Outcome.UPDATED
        if not changes.any and not first and work.claimed.sent is Sent.NOTHING:
            outcome = Outcome.UNCHANGED
        return Delivered(outcome, None, str(changes), course_facts(course))


handler = serve(CourseModulesStep())
