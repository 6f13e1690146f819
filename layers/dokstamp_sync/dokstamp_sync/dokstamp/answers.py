"""What an answer of DokStamp holds. Source: [intro] for the envelope, [errors] for what a refusal says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from dokstamp_sync.errors import Retry
from dokstamp_sync.outcomes import shorten

Entity = dict[str, Any]

MOST_REASON_BYTES = 2000
# Fields are logged, so what is no field's name (files.0, modules[1].order) is not taken for one.
_A_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]]{0,79}")


def body(said: str, response: httpx.Response, *, definite: bool) -> dict[str, Any]:
    """The JSON object that was answered, or an empty one. Raises Retry for anything else."""
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Retry(f"{said} with a body that is not a JSON object", definite=definite)
    return body


def entity(body: Mapping[str, Any], said: str) -> Entity:
    """The entity in ``data``, always with a uuid. Raises Retry for anything else."""
    entity = body.get("data")
    if not isinstance(entity, dict) or not isinstance(entity.get("uuid"), str) or not entity["uuid"]:
        raise Retry(f"{said} answered without an entity", definite=said.startswith("GET"))
    return entity


def refusal(response: httpx.Response) -> tuple[str, frozenset[str]]:
    """The vendor's reason, its ``errors`` field by field, else its ``message``; and the names of those fields."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return "no reason given", frozenset()
    errors = body.get("errors")
    if isinstance(errors, dict) and errors:
        told = (f"{field}: {_words(said)}" for field, said in errors.items())
        fields = frozenset(field for field in map(str, errors) if _A_FIELD.fullmatch(field))
        return shorten("; ".join(told), MOST_REASON_BYTES), fields
    return shorten(_words(body.get("message") or "no reason given"), MOST_REASON_BYTES), frozenset()


def _words(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)
