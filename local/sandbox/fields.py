"""What a field of a record may hold: its kinds, and the check of one value."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

Kind = Literal["string", "email", "integer", "decimal", "boolean", "date", "datetime", "choice", "uuid", "object"]

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a resource.

    `refers_to` names the resource whose live record in the same tenant the uuid must name.
    `needed_with` names a boolean field that makes this one required when true.
    `answered_as_datetime`: a date in requests, a datetime in answers. `write_only`: not part of the answer.
    """

    name: str
    kind: Kind = "string"
    required: bool = False
    default: Any = None
    max_length: int | None = None
    minimum: int | None = None
    choices: tuple[str, ...] = ()
    refers_to: str | None = None
    needed_with: str | None = None
    answered_as_datetime: bool = False
    write_only: bool = False
    note: str = ""

    @property
    def embedded_as(self) -> str | None:
        """Key of the object that stands for this reference in answers: `course_uuid` becomes `course`."""
        if self.refers_to in (None, "files") or self.write_only:
            return None
        return self.name.removesuffix("_uuid")


def stamp(moment: datetime) -> str:
    """A datetime as the API writes it, e.g. `2024-12-01T00:00:00.000000Z`. [certificates]"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now() -> str:
    return stamp(datetime.now(UTC))


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID4.fullmatch(value) is not None


def checked(field: Field, value: Any) -> Any:
    """The value as it is stored and answered; raises ValueError with the message for `errors`."""
    return _CHECKS[field.kind](field, value)


def _string(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"The {field.name} must be a string.")
    if field.max_length is not None and len(value) > field.max_length:
        raise ValueError(f"The {field.name} may not be greater than {field.max_length} characters.")
    return value


def _email(field: Field, value: Any) -> str:
    if not _EMAIL.fullmatch(_string(field, value)):
        raise ValueError(f"The {field.name} must be a valid email address.")
    return str(value)


def _integer(field: Field, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"The {field.name} must be an integer.")
    if field.minimum is not None and value < field.minimum:
        raise ValueError(f"The {field.name} must be at least {field.minimum}.")
    return value


def _decimal(field: Field, value: Any) -> float:
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) < float("inf"):
        raise ValueError(f"The {field.name} must be a number.")
    if field.minimum is not None and number < field.minimum:
        raise ValueError(f"The {field.name} must be at least {field.minimum}.")
    return round(number, 2)


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"The {field.name} field must be true or false.")
    return value


def _date(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(f"The {field.name} does not match the format Y-m-d.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"The {field.name} is not a valid date.") from None
    return f"{day}T00:00:00.000000Z" if field.answered_as_datetime else str(day)


def _datetime(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise ValueError(f"The {field.name} is not a valid datetime.")
    try:
        return stamp(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise ValueError(f"The {field.name} is not a valid datetime.") from None


def _choice(field: Field, value: Any) -> str:
    if value not in field.choices:
        raise ValueError(f"The selected {field.name} is invalid.")
    return str(value)


def _uuid(field: Field, value: Any) -> str:
    if not is_uuid(value):
        raise ValueError(f"The {field.name} must be a valid UUID.")
    return str(value)


def _object(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"The {field.name} must be an object.")
    return value


_CHECKS: dict[Kind, Callable[[Field, Any], Any]] = {
    "string": _string,
    "email": _email,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "uuid": _uuid,
    "object": _object,
}
