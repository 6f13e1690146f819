"""Does an entity already say what we would send? The vendor answers in other forms than it takes [students]."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity


def says(entity: Entity, body: Mapping[str, Any]) -> bool:
    """True if the entity shows every field of the body with the same value; a field it does not show differs."""
    return all(name in entity and _same(entity[name], value) for name, value in body.items())


def _same(found: Any, wanted: Any) -> bool:
    if found == wanted:
        return True
    if found is None or wanted is None or isinstance(found, bool) or isinstance(wanted, bool):
        return False
    return bool(_number(found) == _number(wanted) or _moment(found) == _moment(wanted))


def _number(value: Any) -> Decimal | object:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return object()
    # "sNaN" may be a name, and cannot be compared.
    return number if number.is_finite() else object()


def _moment(value: Any) -> float | object:
    """A date is the midnight that it begins with, in UTC."""
    text = str(value)
    try:
        moment = datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        return object()
    return moment.timestamp() if moment.tzinfo else object()
