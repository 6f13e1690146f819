"""What the SIS says of people, as it may be shown on a screen: values by their field's name, ids by their digest.

The results queue and the outcomes table tell the SIS everything; a terminal's history is nobody's archive.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from local.follow import Ending

# By section and by step.
PEOPLE = {"students", "enrollments", "certificates", "student", "enrollment", "certificate"}
# What an institution says may be a person's.
PERSONAL = {"legalname", "taxid"}
# What records of people say of courses, or in one of a few words.
HARMLESS = {"courseid", "cohortid", "templateid", "completionstatus", "revoke"}
A_KEY = re.compile(r"[A-Za-z_]+")
A_SMALL_NUMBER = re.compile(r"\d{1,3}")
# A vendor's reason may quote somebody of whom no message spoke.
AN_ADDRESS = r"[^\s'\"<>(),;:]+@[^\s'\"<>(),;:]+"


def digest(step: str, sis_id: str | None) -> str:
    """The twelve hex characters that stand for a record in the logs, too."""
    return hashlib.sha256(f"{step}#{sis_id}".encode()).hexdigest()[:12]


def name(record: dict[str, Any]) -> str:
    """An outcome's record."""
    step, sis_id = record["step"], record["sis_id"]
    return f"{step} {digest(step, sis_id) if step in PEOPLE else sis_id}"


class Veil:
    """Knows what the messages so far said of people, and hides it in texts."""

    def __init__(self, *endings: Ending) -> None:
        self._shown: dict[str, str] = {}
        for ending in endings:
            self.learn(ending)

    def learn(self, ending: Ending) -> None:
        for record in ending.records:
            if record["step"] in PEOPLE and record["sis_id"]:
                self._learn(record["sis_id"], digest(record["step"], record["sis_id"]))
        # What is no JSON is refused for that, without a word of it.
        with suppress(ValueError, RecursionError):
            for key, value in _said(json.loads(ending.message.body), "", personal=False):
                self._learn(value, f"<{key}>")

    def _learn(self, value: str, instead: str) -> None:
        if not A_SMALL_NUMBER.fullmatch(value):
            self._shown.setdefault(value.lower(), instead)

    def hide(self, text: str) -> str:
        """The text, without what is known."""
        longest_first = sorted(self._shown, key=len, reverse=True)
        pattern = "|".join([*(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest_first), AN_ADDRESS])
        return re.sub(pattern, lambda found: self._shown.get(found[0].lower(), "<email>"), text, flags=re.IGNORECASE)


def _said(node: Any, key: str, *, personal: bool) -> Iterator[tuple[str, str]]:
    """Keys and values that tell of people, and keys that are none."""
    plain = key.replace("_", "").lower()
    personal = (personal or plain in PEOPLE | PERSONAL) and plain not in HARMLESS
    if isinstance(node, dict):
        for inner, value in node.items():
            if not A_KEY.fullmatch(inner):
                yield "key", inner.strip()
            yield from _said(value, inner, personal=personal)
    elif isinstance(node, list):
        for value in node:
            yield from _said(value, key, personal=personal)
    elif personal and node is not None and (text := str(node).strip()):
        yield (key if A_KEY.fullmatch(key) else "key"), text
