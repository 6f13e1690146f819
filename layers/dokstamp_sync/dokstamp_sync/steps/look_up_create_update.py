"""The business that most steps share: look up, then create or update."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.compare import says
from dokstamp_sync.dokstamp.lookups import uuid_of
from dokstamp_sync.errors import Rejected
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Api, Delivered, Parent, R, Reference, Work

UNPROCESSABLE = 422
LOST = "created by an earlier try whose answer was lost"


class PlainStep(ABC, Generic[R]):
    """A step whose records are entities of their own.

    References are named as the vendor names the field (``institution_uuid``): that is how they are sent with a
    create, and with an update that moves the entity.
    """

    step: Step
    unique: ClassVar[frozenset[str]] = frozenset()
    """Fields on which the vendor refuses a second entity."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """References that a record may drop."""

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
    def key(self, record: R, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        """What names the entity in DokStamp; ``find`` takes it apart again."""

    @abstractmethod
    def find(self, api: Api, key: tuple[str, ...]) -> Entity | None:
        """The entity by what names it."""

    @abstractmethod
    def body(self, record: R) -> Mapping[str, Any]:
        """What the vendor is to know, without the references."""

    def intent(self, record: R, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """The key goes into the intent: a create in doubt is looked for by the key that it was sent with."""
        return {"key": json.dumps(self.key(record, parents))}

    def deliver(self, work: Work[R]) -> Delivered:
        """Updates the mapped entity, or adopts the one found, or creates one."""
        if work.uuid:
            return self._update(work, work.uuid)
        mine = self.key(work.record, work.parents)
        sent = tuple(json.loads(work.claimed.frozen.get("key", "[]"))) or mine
        for key in dict.fromkeys((sent, mine)):
            found = self.find(work.api, key)
            if found:
                return self._adopt(work, found)
        if work.forgotten:
            work.claimed.forget()
        if work.claimed.frozen != self.intent(work.record, work.parents):
            work.claimed.freeze(self.intent(work.record, work.parents))
        return self._create(work)

    def _update(self, work: Work[R], uuid: str) -> Delivered:
        self._change(work, uuid, self._moved(work))
        if work.claimed.maybe_created and work.claimed.row.applied is None:
            return Delivered(Outcome.CREATED, uuid, LOST, self.facts(work.parents))
        return Delivered(Outcome.UPDATED, uuid, "changed", self.facts(work.parents))

    def _owners(self, work: Work[R]) -> dict[str, str | None]:
        """What it belongs to, with None where the record says nothing."""
        return {**dict.fromkeys(self.optional), **self.owners(work.parents)}

    def _moved(self, work: Work[R]) -> dict[str, str | None]:
        """References that differ from those of the last delivery."""
        owners = self._owners(work)
        if work.claimed.taken_over:
            # An owner who did not finish may have moved it.
            return owners
        before = {**dict.fromkeys(self.optional), **work.facts}
        return {name: uuid for name, uuid in owners.items() if before.get(name, uuid) != uuid}

    def _change(self, work: Work[R], uuid: str, moved: Mapping[str, str | None]) -> None:
        """Says it all, and where it belongs from now on. Raises Rejected if it stays where it was.

        No page says that an entity can be moved, so DokStamp's own word counts.
        """
        path = f"{self.path(work)}/{uuid}"
        work.api.change(path, {**self.body(work.record), **moved})
        if not moved:
            return
        entity = work.api.get(path)
        stayed = [name for name, uuid in moved.items() if uuid_of(entity, name.removesuffix("_uuid")) != uuid]
        if stayed:
            raise Rejected(f"DokStamp does not move it: {', '.join(stayed)} is still what it was")

    def _adopt(self, work: Work[R], entity: Entity) -> Delivered:
        uuid, facts = entity["uuid"], self.facts(work.parents)
        work.own(uuid)
        here = {name: uuid_of(entity, name.removesuffix("_uuid")) for name in self._owners(work)}
        moved = {name: owner for name, owner in self._owners(work).items() if here[name] != owner}
        same = not moved and says(entity, self.body(work.record))
        if not same:
            # Where it still is, for whoever takes over.
            work.claimed.remember(uuid, given(**{**facts, **here}))
            self._change(work, uuid, moved)
        if work.claimed.maybe_created:
            return Delivered(Outcome.CREATED, uuid, LOST, facts)
        if same and not (work.forgotten and work.claimed.touched):
            return Delivered(Outcome.UNCHANGED, uuid, "found in DokStamp as it should be", facts)
        return Delivered(Outcome.UPDATED, uuid, "found in DokStamp, changed", facts)

    def _create(self, work: Work[R]) -> Delivered:
        try:
            entity = work.api.create(self.path(work), {**self.body(work.record), **self.owners(work.parents)})
        except Rejected as refusal:
            if refusal.status != UNPROCESSABLE or not refusal.fields & self.unique:
                raise
            # Somebody was faster, or the first look-up missed it: look once more, adopt, or leave it refused.
            found = self.find(work.api, self.key(work.record, work.parents))
            if found is None:
                raise
            return self._adopt(work, found)
        work.own(entity["uuid"])
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
