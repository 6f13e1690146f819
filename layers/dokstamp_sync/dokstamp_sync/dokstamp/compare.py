"""Does an entity already say what we would send? What we would send decides how the two are compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity

# The vendor takes a date and may show a moment [students] [enrollments] [cohorts].
DATES = frozenset({"date_of_birth", "enrolled_at", "completed_at", "start_date", "end_date"})


def says(entity: Entity, body: Mapping[str, Any]) -> bool:
    """True if the entity shows every field of the body with the same value; a field it does not show differs."""
    return all(name in entity and _same(name, entity[name], value) for name, value in body.items())


def _same(name: str, found: Any, wanted: Any) -> bool:
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return _number(found) == wanted
    return bool(found == wanted) or (name in DATES and _moment(found) == _moment(wanted) is not None)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _moment(value: Any) -> float | None:
    """Seconds since the epoch; a date is the midnight that it begins with, in UTC."""
    text = str(value)
    try:
        moment = datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
