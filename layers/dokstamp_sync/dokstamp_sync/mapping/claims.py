"""Claims: a worker claims a row before it works on the record. A row has one owner at a time, for as long as a lease.

The rules: a worker stores an intent before it creates an entity or gives one another key. It sends a call only if its
lease outlasts the call. After an answer that leaves open whether the call was carried out, the claim stays until the
lease has run out. When another worker has taken the row over, the first one writes nothing more.

A claim begins with ``Claims.claim``. During the work, ``freeze`` stores what a retry must send unchanged, and ``keep``
stores what is known of the entity. A claim ends with ``complete`` (delivered), ``refuse`` (rejected or blocked) or
``release`` (given up for now).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from dokstamp_sync.errors import Rejected, Retry
from dokstamp_sync.mapping.identity import note_of
from dokstamp_sync.mapping.row import Claim, Conflict, Delivery, Row, Store


class Sent(Enum):
    """Whether DokStamp may have carried out calls that the row does not tell of.

        the row leaves no doubt ───────> NOTHING ──┐
                                                   ├─ a call is sent ─> UNDER_WAY ─ taken ─────────────> TAKEN
        an earlier owner left a doubt ─> PERHAPS ──┘      │    │                                           │
                ^              ^                          │    └─ refused, or surely not carried out ──>  as it
                │              └── the lease runs out ────┘                                             was before
                └───────────────── released, refused, or the lease runs out ───────────────────────────────┘

    Only in NOTHING is it sure that DokStamp holds what the row says. The next owner sees from the row that there is a
    doubt: by a claim that was never ended, an intent, or an applied delivery without a fingerprint.
    """

    NOTHING = auto()
    PERHAPS = auto()
    UNDER_WAY = auto()
    TAKEN = auto()

    @classmethod
    def left_by(cls, row: Row | None) -> Sent:
        """The state in which the next owner of the row begins."""
        if row is None:
            return cls.NOTHING
        unsure = row.applied is not None and not row.applied.fingerprint
        return cls.PERHAPS if row.claim or row.intent is not None or unsure else cls.NOTHING


@dataclass(frozen=True, slots=True)
class Lease:
    """``seconds`` that a claim lasts; ``in_flight``: seconds within which a call that is sent now may take effect."""

    seconds: float
    in_flight: float


class Claimed:
    """A row that this worker owns for now. Every method that writes raises Retry if another worker has taken it over.

    ``denied``: DokStamp does not know the mapped uuid. The row keeps it until an entity is found or created.
    """

    def __init__(self, store: Store, row: Row, before: Row | None, lease: Lease, clock: Callable[[], float]) -> None:
        self._store = store
        self._row = row
        self._before = before
        self._lease = lease
        self._clock = clock
        self._owned: Row | None = None
        self.sent = Sent.left_by(before)
        self.denied = False

    @property
    def row(self) -> Row:
        """The row as last stored."""
        return self._row

    @property
    def uuid(self) -> str | None:
        """The mapped uuid; None if there is none, or if DokStamp denies it."""
        return None if self.denied else self._row.uuid

    @property
    def maybe_created(self) -> bool:
        """Whether an earlier owner may have created the entity, and did not come to the end of its claim."""
        intent = self._before.intent if self._before else None
        return intent is not None and "renames" not in intent

    @property
    def frozen(self) -> Mapping[str, str]:
        """The intent: what a retry must send unchanged. Empty if there is none."""
        return self._row.intent or {}

    def check(self) -> None:
        """Raises Retry if a call that is sent now could take effect after the lease has run out."""
        if self._seconds_to_send() <= 0:
            raise Retry("too little of the lease is left to send anything")

    def renew(self) -> None:
        """Renews the lease if less than half of its time to send is left, so that many or slow calls can finish.

        One that has run out is not renewed: the worker may have stood still for long.
        """
        claim = self._row.claim
        is_short = self._seconds_to_send() < (self._lease.seconds - self._lease.in_flight) / 2
        if claim and is_short and self.seconds_left() > 0:
            until = self._clock() + self._lease.seconds
            self._write(replace(self._row, claim=replace(claim, until=until)))

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Wraps a writing call; sets ``sent`` by how the call ended."""
        before, self.sent = self.sent, Sent.UNDER_WAY
        try:
            yield
        except Retry as error:
            if error.definite:
                self.sent = before
            raise
        except Rejected:
            self.sent = before
            raise
        self.sent = Sent.TAKEN

    def created(self, uuid: str) -> None:
        """DokStamp just created the entity. The next write also stores the note that it belongs to this record."""
        self._owned = note_of(uuid, self._row.id)

    def freeze(self, facts: Mapping[str, str], note: Row | None = None) -> None:
        """Stores the intent, before something is created: what a retry must send unchanged. Removes a denied uuid.

        ``note``: a new row, stored in the same write. Raises Conflict, and writes nothing, if that row exists already.
        """
        row = self._row
        if self.denied:
            row = replace(row, uuid=None, key=None, facts={}, applied=None)
        self._write(replace(row, intent=dict(facts)), note)

    def keep(
        self, facts: Mapping[str, Any], *, uuid: str | None = None, key: str | None = None, created: bool = False
    ) -> None:
        """Stores what is known of the entity during the work, for a worker that takes over.

        ``uuid``, ``key``: the entity exists, though it is not finished, and no retry may create it again. The intent
        stays only if a worker created the entity just now (``created``), or an earlier owner may have created it.
        """
        if uuid is None:
            self._write(replace(self._row, facts=dict(facts)))
            return
        intent = self._row.intent if created or self.maybe_created else None
        self._write(replace(self._row, uuid=uuid, key=key, facts=dict(facts), intent=intent))

    def complete(
        self, uuid: str | None, facts: Mapping[str, Any], applied: Delivery | None, key: str | None = None
    ) -> None:
        """Ends the claim: the record is delivered. Only this stores a fingerprint. A refusal that is newer stays."""
        refused = self._row.refused
        if not refused or not applied or refused.occurred_at <= applied.occurred_at:
            refused = None
        free = replace(self._row, refused=refused, claim=None, intent=None, waiting=None)
        self._write(replace(free, uuid=uuid, key=key, facts=dict(facts), applied=applied))

    def refuse(self, refused: Delivery) -> None:
        """Ends the claim, and removes the intent: the record is rejected or blocked."""
        self._write(replace(self._row, refused=refused, claim=None, intent=None, applied=self._still_applied()))

    def release(self, facts: Mapping[str, Any] | None = None) -> None:
        """Ends the claim without an outcome. No call is under way, so the next worker may begin at once.

        ``facts``: what DokStamp surely holds now; with them, the intent is removed.
        """
        intent = self._row.intent if facts is None and self.sent is not Sent.NOTHING else None
        known = self._row.facts if facts is None else facts
        self._write(replace(self._row, claim=None, intent=intent, facts=known, applied=self._still_applied()))

    def seconds_left(self) -> float:
        """Seconds until the lease runs out."""
        assert self._row.claim is not None
        return max(0.0, self._row.claim.until - self._clock())

    def _seconds_to_send(self) -> float:
        """Seconds during which a call may still be sent."""
        assert self._row.claim is not None
        return self._row.claim.until - self._clock() - self._lease.in_flight

    def _still_applied(self) -> Delivery | None:
        """The applied delivery. In doubt without its fingerprint, so that the same record again is not unchanged."""
        applied = self._row.applied
        return replace(applied, fingerprint="") if applied and self.sent is not Sent.NOTHING else applied

    def _write(self, row: Row, note: Row | None = None) -> None:
        beside = note or self._owned
        try:
            self._row = self._store.write(row, self._row, beside)
        except Conflict as conflict:
            if note and conflict.current and conflict.current.id == note.id:
                raise
            reason = "another worker has taken over this record"
            if beside and conflict.current and conflict.current.id == beside.id:
                reason = "DokStamp answered with an entity that belongs to another record"
            raise Retry(reason, definite=False) from None
        if not note:
            self._owned = None


class Claims:
    """Claims rows for one worker."""

    def __init__(self, store: Store, lease: Lease, clock: Callable[[], float], new_owner: Callable[[], str]) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._new_owner = new_owner

    def claim(self, id_: str, before: Row | None, intent: Mapping[str, str] | None = None) -> Claimed:
        """Makes this worker the owner of the row, and stores the intent in the same write.

        ``before``: the row on which the decision was made. Raises Conflict if it has changed since: decide again.
        ``intent``: what a retry must send unchanged. An earlier intent that may have been carried out stays until
        ``freeze`` replaces it, because what it created is looked for by what it holds.
        """
        base = before or Row(id=id_)
        claim = Claim(owner=self._new_owner(), until=self._clock() + self._lease.seconds)
        if base.uuid is None:
            intent = base.intent if base.intent is not None else (intent or {})
        elif intent is None:
            intent = base.intent
        elif base.intent is None or "renames" in base.intent:
            intent = {**intent, "renames": base.uuid}
        stored = self._store.write(replace(base, claim=claim, intent=intent), before)
        return Claimed(self._store, stored, before, self._lease, self._clock)
