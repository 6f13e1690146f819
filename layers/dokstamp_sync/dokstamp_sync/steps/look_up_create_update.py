"""The business that most steps share: look up, then create or update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.compare import says
from dokstamp_sync.dokstamp.lookups import key_of, uuid_of
from dokstamp_sync.errors import Rejected
from dokstamp_sync.mapping.claims import Sent
from dokstamp_sync.mapping.identity import key_id, key_parts, named
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Api, Delivered, Parent, R, Reference, Work, wait_for

UNPROCESSABLE = 422
LOST = "created by an earlier try whose answer was lost"


class LookUpCreateUpdate(ABC, Generic[R]):
    """A step whose records are entities of their own, each named by a key: a code in an institution, an e-mail ...

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
    def find(self, api: Api, key: tuple[str, ...], record: R) -> Entity | None:
        """The entity by what names it. ``key``: the record's, or one that an earlier try was sent with."""

    def find_anywhere(self, api: Api, record: R) -> Entity | None:
        """The entity on whose account DokStamp refuses this one, wherever it is."""
        return None

    @abstractmethod
    def body(self, record: R) -> Mapping[str, Any]:
        """What the vendor is to know, without the references."""

    def intent(self, record: R, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """The key goes into the intent: a create in doubt is looked for by the key that it was sent with."""
        return {"key": key_id(self.step, self.key(record, parents))}

    def deliver(self, work: Work[R]) -> Delivered:
        """Updates the mapped entity, or adopts the one found, or creates one."""
        key = self.intent(work.record, work.parents)["key"]
        if work.uuid:
            if work.claimed.row.key != key:
                self._take_key(work, key, work.uuid)
            delivered = self._update(work, work.uuid)
        else:
            delivered = self._look_up_or_create(work, key)
        return replace(delivered, key=key)

    def _look_up_or_create(self, work: Work[R], key: str) -> Delivered:
        lost = self._lost(work, key)
        if lost:
            return self._adopt(work, lost)
        self._hold(work, key)
        found = self._named(work, key)
        if found:
            return self._adopt(work, found)
        intent = self.intent(work.record, work.parents)
        if work.claimed.denied or work.claimed.frozen != intent:
            work.claimed.freeze(intent)
        return self._create(work)

    def _lost(self, work: Work[R], key: str) -> Entity | None:
        """What an earlier try may have created under another key, unless another record has taken that key since."""
        sent = work.claimed.frozen.get("key", key)
        return self._named(work, sent) if sent != key and work.shared.still_holds(sent) else None

    def _named(self, work: Work[R], key: str) -> Entity | None:
        return self.find(work.api, key_parts(key), work.record)

    def _hold(self, work: Work[R], key: str) -> None:
        if key not in (work.claimed.row.key, work.claimed.frozen.get("key")):
            work.claimed.freeze(self.intent(work.record, work.parents))
        work.shared.hold(key, lambda: self._named(work, key) is not None)

    def _take_key(self, work: Work[R], key: str, uuid: str) -> None:
        """Before the entity gets another key: nobody else may have it, in the mapping or in DokStamp."""
        self._hold(work, key)
        found = self._named(work, key)
        if found and found["uuid"] != uuid:
            self._check_rival(work, found)
            raise Rejected(
                f"DokStamp has another {self.step} with the name of this record, and it belongs to no record of the "
                "SIS: rename or delete one of the two in DokStamp"
            )

    def _check_rival(self, work: Work[R], found: Entity) -> None:
        """Raises NotReady if the entity is another record: that one may give its key up yet."""
        owner = work.shared.owner_of(found["uuid"])
        if owner and owner != work.claimed.row.id:
            raise wait_for(owner, f"{named(owner)} has the name of this record in DokStamp")

    def _update(self, work: Work[R], uuid: str) -> Delivered:
        self._change(work, uuid, self._moved(work))
        if work.claimed.maybe_created and work.claimed.row.applied is None:
            return Delivered(Outcome.CREATED, uuid, LOST, self.facts(work))
        return Delivered(Outcome.UPDATED, uuid, "changed", self.facts(work))

    def _owners(self, work: Work[R]) -> dict[str, str | None]:
        """What it belongs to, with None where the record says nothing."""
        return {**dict.fromkeys(self.optional), **self.owners(work.parents)}

    def _moved(self, work: Work[R]) -> dict[str, str | None]:
        """References that differ from those of the last delivery."""
        owners = self._owners(work)
        if work.claimed.sent is not Sent.NOTHING:
            # An owner who did not finish may have moved it.
            return owners
        before = {**dict.fromkeys(self.optional), **work.facts}
        return {name: uuid for name, uuid in owners.items() if before.get(name, uuid) != uuid}

    def _change(self, work: Work[R], uuid: str, moved: Mapping[str, str | None]) -> None:
        """Says it all, and where it belongs from now on. Raises Rejected if it stays where it was.

        No page says that an entity can be moved, so DokStamp's own word counts.
        """
        path = f"{self.path(work)}/{uuid}"
        try:
            work.api.change(path, {**self.body(work.record), **moved})
        except Rejected as refusal:
            self._find_rival(work, refusal)
            raise
        if not moved:
            return
        entity = work.api.get(path)
        stayed = [name for name, uuid in moved.items() if uuid_of(entity, name.removesuffix("_uuid")) != uuid]
        if stayed:
            raise Rejected(f"DokStamp does not move it: {', '.join(stayed)} is still what it was")

    def _adopt(self, work: Work[R], entity: Entity) -> Delivered:
        uuid, facts = entity["uuid"], self.facts(work)
        work.shared.own(uuid)
        here = {name: uuid_of(entity, name.removesuffix("_uuid")) for name in self._owners(work)}
        moved = {name: owner for name, owner in self._owners(work).items() if here[name] != owner}
        same = not moved and says(entity, self.body(work.record))
        if not same:
            # What it is called and where it is as yet: whoever takes over must not look for it by its new key.
            found_under, key = self._key_of(entity), self.intent(work.record, work.parents)["key"]
            work.claimed.keep(given(**{**facts, **here}), uuid=uuid, key=found_under)
            if found_under != key:
                self._take_key(work, key, uuid)
            self._change(work, uuid, moved)
        if work.claimed.maybe_created:
            return Delivered(Outcome.CREATED, uuid, LOST, facts)
        if same and not (work.claimed.denied and work.claimed.sent is not Sent.NOTHING):
            return Delivered(Outcome.UNCHANGED, uuid, "found in DokStamp as it should be", facts)
        return Delivered(Outcome.UPDATED, uuid, "found in DokStamp, changed", facts)

    def _key_of(self, entity: Entity) -> str:
        return key_id(self.step, key_of(self.step, entity))

    def _create(self, work: Work[R]) -> Delivered:
        try:
            entity = work.api.create(self.path(work), {**self.body(work.record), **self.owners(work.parents)})
        except Rejected as refusal:
            # The first look-up may have missed it: look once more, adopt, or leave it refused.
            found = self._find_rival(work, refusal)
            if found is None:
                raise
            return self._adopt(work, found)
        work.claimed.created(entity["uuid"])
        return Delivered(Outcome.CREATED, entity["uuid"], "", self.facts(work))

    def _find_rival(self, work: Work[R], refusal: Rejected) -> Entity | None:
        """What has the unique field that DokStamp refuses, if it is named like this record, too.

        Raises NotReady if it is another record, which may give it up yet.
        """
        if refusal.status != UNPROCESSABLE or not refusal.fields & self.unique:
            return None
        key = self.key(work.record, work.parents)
        found = self.find(work.api, key, work.record) or self.find_anywhere(work.api, work.record)
        if found:
            self._check_rival(work, found)
        return found if found and key_of(self.step, found) == key else None

    def facts(self, work: Work[R]) -> dict[str, Any]:
        """What later steps need to know: the uuids of what the entity belongs to."""
        return self.owners(work.parents)

    def owners(self, parents: Mapping[str, Parent]) -> dict[str, Any]:
        """The references that are sent with a create."""
        return {name: parent.uuid for name, parent in parents.items()}


def given(**values: Any) -> dict[str, Any]:
    """The values that the SIS gave: what it left out is not sent, so that nothing is cleared by silence."""
    return {name: value for name, value in values.items() if value is not None}
