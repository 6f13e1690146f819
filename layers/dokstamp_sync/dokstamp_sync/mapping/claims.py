"""Who may work on a record, and how it is written down what came of it. One row, one owner, one lease.

The rules: an intent is written before anything can be created or given another key; whoever sends something holds a
lease that outlives it; after an answer that is not definite the claim stays until the lease has run out; and whoever
was overtaken writes nothing.

A claim begins with ``Claims.claim``. While the work goes on, ``freeze`` keeps what a retry must send unchanged, and
``keep`` what is known of the entity. It ends with one of three: ``complete`` (delivered), ``refuse`` (rejected or
blocked), ``release`` (given up for now).
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
    """What may have been sent to DokStamp, beyond what the row says was delivered.

        the row was left in order ─────> NOTHING ──┐
                                                   ├─ a call is sent ─> UNDER_WAY ─ taken ─────────────> TAKEN
        an earlier owner left a doubt ─> PERHAPS ──┘      │    │                                           │
                ^              ^                          │    └─ refused, or surely not carried out ──>  as it
                │              └── the lease runs out ────┘                                             was before
                └───────────────── released, refused, or the lease runs out ───────────────────────────────┘

    Only under NOTHING does DokStamp surely hold what the row says. The row tells the next owner of a doubt by a claim
    that was never ended, by an intent, or by an applied delivery without a fingerprint.
    """

    NOTHING = auto()
    PERHAPS = auto()
    UNDER_WAY = auto()
    TAKEN = auto()

    @classmethod
    def left_by(cls, row: Row | None) -> Sent:
        """What the row tells whoever claims it."""
        if row is None:
            return cls.NOTHING
        unsure = row.applied is not None and not row.applied.fingerprint
        return cls.PERHAPS if row.claim or row.intent is not None or unsure else cls.NOTHING


@dataclass(frozen=True, slots=True)
class Lease:
    """``seconds``: how long a claim lasts; ``in_flight``: how long a call that is sent now may take effect."""

    seconds: float
    in_flight: float


class Claimed:
    """A row that this worker owns for now. Every method raises Retry when another worker has taken over.

    ``denied``: DokStamp does not know the mapped uuid; the row still does, until something new is made.
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
        """The uuid that the mapping knows and DokStamp does not deny."""
        return None if self.denied else self._row.uuid

    @property
    def maybe_created(self) -> bool:
        """An earlier owner may have created the entity without being able to say so."""
        intent = self._before.intent if self._before else None
        return intent is not None and "renames" not in intent

    @property
    def frozen(self) -> Mapping[str, str]:
        """What an earlier try froze, so that this one sends the same."""
        return self._row.intent or {}

    def check(self) -> None:
        """Raises Retry unless a call sent now must have taken effect before the lease runs out."""
        if self._seconds_to_send() <= 0:
            raise Retry("too little of the lease is left to send anything")

    def renew(self) -> None:
        """Renews a lease that gets short, so that a record of many calls, or of slow ones, comes to its end."""
        claim = self._row.claim
        if claim and 0 < self._seconds_to_send() < (self._lease.seconds - self._lease.in_flight) / 2:
            until = self._clock() + self._lease.seconds
            self._write(replace(self._row, claim=replace(claim, until=until)))

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around a writing call: notes what is known of it afterwards."""
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
        """The entity was just created: that it is this record is stored in the same stroke as whatever comes next."""
        self._owned = note_of(uuid, self._row.id)

    def freeze(self, facts: Mapping[str, str], note: Row | None = None) -> None:
        """Keeps what a retry must send unchanged, before something is created. A uuid that was denied is forgotten.

        ``note``: a new row that is stored in the same stroke. Raises Conflict, and writes nothing, if there is one.
        """
        row = self._row
        if self.denied:
            row = replace(row, uuid=None, key=None, facts={}, applied=None)
        self._write(replace(row, intent=dict(facts)), note)

    def keep(
        self, facts: Mapping[str, Any], *, uuid: str | None = None, key: str | None = None, created: bool = False
    ) -> None:
        """Keeps what is known of the entity while the work goes on, for whoever takes over.

        ``uuid``, ``key``: the entity exists, though it is not yet what it is to become, and no retry may create it
        again; the intent stays only if it was this sync that created it (``created``), or may have.
        """
        if uuid is None:
            self._write(replace(self._row, facts=dict(facts)))
            return
        intent = self._row.intent if created or self.maybe_created else None
        self._write(replace(self._row, uuid=uuid, key=key, facts=dict(facts), intent=intent))

    def complete(
        self, uuid: str | None, facts: Mapping[str, Any], applied: Delivery | None, key: str | None = None
    ) -> None:
        """Delivered: only now is the fingerprint stored. A refusal of something newer still stands."""
        refused = self._row.refused
        if not refused or not applied or refused.occurred_at <= applied.occurred_at:
            refused = None
        free = replace(self._row, refused=refused, claim=None, intent=None, waiting=None)
        self._write(replace(free, uuid=uuid, key=key, facts=dict(facts), applied=applied))

    def refuse(self, refused: Delivery) -> None:
        """Definitely refused: the intent is closed."""
        self._write(replace(self._row, refused=refused, claim=None, intent=None, applied=self._still_applied()))

    def release(self, facts: Mapping[str, Any] | None = None) -> None:
        """Given up with nothing under way: the next worker may start at once.

        ``facts``: what DokStamp surely holds now, so that no doubt is left.
        """
        intent = self._row.intent if facts is None and self.sent is not Sent.NOTHING else None
        known = self._row.facts if facts is None else facts
        self._write(replace(self._row, claim=None, intent=intent, facts=known, applied=self._still_applied()))

    def seconds_left(self) -> float:
        """How long the lease still lasts."""
        assert self._row.claim is not None
        return max(0.0, self._row.claim.until - self._clock())

    def _seconds_to_send(self) -> float:
        """For how long something may still be sent."""
        assert self._row.claim is not None
        return self._row.claim.until - self._clock() - self._lease.in_flight

    def _still_applied(self) -> Delivery | None:
        """A record that says the same as a row in doubt must not pass for unchanged."""
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
        """Makes this worker the owner, and writes the intent in the same stroke.

        ``intent``: what is frozen before something can be created or given another key. An earlier one that may have
        been carried out stands until ``freeze`` replaces it: what it created is looked for by what it froze.

        ``before``: the row as decided upon. Raises Conflict if it is not that any more: decide again.
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
