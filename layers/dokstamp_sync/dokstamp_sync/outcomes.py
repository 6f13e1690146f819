"""What became of a record, in the words that the SIS reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from dokstamp_sync.order import Step


class Outcome(StrEnum):
    """The six ends a record can come to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REJECTED = "rejected"
    BLOCKED = "blocked"


# In a run's state: the most for a record's reason and address together, the least of it for the reason, and the most
# for the reasons and addresses of a whole step if it has few records.
TEXT_BYTES = 240
LEAST_REASON_BYTES = 40
TEXTS_BYTES = 1500
# DynamoDB holds 400 KB an item, and what the SIS or the vendor says may be longer.
MOST_REASON_BYTES = 2000

_NOT_TOLD = "its address is too long to be told here; it stands in DokStamp, and in the facts of its mapping row"

REFUSED = frozenset({Outcome.REJECTED, Outcome.BLOCKED})


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """One record's outcome and the reason in words.

    ``sis_id`` is None only where a record has no readable one; the reason then names its place.
    """

    step: Step
    sis_id: str | None
    outcome: Outcome
    reason: str
    uuid: str | None = None
    public_verification_url: str | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the SIS has to do something about it."""
        return self.outcome in REFUSED

    def as_json(self) -> dict[str, Any]:
        """``{"step", "sis_id", "outcome", "uuid", "reason", "public_verification_url"?}``."""
        shown: dict[str, Any] = {
            "step": self.step.value,
            "sis_id": self.sis_id,
            "outcome": self.outcome.value,
            "uuid": self.uuid,
            "reason": self.reason,
        }
        if self.public_verification_url:
            shown["public_verification_url"] = self.public_verification_url
        return shown


def count(outcomes: Iterable[str]) -> dict[str, int]:
    """``{"created": 2, ...}``: every outcome that occurs, in the order of their definition."""
    found = Counter(outcomes)
    return {outcome.value: found[outcome.value] for outcome in Outcome if found[outcome.value]}


def answer(outcomes: Sequence[RecordOutcome], *, dry_run: bool = False) -> dict[str, Any]:
    """``{"counts", "records"}``, small enough for the run's state: what a step answers to its task token."""
    return {"counts": count(each.outcome for each in outcomes), "records": told(outcomes, dry_run=dry_run)}


def told(outcomes: Sequence[RecordOutcome], *, dry_run: bool = False) -> list[dict[str, Any]]:
    """The outcomes as JSON, with shorter reasons, and without an address that is too long.

    Every reason of a dry run says that it is one.
    A run's state holds 256 KiB, so each of many records has less room. The outcomes table keeps every reason up to
    ``MOST_REASON_BYTES``. A part of an address is of no use.
    """
    room = max(TEXT_BYTES, TEXTS_BYTES // max(1, len(outcomes)))
    prefix = "dry run: " if dry_run else ""
    return [_fitting(replace(each, reason=prefix + each.reason), room).as_json() for each in outcomes]


def _fitting(outcome: RecordOutcome, room: int) -> RecordOutcome:
    address = _bytes(outcome.public_verification_url or "")
    if address <= room - LEAST_REASON_BYTES:
        return replace(outcome, reason=shorten(outcome.reason, room - address))
    reason = shorten(outcome.reason, room - _bytes(f"; {_NOT_TOLD}"))
    return replace(outcome, reason="; ".join(filter(None, (reason, _NOT_TOLD))), public_verification_url=None)


def shorten(text: str, room: int) -> str:
    """The text, or as much of its beginning as fits in ``room`` bytes of JSON in UTF-8."""
    if _bytes(text) <= room:
        return text
    ellipsis = "…"
    left = room - _bytes(ellipsis)
    end = 0
    for character in text:
        left -= _bytes(character)
        if left < 0:
            break
        end += 1
    return text[:end] + ellipsis


def _bytes(text: str) -> int:
    """As JSON, without the quotes around it."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2
