"""Step 1: institutions.

Needs nothing. Creates or updates the institution, or maps one that was set up by hand. Leaves its uuid.
Source: [institutions], [overview].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_institution
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Institution
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Delivered, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class InstitutionStep(LookUpCreateUpdate[Institution]):
    step = Step.INSTITUTION

    def references(self, record: Institution) -> Mapping[str, Reference]:
        return {}

    def path(self, work: Work[Institution]) -> str:
        return "/institutions"

    def key(self, record: Institution, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return (record.name or "",)

    def find(self, api: Api, key: tuple[str, ...], record: Institution) -> Entity | None:
        (name,) = key
        return find_institution(api, name)

    def body(self, record: Institution) -> Mapping[str, Any]:
        return given(
            name=record.name,
            country=record.country,
            legal_name=record.legal_name,
            tax_id=record.tax_id,
            website=record.website,
            status=record.status,
        )

    def deliver(self, work: Work[Institution]) -> Delivered:
        """One that was set up by hand is asked for, so that a mistyped uuid shows here and not in its courses.

        Raises NotReady if it is another record already.
        """
        by_hand = work.record.uuid
        if by_hand is None:
            return super().deliver(work)
        work.api.get(f"/institutions/{by_hand}")
        work.shared.own(by_hand)
        return Delivered(Outcome.UNCHANGED, by_hand, "set up by hand, mapped")


handler = serve(InstitutionStep())
