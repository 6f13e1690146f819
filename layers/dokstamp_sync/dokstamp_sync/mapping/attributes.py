"""Values as DynamoDB's attributes, such as ``{"S": "a text"}``, and back.

boto3 does this, too, but to load it for that would make a cold start longer by a twentieth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def attribute(value: object) -> dict[str, Any]:
    """Of a text, a number, a truth value, None, or a list or a dictionary of such."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int() | float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": {name: attribute(part) for name, part in value.items()}}
        case list() | tuple():
            return {"L": [attribute(part) for part in value]}
    raise TypeError(f"{type(value).__name__} is not kept in a row")


def plain(stored: Mapping[str, Any]) -> Any:
    """What ``attribute`` was given; a number without decimals as an int. Raises ValueError if it is nothing such."""
    ((kind, value),) = stored.items()
    match kind:
        case "NULL":
            return None
        case "BOOL" | "S":
            return value
        case "N":
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        case "M":
            return {name: plain(part) for name, part in value.items()}
        case "L":
            return [plain(part) for part in value]
    raise ValueError(f"an attribute of the kind {kind} is not kept in a row")
