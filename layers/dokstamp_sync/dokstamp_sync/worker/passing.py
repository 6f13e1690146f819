"""Rows that only have to outlive a run: what a dry run would create, and that a result was reported."""

from __future__ import annotations

from collections.abc import Callable

from dokstamp_sync.mapping.row import Delivery, Row

PLANNED = "00000000-0000-0000-0000-000000000000"
"""Stands for the uuid of an entity that a dry run would create."""

# The longest run ends after fourteen days.
SECONDS = 15 * 86_400


def planned_id(run: str, row: str) -> str:
    """Where a dry run notes what it would create."""
    return f"plan#{run}#{row}"


def passing(id_: str, clock: Callable[[], float], refused: Delivery | None = None) -> Row:
    """A row that DynamoDB removes when it is of no more use."""
    return Row(id=id_, refused=refused, expires_at=int(clock()) + SECONDS)
