"""Step 8: enrollments.

Needs the student, the course and, if it names one, the cohort. Creates or updates the enrollment. Leaves its uuid
and theirs, so that a certificate needs to name nothing else. Source: [enrollments].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_enrollment
from dokstamp_sync.order import Step
from dokstamp_sync.records import Enrollment
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class EnrollmentStep(LookUpCreateUpdate[Enrollment]):
    step = Step.ENROLLMENT
    unique = frozenset({"student_uuid", "course_uuid", "cohort_uuid"})
    optional = frozenset({"cohort_uuid"})

    def references(self, record: Enrollment) -> Mapping[str, Reference]:
        needed = {
            "student_uuid": Reference(Step.STUDENT, record.student_id),
            "course_uuid": Reference(Step.COURSE, record.course_id),
        }
        if record.cohort_id:
            needed["cohort_uuid"] = Reference(Step.COHORT, record.cohort_id)
        return needed

    def path(self, work: Work[Enrollment]) -> str:
        return "/enrollments"

    def key(self, record: Enrollment, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return tuple(parent.uuid for parent in parents.values())

    def find(self, api: Api, key: tuple[str, ...], record: Enrollment) -> Entity | None:
        """Looked up although the guide does not [sync]: nothing says that DokStamp refuses a second enrollment."""
        student_uuid, course_uuid, *cohort_uuid = key
        return find_enrollment(api, student_uuid, course_uuid, cohort_uuid[0] if cohort_uuid else None)

    def body(self, record: Enrollment) -> Mapping[str, Any]:
        return given(
            enrolled_at=record.enrolled_at.isoformat(),
            completion_status=record.completion_status,
            grade=float(record.grade) if record.grade is not None else None,
            completed_at=record.completed_at.isoformat() if record.completed_at else None,
        )

    def facts(self, work: Work[Enrollment]) -> dict[str, Any]:
        """Also the records that it names, and its status: a certificate depends on them, and may name nothing else."""
        institution = work.parents["course_uuid"].facts.get("institution_uuid")
        named = [[each.reference.step.value, each.reference.sis_id] for each in work.parents.values()]
        status = work.record.completion_status
        return super().facts(work) | given(institution_uuid=institution, named=named, completion_status=status)


handler = serve(EnrollmentStep())
