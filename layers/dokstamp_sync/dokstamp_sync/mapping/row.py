"""A row of the mapping, and the Protocol of whoever keeps rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from dokstamp_sync.errors import Retry
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome


def row_id(step: Step, sis_id: str) -> str:
    """A record's key in the mapping, e.g. ``course#CS``."""
    return f"{step.value}#{sis_id}"


def identity(step: Step, uuid: str, facts: Mapping[str, Any]) -> str:
    """Which entity a parent is, for the records below it. Of an enrollment only whose it is makes a difference."""
    if step is Step.ENROLLMENT and "student_uuid" in facts and "course_uuid" in facts:
        return f"{facts['student_uuid']}/{facts['course_uuid']}"
    return uuid


def step_of(row: str) -> Step:
    """The step of a record, by its row's id."""
    return Step(row.partition("#")[0])


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was last said about a record, by which run, and what became of it. ``occurred_at`` sorts as time does.

    ``parents``: row id of each record that it depends on -> which entity that was (see ``identity``).
    """

    run: str
    occurred_at: str
    fingerprint: str
    outcome: Outcome
    reason: str
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on the record, and until when (seconds since the epoch) nobody else may."""

    owner: str
    until: float


@dataclass(frozen=True, slots=True)
class Row:
    """``version`` changes with every write. ``facts`` are what other steps need to know, by name.

    ``key``: what names the record's entity in DokStamp, as last delivered (see identity.py).
    ``intent``: something may be about to be created, or to be given another key. What it holds is frozen, so that a
    retry sends the same; see claims.py.
    ``waiting``: since when (seconds since the epoch) each run's record waits for something that is not there.
    ``applied`` is the last delivery that DokStamp took, ``refused`` one that was refused since.
    """

    id: str
    version: str = ""
    uuid: str | None = None
    key: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    applied: Delivery | None = None
    refused: Delivery | None = None
    claim: Claim | None = None
    intent: Mapping[str, str] | None = None
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

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        """Stores ``row`` with a new version, if the stored row is still ``replaces`` (None: there is none).

        ``beside``: a row of which there is none yet, stored in the same stroke: both or neither.
        Answers the row as stored. Raises Conflict otherwise, with the row that stood in the way. A write that the store
        reports as refused although an earlier try of the very same write was taken counts as taken: the new version
        tells.
        """


MOST_TRIES = 5


def change(store: Store, id_: str, how: Callable[[Row], Row]) -> Row:
    """Reads the row (a new one if there is none), changes it and writes it if nobody else did meanwhile, else again.

    Answers the row as stored. Raises Retry when it keeps changing.
    """
    for _ in range(MOST_TRIES):
        before = store.read([id_]).get(id_)
        base = before or Row(id_)
        after = how(base)
        if after == base:
            return base
        with suppress(Conflict):
            return store.write(after, before)
    raise Retry("a row of the mapping keeps changing")
