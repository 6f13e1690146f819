"""The business that most steps share: look up, then create or update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic

from dokstamp_sync.dokstamp.client import Entity
from dokstamp_sync.dokstamp.compare import says
from dokstamp_sync.errors import Rejected
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.worker.parents import Parent, Reference
from dokstamp_sync.worker.work import Delivered, R, Work

UNPROCESSABLE = 422


class PlainStep(ABC, Generic[R]):
    """A step whose records are entities of their own.

    References are named as the vendor names the field (``institution_uuid``): that is how they are sent with a
    create. An update leaves them out, because nothing says that an entity can be moved (section 9.2).
    """

    step: Step
    unique: ClassVar[frozenset[str]] = frozenset()
    """Fields on which the vendor refuses a second entity."""

    @abstractmethod
    def references(self, record: R) -> Mapping[str, Reference]:
        """See StepRules."""

    def lane(self, record: R) -> str:
        """See StepRules."""
        return record.sis_id

    @abstractmethod
    def path(self, work: Work[R]) -> str:
        """Where the entities live."""

    @abstractmethod
    def find(self, work: Work[R]) -> Entity | None:
        """The entity by what names it in the SIS."""

    @abstractmethod
    def body(self, record: R) -> Mapping[str, Any]:
        """What the vendor is to know, without the references."""

    def deliver(self, work: Work[R]) -> Delivered:
        """Updates the mapped entity, or adopts the one found, or creates one."""
        if work.uuid:
            return self._update(work, work.uuid)
        found = self.find(work)
        return self._adopt(work, found) if found else self._create(work)

    def _update(self, work: Work[R], uuid: str) -> Delivered:
        work.api.change(f"{self.path(work)}/{uuid}", self.body(work.record))
        # A row without a delivery was adopted as somebody's parent.
        return Delivered(Outcome.UPDATED, uuid, "changed", self.facts(work.parents))

    def _adopt(self, work: Work[R], entity: Entity) -> Delivered:
        uuid, facts = entity["uuid"], self.facts(work.parents)
        same = says(entity, self.body(work.record))
        if not same:
            work.api.change(f"{self.path(work)}/{uuid}", self.body(work.record))
        if work.claimed.maybe_created:
            return Delivered(Outcome.CREATED, uuid, "created by an earlier try whose answer was lost", facts)
        if same:
            return Delivered(Outcome.UNCHANGED, uuid, "found in DokStamp as it should be", facts)
        return Delivered(Outcome.UPDATED, uuid, "found in DokStamp, changed", facts)

    def _create(self, work: Work[R]) -> Delivered:
        try:
            entity = work.api.create(self.path(work), {**self.body(work.record), **self.owners(work.parents)})
        except Rejected as refusal:
            if refusal.status != UNPROCESSABLE or not refusal.fields & self.unique:
                raise
            # Somebody was faster, or the first look-up missed it: look once more, adopt, or leave it refused.
            found = self.find(work)
            if found is None:
                raise
            return self._adopt(work, found)
        return Delivered(Outcome.CREATED, entity["uuid"], "", self.facts(work.parents))

    def facts(self, parents: Mapping[str, Parent]) -> dict[str, Any]:
        """What later steps need to know: the uuids of what the entity belongs to."""
        return self.owners(parents)

    def owners(self, parents: Mapping[str, Parent]) -> dict[str, Any]:
        """The references that are sent with a create."""
        return {name: parent.uuid for name, parent in parents.items()}


def given(**values: Any) -> dict[str, Any]:
    """The values that the SIS gave: what it left out is not sent, so that nothing is cleared by silence."""
    return {name: value for name, value in values.items() if value is not None}
