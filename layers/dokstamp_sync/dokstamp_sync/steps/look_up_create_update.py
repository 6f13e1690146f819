"""The rules that most steps share: look an entity up, then create or update it."""

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
from dokstamp_sync.mapping.identity import key_id, key_parts, key_word, named
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Api, Delivered, Parent, R, Reference, Work, wait_for

UNPROCESSABLE = 422
LOST = "created by an earlier try whose answer was lost"


class LookUpCreateUpdate(ABC, Generic[R]):
    """A step whose records become entities, each named by a key: a code in an institution, an e-mail ...

    A reference has the name of the vendor's field (``institution_uuid``). Under this name its uuid is sent when the
    entity is created, or moved by an update.
    """

    step: Step
    unique: ClassVar[frozenset[str]] = frozenset()
    """Fields whose value the vendor takes for one entity only: a second one is a 422 on that field."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """References that a record may leave out."""

    @abstractmethod
    def references(self, record: R) -> Mapping[str, Reference]:
        """See StepRules."""

    def lane(self, record: R) -> str:
        """See StepRules."""
        return record.sis_id

    @abstractmethod
    def path(self, work: Work[R]) -> str:
        """The path of the step's entities, e.g. ``/courses``."""

    @abstractmethod
    def key(self, record: R, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        """The parts that name the entity in DokStamp; ``find`` takes them."""

    @abstractmethod
    def find(self, api: Api, key: tuple[str, ...], record: R) -> Entity | None:
        """The entity with this key, which is the record's, or the one that an earlier try was sent with."""

    def find_anywhere(self, api: Api, record: R) -> Entity | None:
        """The entity because of which DokStamp refuses this one, in whatever institution or course it is."""
        return None

    @abstractmethod
    def body(self, record: R) -> Mapping[str, Any]:
        """The fields to send, without the references."""

    def intent(self, record: R, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """Holds the key: an entity that may have been created is looked for by the key that it was sent with."""
        return {"key": key_id(self.step, self.key(record, parents))}

    def deliver(self, work: Work[R]) -> Delivered:
        """Updates the mapped entity; else adopts one that is found by its key; else creates one."""
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
        """What an earlier try created with another key, unless another record has taken that key since."""
        sent = work.claimed.frozen.get("key", key)
        return self._named(work, sent) if sent != key and work.shared.still_holds(sent) else None

    def _named(self, work: Work[R], key: str) -> Entity | None:
        return self.find(work.api, key_parts(key), work.record)

    def _hold(self, work: Work[R], key: str) -> None:
        if key not in (work.claimed.row.key, work.claimed.frozen.get("key")):
            work.claimed.freeze(self.intent(work.record, work.parents))
        work.shared.hold(key, lambda: self._named(work, key) is not None)

    def _take_key(self, work: Work[R], key: str, uuid: str) -> None:
        """Takes a new key for the mapped entity. Raises if another one has it, in the mapping or in DokStamp."""
        self._hold(work, key)
        found = self._named(work, key)
        if found and found["uuid"] != uuid:
            self._check_rival(work, found)
            raise Rejected(
                f"DokStamp has another {self.step} with the {key_word(self.step)} of this record, and it belongs to no "
                "record of the SIS: rename or delete one of the two in DokStamp"
            )

    def _check_rival(self, work: Work[R], found: Entity) -> None:
        """Raises NotReady if the entity belongs to another record, which may still give its key up."""
        owner = work.shared.owner_of(found["uuid"])
        if owner and owner != work.claimed.row.id:
            raise wait_for(owner, f"{named(owner)} has the {key_word(self.step)} of this record in DokStamp")

    def _update(self, work: Work[R], uuid: str) -> Delivered:
        self._change(work, uuid, self._moved(work))
        if work.claimed.maybe_created and work.claimed.row.applied is None:
            return Delivered(Outcome.CREATED, uuid, LOST, self.facts(work))
        return Delivered(Outcome.UPDATED, uuid, "changed", self.facts(work))

    def _owners(self, work: Work[R]) -> dict[str, str | None]:
        """The uuids of what the entity belongs to, with None for references that the record leaves out."""
        return {**dict.fromkeys(self.optional), **self.owners(work.parents)}

    def _moved(self, work: Work[R]) -> dict[str, str | None]:
        """The references that differ from those of the last delivery; all of them in doubt."""
        owners = self._owners(work)
        if work.claimed.sent is not Sent.NOTHING:
            # An owner that did not finish may have moved the entity.
            return owners
        before = {**dict.fromkeys(self.optional), **work.facts}
        return {name: uuid for name, uuid in owners.items() if before.get(name, uuid) != uuid}

    def _change(self, work: Work[R], uuid: str, moved: Mapping[str, str | None]) -> None:
        """Sends all fields and the references in ``moved``. Raises Rejected if the entity was not moved.

        No page says that an entity can be moved, so DokStamp is asked afterwards.
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
            # Stored with its present key and parents: a worker that takes over cannot find it by its new key.
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
            # The first look-up may have missed the entity: look once more, and adopt what is found.
            found = self._find_rival(work, refusal)
            if found is None:
                raise
            return self._adopt(work, found)
        work.claimed.created(entity["uuid"])
        return Delivered(Outcome.CREATED, entity["uuid"], "", self.facts(work))

    def _find_rival(self, work: Work[R], refusal: Rejected) -> Entity | None:
        """After a 422 on a unique field: the entity that has the same value, if it has this record's key, too.

        Raises NotReady if the entity belongs to another record, which may still give the value up.
        """
        if refusal.status != UNPROCESSABLE or not refusal.fields & self.unique:
            return None
        key = self.key(work.record, work.parents)
        found = self.find(work.api, key, work.record) or self.find_anywhere(work.api, work.record)
        if found:
            self._check_rival(work, found)
        return found if found and key_of(self.step, found) == key else None

    def facts(self, work: Work[R]) -> dict[str, Any]:
        """What later steps need to know: by default the uuids of what the entity belongs to."""
        return self.owners(work.parents)

    def owners(self, parents: Mapping[str, Parent]) -> dict[str, Any]:
        """The references that are sent when the entity is created: vendor's field -> uuid."""
        return {name: parent.uuid for name, parent in parents.items()}


def given(**values: Any) -> dict[str, Any]:
    """The values that the SIS gave. What it left out is not sent, so that no field is cleared by accident."""
    return {name: value for name, value in values.items() if value is not None}
