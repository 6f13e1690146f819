"""Decides what to do about a record, from its row and the message alone: no call, no write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dokstamp_sync.mapping.row import Delivery, Row
from dokstamp_sync.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says about a record. ``occurred_at``: a text that sorts in the order of time.

    ``parents``: row id of each record that it depends on -> which entity that is now, if the mapping knows one.
    """

    run: str
    occurred_at: str
    fingerprint: str
    force: bool = False
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is to be done. ``advance``: what was applied also holds at the later time of this message."""

    outcome: Outcome
    reason: str
    advance: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker owns the record until ``until`` (seconds since the epoch)."""

    until: float


@dataclass(frozen=True, slots=True)
class Deliver:
    """The record is to be delivered."""


def decide(row: Row | None, said: Said, now: float) -> Settled | Busy | Deliver:
    """What to do now; ``now`` is in seconds since the epoch.

    A claimed row does not tell what DokStamp holds, because the worker that claimed it may have sent something.
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
    """Whether a parent is another entity now: created again, or an enrollment of another student or course."""
    return any(applied.parents.get(id_, now) != now for id_, now in said.parents.items())
