"""What an answer of DokStamp holds. Source: [intro] for the envelope, [errors] for what a refusal says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import httpx
from pydantic_core import from_json

from dokstamp_sync.errors import Retry

Entity = dict[str, Any]

# A page of a hundred entities takes less, even if each has a description of 20,000 Latin letters.
MOST_BYTES = 8 * 1024 * 1024
# A uuid becomes part of addresses, so it may hold nothing that changes their meaning.
_UUID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# The names of fields are logged, so only what looks like one (files.0, modules[1].order) is taken for one.
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.*\[\]]{0,63}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    retry_after: str | None
    content: bytes


def read(response: httpx.Response) -> Answer:
    """Reads at most ``MOST_BYTES`` of a body. A longer one is cut off, and is no JSON any more."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            break
    return Answer(response.status_code, response.headers.get("Retry-After"), bytes(content[:MOST_BYTES]))


def body(said: str, answer: Answer, *, definite: bool) -> dict[str, Any]:
    """The JSON object in the body; an empty one if there is no body. Raises Retry for anything else."""
    if not answer.content:
        return {}
    body = _json(answer)
    if not isinstance(body, dict):
        raise Retry(f"{said} with a body that is not a JSON object", definite=definite)
    return body


def entity(body: Mapping[str, Any], said: str) -> Entity:
    """The entity in ``data``, always with a uuid. Raises Retry for anything else."""
    entity = body.get("data")
    if not is_entity(entity):
        raise Retry(f"{said} answered without an entity", definite=said.startswith("GET"))
    return entity


def is_entity(given: object) -> TypeGuard[Entity]:
    """Whether it has a uuid."""
    return isinstance(given, dict) and is_uuid(given.get("uuid"))


def is_uuid(given: object) -> TypeGuard[str]:
    """Whether it can stand in an address."""
    return isinstance(given, str) and bool(_UUID.fullmatch(given))


def total(meta: object, said: str) -> int | None:
    """How many entities a list has on all its pages; None if it has no pages. Raises Retry if that cannot be read."""
    if not meta:
        return None
    given = meta.get("total") if isinstance(meta, dict) else None
    # int() alone would take true for 1.
    if not re.fullmatch(r"[0-9]{1,18}", str(given)):
        raise Retry(f"{said} has pages, but does not say how many entities")
    return int(str(given))


def refusal(answer: Answer) -> tuple[str, frozenset[str]]:
    """The vendor's reason (``errors`` field by field, else ``message``), and the names of the fields."""
    body = _json(answer)
    if not isinstance(body, dict):
        return "no reason given", frozenset()
    errors = body.get("errors")
    if isinstance(errors, dict) and errors:
        told = (f"{field}: {_words(said)}" for field, said in errors.items())
        return "; ".join(told), frozenset(filter(_FIELD.fullmatch, errors))
    return _words(body.get("message") or "no reason given"), frozenset()


def breaks_off(answer: Answer) -> bool:
    """Whether it begins as a JSON object and does not end as one, though it was read whole."""
    said = answer.content.strip()
    return said.startswith(b"{") and not said.endswith(b"}") and len(answer.content) < MOST_BYTES


def _json(answer: Answer) -> Any:
    """The body's JSON, or None. Unlike the standard library, this reader refuses deep nesting and lone surrogates."""
    try:
        return from_json(answer.content, allow_inf_nan=False)
    except ValueError:
        return None


def _words(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)
