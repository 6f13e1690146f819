"""The kinds of values that records are made of, with the bounds of the vendor's contract, and how keys are read."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_MODALITIES = {
    "in_person": "in_person",
    "presential": "in_person",
    "online": "online",
    "remote": "online",
    "hybrid": "hybrid",
}


def _is_invisible(character: str) -> bool:
    """Separators, control and format characters, such as a space or a BOM."""
    category = unicodedata.category(character)
    return category in ("Cc", "Cf") or category.startswith("Z")


def clean(text: str) -> str:
    """The one form of a text: composed characters (NFC), and nothing invisible at its ends."""
    composed = unicodedata.normalize("NFC", text)
    seen = (place for place, each in enumerate(composed) if not _is_invisible(each))
    start = next(seen, len(composed))
    end = next((place for place in range(len(composed), start, -1) if not _is_invisible(composed[place - 1])), start)
    return composed[start:end]


def sis_id(text: str) -> str:
    """The one form of an id: that of a text, with each part between slashes that holds an ``@`` in lower case."""
    return clean("/".join(part.lower() if "@" in part else part for part in clean(text).split("/")))


def _modality(value: Any) -> Any:
    return _MODALITIES.get(value, value) if isinstance(value, str) else value


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


def _day(value: Any) -> Any:
    """The day of a datetime, for a SIS that keeps datetimes."""
    if isinstance(value, str) and len(value) > len("YYYY-MM-DD") and value[10] in "T ":
        return value[:10]
    return value


def _names_an_object(address: str) -> str:
    """Refuses ``.`` and ``..``, which a program between S3 and us may resolve, and folders, which end in ``/``."""
    if {".", ".."} & set(address.split("/")) or address.endswith("/"):
        raise PydanticCustomError("pdf_key", "the key may not hold '.' or '..' as a part, nor end in '/'")
    return address


def utc(value: datetime) -> datetime:
    """The moment in UTC; one without an offset is taken as UTC."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar in UTC") from None


def stamp(moment: datetime) -> str:
    """A moment as text that sorts as time does: UTC, always with six decimals."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_Cleaned = BeforeValidator(lambda given: clean(given) if isinstance(given, str) else given)
_Line = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")]
Run = Annotated[_Line, Field(max_length=80), _Cleaned]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000), _Cleaned]
Name = Annotated[_Line, Field(max_length=255), _Cleaned]
SisId = Annotated[Name, BeforeValidator(lambda given: sis_id(given) if isinstance(given, str) else given)]
Code = Name
ModuleCode = Annotated[_Line, Field(max_length=20), _Cleaned]
ModuleName = Annotated[_Line, Field(max_length=150), _Cleaned]
Email = Annotated[_Line, Field(max_length=255, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"), _Cleaned]
Uuid = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    _Cleaned,
]
Hours = Annotated[int, BeforeValidator(_no_boolean), Field(ge=0, le=100_000)]
Position = Annotated[int, BeforeValidator(_no_boolean), Field(ge=0, le=100_000)]
# Both vocabularies are understood; this is the modules' one [modules].
Modality = Annotated[Literal["in_person", "online", "hybrid"], BeforeValidator(_modality)]
Level = Literal["undergraduate", "graduate", "technical", "open"]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, AfterValidator(utc), PlainSerializer(stamp, when_used="json")]
# 0 to 10 with two decimals [enrollments].
Grade = Annotated[
    Decimal,
    BeforeValidator(_no_boolean),
    Field(ge=0, le=10, decimal_places=2),
    PlainSerializer(lambda grade: format(grade.normalize(), "f"), when_used="json"),
]
# Not cleaned: S3 compares keys byte by byte, so another form of a key is another object.
PdfAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=1100,
        pattern=r"^s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
    ),
    AfterValidator(_names_an_object),
]


class Strict(BaseModel):
    """Refuses unknown keys, accepts both spellings, drops empty values."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
        # A step needs one of the nine kinds of records: each is built when it is first used.
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and all(map(_is_invisible, value)))
