"""Who may work on a record, and how it is written down what came of it. One row, one owner, one lease.

The rules: an intent is written before anything can be created; whoever sends something holds a lease that
outlives it; after an answer that is not definite the claim stays until the lease has run out; and whoever was
overtaken writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.row import Claim, Conflict, Delivery, Intent, Row, Store


@dataclass(frozen=True, slots=True)
class Lease:
    """``seconds``: how long a claim lasts; ``in_flight``: how long a call that is sent now may take effect."""

    seconds: float
    in_flight: float


class Claimed:
    """A row that this worker owns for now. Every method raises Retry when another worker has taken over.

    ``touched``: DokStamp may hold something else than what the row says was applied, so that a record which says
    the same as the row must not pass for unchanged.
    """

    def __init__(self, store: Store, row: Row, before: Row | None, lease: Lease, clock: Callable[[], float]) -> None:
        self._store = store
        self._row = row
        self._before = before
        self._lease = lease
        self._clock = clock
        self.touched = self.taken_over

    @property
    def row(self) -> Row:
        """The row as last stored."""
        return self._row

    @property
    def taken_over(self) -> bool:
        """An earlier owner did not finish, and may have changed what DokStamp holds."""
        return self._before is not None and self._before.claim is not None

    @property
    def maybe_created(self) -> bool:
        """An earlier owner may have created the entity without being able to say so."""
        return self._before is not None and self._before.intent is not None and self._before.intent.maybe_sent

    @property
    def frozen(self) -> Mapping[str, str]:
        """What an earlier try froze, so that this one sends the same."""
        return self._row.intent.facts if self._row.intent else {}

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

    def freeze(self, facts: Mapping[str, str]) -> None:
        """Keeps what a retry must send unchanged, in place of what was kept before."""
        self._write(replace(self._row, intent=replace(self._row.intent or Intent(), facts=dict(facts))))

    def note(self, facts: Mapping[str, Any]) -> None:
        """Keeps facts while the work goes on, for whoever takes over."""
        self._write(replace(self._row, facts=dict(facts)))

    def remember(self, uuid: str, facts: Mapping[str, Any], *, created: bool = False) -> None:
        """The entity exists, though it is not yet what it is to become: no retry may create it again.

        The intent stays only if it was this sync that created the entity, or may have.
        """
        intent = self._row.intent if created or self.maybe_created else None
        self._write(replace(self._row, uuid=uuid, facts=dict(facts), intent=intent))

    def forget(self) -> None:
        """The mapped uuid is wrong: the row goes back to an intent without a uuid."""
        self._write(replace(self._row, uuid=None, facts={}, applied=None, intent=Intent()))

    def complete(self, uuid: str | None, facts: Mapping[str, Any], applied: Delivery | None) -> None:
        """Delivered: only now is the fingerprint stored. A refusal of something newer still stands."""
        refused = self._row.refused
        if not refused or not applied or refused.occurred_at <= applied.occurred_at:
            refused = None
        free = replace(self._row, refused=refused, claim=None, intent=None, waiting=None)
        done = replace(free, uuid=uuid, facts=dict(facts), applied=applied)
        self._write(done)

    def refuse(self, refused: Delivery) -> None:
        """Definitely refused: the intent is closed."""
        self._write(replace(self._row, refused=refused, claim=None, intent=None, applied=self._still_applied()))

    def release(self, facts: Mapping[str, Any] | None = None) -> None:
        """Given up with nothing left in flight: the next worker may start at once."""
        intent = self._row.intent
        if intent and not (self.maybe_created or self.touched):
            intent = replace(intent, maybe_sent=False)
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
        applied = self._row.applied
        return replace(applied, fingerprint="") if applied and self.touched else applied

    def _write(self, row: Row) -> None:
        try:
            self._row = self._store.write(row, self._row)
        except Conflict:
            raise Retry("another worker has taken over this record", definite=False) from None


class Claims:
    """Claims rows for one worker."""

    def __init__(self, store: Store, lease: Lease, clock: Callable[[], float], new_owner: Callable[[], str]) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._new_owner = new_owner

    def claim(self, id_: str, before: Row | None, frozen: Mapping[str, str] | None = None) -> Claimed:
        """Makes this worker the owner; writes the intent in the same stroke where there is no uuid yet.

        ``frozen``: what the intent freezes, unless an earlier one that may have been sent has frozen something.

        ``before``: the row as decided upon. Raises Conflict if it is not that any more: decide again.
        """
        base = before or Row(id=id_)
        claim = Claim(owner=self._new_owner(), until=self._clock() + self._lease.seconds)
        intent = base.intent
        if base.uuid is None:
            earlier = intent.facts if intent and (intent.maybe_sent or not frozen) else frozen
            intent = Intent(facts=dict(earlier or {}))
        stored = self._store.write(replace(base, claim=claim, intent=intent), before)
        return Claimed(self._store, stored, before, self._lease, self._clock)

    def pretending(self) -> Claims:
        """Claims for a dry run: nothing is written, nobody is kept out."""
        return Claims(_Pretence(), self._lease, self._clock, self._new_owner)


class _Pretence:
    """A store that takes every write and keeps none."""

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        return {}

    def write(self, row: Row, replaces: Row | None) -> Row:
        return row
