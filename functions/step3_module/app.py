"""Step 3: modules.

Needs the institution. Creates or updates the module. Leaves its uuid. Source: [modules], [sync].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import find_module
from dokstamp_sync.order import Step
from dokstamp_sync.records import Module
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class ModuleStep(LookUpCreateUpdate[Module]):
    step = Step.MODULE
    unique = frozenset({"code"})

    def references(self, record: Module) -> Mapping[str, Reference]:
        return {"institution_uuid": Reference(Step.INSTITUTION, record.institution_id)}

    def path(self, work: Work[Module]) -> str:
        return "/modules"

    def key(self, record: Module, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return (record.code, parents["institution_uuid"].uuid)

    def find(self, api: Api, key: tuple[str, ...], record: Module) -> Entity | None:
        code, institution_uuid = key
        return find_module(api, code, institution_uuid)

    def body(self, record: Module) -> Mapping[str, Any]:
        return given(
            code=record.code,
            name=record.name,
            description=record.description,
            # A course has workload_hours, a module has workload.
            workload=record.workload,
            credits=record.credits,
            level=record.level,
            modality=record.modality,
        )


handler = serve(ModuleStep())
