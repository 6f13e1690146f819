"""Messages from the models' own JSON schema: valid ones, and ones with something in them that is not."""

import json
import string
from datetime import timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from dokstamp_sync.messages import InboxMessage, StepMessage
from dokstamp_sync.order import Step
from dokstamp_sync.reading import MODELS
from tests.fuzz.seeds import EXTREMES

Strategy = st.SearchStrategy[Any]
# A few ids, so that records meet their parents and their twins.
IDS = st.sampled_from(["A", "B", "CS", "a@x.example", "A/B", "s" * 250])
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# How often something is spoilt, and how.
SPOILING = st.sampled_from(["not"] * 9 + ["a field"] * 3 + ["all of it"])
FORMATS: dict[str, Strategy] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=OFFSETS).map(lambda moment: moment.isoformat()),
}


def from_schema(schema: dict[str, Any], definitions: dict[str, Any]) -> Strategy:
    """What a schema of pydantic's allows; of JSON Schema, as much as pydantic writes for our models."""
    if "$ref" in schema:
        return from_schema(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of([from_schema(each, definitions) for each in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "object":
            return _object(schema, definitions)
        case "array":
            return st.lists(from_schema(schema.get("items", {}), definitions), max_size=4)
        case "string":
            return _text(schema)
        case "integer" | "number":
            whole = st.integers(schema.get("minimum"), schema.get("maximum"))
            return whole if schema["type"] == "integer" else whole | st.decimals(0, 10, places=2).map(float)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case None:
            return st.none() | st.text(max_size=5)
    raise TypeError(f"no strategy for a schema of type {schema['type']}")


def _text(schema: dict[str, Any]) -> Strategy:
    if "format" in schema:
        return FORMATS[schema["format"]]
    most = schema.get("maxLength", 80)
    pattern = schema.get("pattern", "")
    if "@" in pattern or "s3" in pattern or "0-9a-f" in pattern:
        made = st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="utf-8"))
        return made.filter(lambda text: len(text) <= most)
    plain = st.text(string.ascii_letters + " éß'\"\\/\u202e\u0301学", min_size=1, max_size=min(most, 30))
    return IDS.filter(lambda text: len(text) <= most) | plain


def _object(schema: dict[str, Any], definitions: dict[str, Any]) -> Strategy:
    fields = {name: from_schema(each, definitions) for name, each in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    optional = {name: each for name, each in fields.items() if name not in required}
    return st.fixed_dictionaries({name: fields[name] for name in fields if name in required}, optional=optional)


def _of_model(model: Any) -> Strategy:
    schema = model.model_json_schema(by_alias=False)
    return from_schema(schema, schema.get("$defs", {}))


RECORDS = {step: _of_model(model) for step, model in MODELS.items()}
ANYTHING = st.recursive(
    st.sampled_from(EXTREMES) | st.text(max_size=20) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _spoilt(draw: st.DrawFn, record: Strategy) -> Any:
    """Mostly the record; at times with a field more, less or other than it should be, or something else altogether."""
    made = draw(record)
    spoiling = draw(SPOILING)
    if spoiling == "a field":
        name = draw(st.sampled_from([*made, "sis_id", "uuid", "surprise"]))
        return {**made, name: draw(ANYTHING)}
    return made if spoiling == "not" else draw(ANYTHING)


@st.composite
def inbox_messages(draw: st.DrawFn) -> str:
    """Bodies for the intake."""
    message = draw(_ENVELOPE)
    for step in draw(st.lists(st.sampled_from(list(Step)), min_size=1, max_size=4, unique=True)):
        message[step.section] = draw(st.lists(_spoilt(RECORDS[step]), min_size=1, max_size=4))
    return json.dumps(draw(_spoilt(st.just(message))), ensure_ascii=draw(st.booleans()))


@st.composite
def step_messages(draw: st.DrawFn) -> str:
    """Bodies for a step's queue."""
    message = draw(_STEP_MESSAGE)
    message["records"] = draw(st.lists(_spoilt(RECORDS[Step(message["step"])]), max_size=4))
    return json.dumps(draw(_spoilt(st.just(message))), ensure_ascii=draw(st.booleans()))


# A section's records are any JSON to the message's own model.
_SECTIONS = {step.section for step in Step}
_WHOLE = InboxMessage.model_json_schema(by_alias=False)
_ENVELOPE = from_schema(
    {**_WHOLE, "properties": {name: each for name, each in _WHOLE["properties"].items() if name not in _SECTIONS}},
    _WHOLE["$defs"],
)
_STEP_MESSAGE = _of_model(StepMessage)
BODIES = inbox_messages() | step_messages()
