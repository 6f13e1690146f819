"""What to do about a record, given its row: a pure decision with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dokstamp_sync.mapping.row import Delivery, Row
from dokstamp_sync.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says about a record; ``occurred_at`` sorts as time does.

    ``parents``: which entities the records that it depends on are now, as far as the mapping knows; see row.Delivery.
    """

    run: str
    occurred_at: str
    fingerprint: str
    force: bool = False
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is to be done. ``advance``: what was applied is thereby known to hold at a later time."""

    outcome: Outcome
    reason: str
    advance: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker owns the record until then (seconds since the epoch)."""

    until: float


@dataclass(frozen=True, slots=True)
class Deliver:
    """The record is to be delivered."""


def decide(row: Row | None, said: Said, now: float) -> Settled | Busy | Deliver:
    """Settled, busy, or to be delivered.

    A row that is claimed tells nothing about what DokStamp holds: whoever claimed it may have sent something.
    """
    if row is None:
        return Deliver()
    for before in (row.applied, row.refused):
        if before and (before.run, before.fingerprint) == (said.run, said.fingerprint):
            return Settled(before.outcome, before.reason)
    if row.applied and said.occurred_at < row.applied.occurred_at:
        return Settled(Outcome.STALE, f"something newer, of {row.applied.occurred_at}, was delivered before")
    if row.claim:
        return Busy(row.claim.until) if row.claim.until > now else Deliver()
    applied = row.applied
    if applied is None or applied.fingerprint != said.fingerprint or said.force or _moved(applied, said):
        return Deliver()
    newer = said.occurred_at > applied.occurred_at
    return Settled(Outcome.UNCHANGED, "delivered before, nothing has changed since", advance=newer)


def _moved(applied: Delivery, said: Said) -> bool:
    """Whether a parent is another entity by now: it was made again, or an enrollment is another student's."""
    return any(applied.parents.get(id_, now) != now for id_, now in said.parents.items())
