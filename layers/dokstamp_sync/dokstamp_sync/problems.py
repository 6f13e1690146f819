"""What is wrong with what the SIS sent, field by field, in sentences that say what is expected. Never the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dokstamp_sync.outcomes import MOST_REASON_BYTES, shorten

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

# An unknown key may be as long as a message.
MOST_FIELD_BYTES = 200

# By the kinds of errors that pydantic knows; in brackets stands what it says of the one at hand.
_SENTENCES = {
    "missing": "is required",
    "string_type": "is not a text",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "literal_error": "is not {expected}",
    "enum": "is not {expected}",
    "list_type": "is not a list",
    "too_long": "holds more than {max_length}",
}
# And by the beginning of the kind: what a value is not.
_TYPES = {
    "int": "is not a whole number, such as 60",
    "decimal": "is not a number with at most two decimals, such as 9.5",
    "bool": "is neither true nor false",
    "date": "is not a date, such as 2026-11-29",
    "datetime": "is not a moment, such as 2026-11-29T12:00:00Z",
    "timezone": "has no time zone; write it with its offset, such as 2026-11-29T12:00:00Z",
    "model": "is not an object with keys",
    "dict": "is not an object with keys",
}
# What a text looks like that has to have a form, by the field.
_FORMS = {
    "email": "is not an e-mail address: a name, an @ and a domain",
    "pdf": "is not the address of a PDF, such as s3://school-pdfs/2026/ana.pdf",
    "uuid": "is not a uuid, such as 1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
    "template_id": "is not a uuid, such as 1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
}
_NO_LINE = "holds a character that no text of one line may hold, such as a line break"


def problems(error: ValidationError, model: type[BaseModel]) -> list[dict[str, str]]:
    """``[{"field": "modules[0].module_id", "problem": "is required"}]``; ``model``: what was to be read."""
    found = error.errors(include_input=False, include_url=False)
    return [{"field": _place(each["loc"]), "problem": _told(each, model)} for each in found]


def sentence(found: Iterable[Mapping[str, str]]) -> str:
    """All problems in one text: ``modules[0].module_id: is required; ...``."""
    listed = (f"{each['field']}: {each['problem']}".removeprefix(": ") for each in found)
    return shorten("; ".join(listed), MOST_REASON_BYTES)


def _told(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, field, context = error["type"], error["loc"][-1] if error["loc"] else "", error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not a key that is known here{_meant(str(field), model)}"
    if kind == "string_pattern_mismatch":
        return _FORMS.get(str(field), _NO_LINE)
    told = _SENTENCES.get(kind) or _TYPES.get(kind.partition("_")[0])
    # All others are our own, and say what is expected.
    return told.format(**context) if told else error["msg"].removeprefix("Value error, ")


def _meant(key: str, model: type[BaseModel]) -> str:
    """The key that may have been meant, if it is nearly another one of the model's."""
    near = get_close_matches(key[:MOST_FIELD_BYTES].lower(), model.model_fields, n=1, cutoff=0.7)
    return f"; was {near[0]} meant?" if near else ""


def _place(location: tuple[int | str, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return shorten(shown.removeprefix("."), MOST_FIELD_BYTES)
