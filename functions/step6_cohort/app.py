"""Step 6: cohorts.

Needs the course. Creates or updates the cohort, with the modality in the cohorts' own words. Leaves its uuid.
Source: [cohorts]; the guide's code never updates one [sync].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_cohort
from dokstamp_sync.fields import stamp
from dokstamp_sync.order import Step
from dokstamp_sync.records import Cohort
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve

MODALITIES = {"in_person": "presential", "online": "remote", "hybrid": "hybrid"}


class CohortStep(LookUpCreateUpdate[Cohort]):
    step = Step.COHORT
    unique = frozenset({"code"})

    def references(self, record: Cohort) -> Mapping[str, Reference]:
        return {"course_uuid": Reference(Step.COURSE, record.course_id)}

    def path(self, work: Work[Cohort]) -> str:
        return "/cohorts"

    def key(self, record: Cohort, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return (record.code, parents["course_uuid"].uuid)

    def find(self, api: Api, key: tuple[str, ...], record: Cohort) -> Entity | None:
        """A cohort of another course is not this one, though DokStamp may refuse to have the code twice."""
        code, course_uuid = key
        return find_cohort(api, code, course_uuid)

    def find_anywhere(self, api: Api, record: Cohort) -> Entity | None:
        return find_cohort(api, record.code, None)

    def body(self, record: Cohort) -> Mapping[str, Any]:
        return given(
            code=record.code,
            modality=MODALITIES[record.modality] if record.modality else None,
            start_date=stamp(record.start_date) if record.start_date else None,
            end_date=stamp(record.end_date) if record.end_date else None,
        )


handler = serve(CohortStep())
