"""Rows that are needed only as long as a run lasts: what it refused, and that its result was reported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from dokstamp_sync.mapping.row import Row, Store, change
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome

# The longest run waits fourteen days for each step; one more day is added.
SECONDS = (len(Step) * 14 + 1) * 86_400


def expiring(clock: Callable[[], float]) -> int:
    """When DynamoDB may remove a row that is written now and only needed by a run (seconds since the epoch)."""
    return int(clock()) + SECONDS


def refused_id(run: str) -> str:
    """The id of the row with a run's refusals. A record's own row may tell of another run's refusal by then."""
    return f"refused#{run}"


def as_said(row: str, fingerprint: str) -> str:
    """Names one content of a record in a run's refusals, so that a corrected record is not taken for refused.

    A digest, for ids may be long, and what a whole message says has to fit into one row.
    """
    return hashlib.sha256(f"{row}={fingerprint}".encode()).hexdigest()


def note_refused(store: Store, clock: Callable[[], float], run: str, refused: Mapping[str, Outcome]) -> None:
    """Stores what the run refused (row id or ``as_said`` -> outcome). Raises Retry if it cannot be stored."""

    def add(row: Row) -> Row:
        if refused.items() <= row.facts.items():
            return row
        return replace(row, expires_at=expiring(clock), facts={**row.facts, **refused})

    change(store, refused_id(run), add)
