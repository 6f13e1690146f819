"""A row of the mapping, and the Protocol of whoever keeps rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome


def row_id(step: Step, sis_id: str) -> str:
    """A record's key in the mapping, e.g. ``course#CS``."""
    return f"{step.value}#{sis_id}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was last said about a record, by which run, and what became of it. ``occurred_at`` sorts as time does."""

    run: str
    occurred_at: str
    fingerprint: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on the record, and until when (seconds since the epoch) nobody else may."""

    owner: str
    until: float


@dataclass(frozen=True, slots=True)
class Intent:
    """Something may be about to be created. ``facts`` are frozen, so that a retry sends the same.

    ``maybe_sent``: a POST may have left, and may have been carried out.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    maybe_sent: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """``version`` changes with every write. ``facts`` are what other steps need to know, by name.

    ``waiting``: since when (seconds since the epoch) each run's record waits for something that is not there.
    ``applied`` is the last delivery that DokStamp took, ``refused`` one that was refused since.
    """

    id: str
    version: str = ""
    uuid: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    applied: Delivery | None = None
    refused: Delivery | None = None
    claim: Claim | None = None
    intent: Intent | None = None
    waiting: Mapping[str, float] | None = None
    expires_at: int | None = None


class Conflict(Exception):
    """The row was written by somebody else meanwhile; ``current`` is how it stands now (None: it is gone)."""

    def __init__(self, current: Row | None) -> None:
        super().__init__("the row was written by somebody else meanwhile")
        self.current = current


class Store(Protocol):
    """Keeps rows. Reads are consistent; writes are conditional.

    Both methods raise Retry when the store could not be asked: an unanswered question is never an empty answer.
    """

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        """The rows that exist among ``ids``, by id."""

    def write(self, row: Row, replaces: Row | None) -> Row:
        """Stores ``row`` with a new version, if the stored row is still ``replaces`` (None: there is none).

        Answers the row as stored. Raises Conflict otherwise. A write that the store reports as refused although
        an earlier try of the very same write was taken counts as taken: the new version tells.
        """
