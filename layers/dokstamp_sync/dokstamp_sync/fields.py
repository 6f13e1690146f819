"""The kinds of values that records are made of, with the bounds of the vendor's contract, and how keys are read."""

from __future__ import annotations

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

_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"
_MODALITIES = {
    "in_person": "in_person",
    "presential": "in_person",
    "online": "online",
    "remote": "online",
    "hybrid": "hybrid",
}


def _modality(value: Any) -> Any:
    return _MODALITIES.get(value, value) if isinstance(value, str) else value


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


def _day(value: Any) -> Any:
    """A datetime's day: a SIS that keeps datetimes need not cut them."""
    if isinstance(value, str) and len(value) > len("YYYY-MM-DD") and value[10] in "T ":
        return value[:10]
    return value


def _names_an_object(address: str) -> str:
    """Whatever is between S3 and us may take ``..`` for another place; and what ends in ``/`` is a folder."""
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


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=_NO_CONTROL_CHARACTERS)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Name = Annotated[Text, Field(max_length=255)]
SisId = Annotated[Text, Field(max_length=255)]
Code = Annotated[Text, Field(max_length=255)]
ModuleCode = Annotated[Text, Field(max_length=20)]
ModuleName = Annotated[Text, Field(max_length=150)]
Email = Annotated[Text, Field(max_length=255, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")]
Uuid = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        pattern=r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    ),
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
PdfAddress = Annotated[
    Text,
    Field(max_length=1100, pattern=r"^s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"),
    AfterValidator(_names_an_object),
]


class Strict(BaseModel):
    """Refuses unknown keys, accepts both spellings, drops empty values."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, loc_by_alias=False
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if value is not None and value != ""}
