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
# It becomes part of addresses: nothing in it may lead elsewhere.
_UUID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# Fields are logged, so what is no field's name (files.0, modules[1].order) is not taken for one.
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.*\[\]]{0,63}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    retry_after: str | None
    content: bytes


def read(response: httpx.Response) -> Answer:
    """Takes no more of a body than ``MOST_BYTES``: what is cut off there is no JSON any more."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            break
    return Answer(response.status_code, response.headers.get("Retry-After"), bytes(content[:MOST_BYTES]))


def body(said: str, answer: Answer, *, definite: bool) -> dict[str, Any]:
    """The JSON object that was answered, or an empty one. Raises Retry for anything else."""
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
    """How many entities a list has on all its pages; None if it has no pages. Raises Retry if it does not say."""
    if not meta:
        return None
    given = meta.get("total") if isinstance(meta, dict) else None
    # Not by int() alone: to it, true is one entity.
    if not re.fullmatch(r"[0-9]{1,18}", str(given)):
        raise Retry(f"{said} has pages, but does not say how many entities")
    return int(str(given))


def refusal(answer: Answer) -> tuple[str, frozenset[str]]:
    """The vendor's reason: its ``errors`` field by field, else its ``message``; and the fields, for logs, too."""
    body = _json(answer)
    if not isinstance(body, dict):
        return "no reason given", frozenset()
    errors = body.get("errors")
    if isinstance(errors, dict) and errors:
        told = (f"{field}: {_words(said)}" for field, said in errors.items())
        return "; ".join(told), frozenset(filter(_FIELD.fullmatch, errors))
    return _words(body.get("message") or "no reason given"), frozenset()


def _json(answer: Answer) -> Any:
    """None where there is none. Unlike the standard library's, this reader stands deep nesting and lone surrogates."""
    try:
        return from_json(answer.content, allow_inf_nan=False)
    except ValueError:
        return None


def _words(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)
