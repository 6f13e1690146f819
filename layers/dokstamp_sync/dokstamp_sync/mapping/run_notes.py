"""Rows that only have to outlive a run: what it refused, and that its result was reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from dokstamp_sync.mapping.row import Row, Store, change
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome

# The longest run waits for every step for fourteen days.
SECONDS = (len(Step) * 14 + 1) * 86_400


def expiring(clock: Callable[[], float]) -> int:
    """The moment at which DynamoDB may remove a row that is only of use to a run (seconds since the epoch)."""
    return int(clock()) + SECONDS


def refused_id(run: str) -> str:
    """Where a run's refusals stand, by row id: a record's own row may tell of another run's by then."""
    return f"refused#{run}"


def as_said(row: str, fingerprint: str) -> str:
    """Under which a run's refusals tell what of a record was refused: what is corrected since is another thing."""
    return f"{row}={fingerprint}"


def note_refused(store: Store, clock: Callable[[], float], run: str, refused: Mapping[str, Outcome]) -> None:
    """For the records of the same run that depend on these, by row id. Raises Retry if it cannot be written down."""

    def add(row: Row) -> Row:
        if refused.items() <= row.facts.items():
            return row
        return replace(row, expires_at=expiring(clock), facts={**row.facts, **refused})

    change(store, refused_id(run), add)
