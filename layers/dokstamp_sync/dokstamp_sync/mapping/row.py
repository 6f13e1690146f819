"""A row of the mapping, and the Protocol of the store that keeps rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from dokstamp_sync.errors import Retry
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome


def row_id(step: Step, sis_id: str) -> str:
    """The id of a record's row, e.g. ``course#CS``."""
    return f"{step.value}#{sis_id}"


def identity(step: Step, uuid: str, facts: Mapping[str, Any]) -> str:
    """Which entity a parent is for the records below it: its uuid, or an enrollment's student and course."""
    if step is Step.ENROLLMENT and "student_uuid" in facts and "course_uuid" in facts:
        return f"{facts['student_uuid']}/{facts['course_uuid']}"
    return uuid


def step_of(row: str) -> Step:
    """The step of the record whose row has this id."""
    return Step(row.partition("#")[0])


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a run last said about a record, and the outcome. ``occurred_at``: a text that sorts in the order of time.

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
    """Which worker works on the record; no other one may before ``until`` (seconds since the epoch)."""

    owner: str
    until: float


@dataclass(frozen=True, slots=True)
class Waited:
    """For how many seconds a run's record has waited, and when it was last seen that something is missing.

    ``seen``: seconds since the epoch. The time between may be longer: an outage does not count.
    """

    waited: float
    seen: float


@dataclass(frozen=True, slots=True)
class Row:
    """``version`` changes with every write, and a later one sorts after an earlier one.

    ``facts``: what later steps and deliveries need to know, by name.
    ``key``: the key of the record's entity in DokStamp, as last delivered, by its note's id (see identity.key_id).
    ``intent``: something may be about to be created or given another key. It holds what a retry must send unchanged.
    ``waiting``: run -> how long its record has waited for something that is missing.
    ``awaited``: when another record was last blocked because it needs this one (seconds since the epoch).
    ``applied``: the last delivery that DokStamp took. ``refused``: one that was refused since.
    ``expires_at``: when DynamoDB may remove the row (seconds since the epoch); None: never.
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
    waiting: Mapping[str, Waited] | None = None
    awaited: float | None = None
    expires_at: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether DokStamp has the record, and nothing newer that was said of it was refused."""
        return self.uuid is not None and self.refused is None


class Conflict(Exception):
    """Somebody else has written the row meanwhile. ``current``: the row as it is now, or None if it is gone."""

    def __init__(self, current: Row | None) -> None:
        super().__init__("the row was written by somebody else meanwhile")
        self.current = current


class Store(Protocol):
    """Keeps rows. Reads are consistent; writes are conditional.

    Both methods raise Retry if the store could not be asked, so that this is never taken for "there is no such row".
    """

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        """The rows that exist among ``ids``, by id."""

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        """Stores ``row`` with a new version, if the stored row is still ``replaces`` (None: there is none).

        ``beside``: a new row, stored in the same write: both or neither. Answers ``row`` as stored. Raises Conflict,
        with the row in the way, if one cannot be stored. If the store refuses a repeated write because its first try
        was taken, the write counts as taken: the stored version shows it.
        """


def next_version(replaces: Row | None, unique: str) -> str:
    """The version of the row that is stored in place of ``replaces``. No other write may have the same ``unique``."""
    number = replaces.version.partition("-")[0] if replaces else ""
    return f"{int(number) + 1 if number.isdecimal() else 1:012}-{unique}"


MOST_TRIES = 5


def change(store: Store, id_: str, how: Callable[[Row], Row]) -> Row:
    """Reads the row (or makes a new one), changes it and writes it; again if somebody else has written it meanwhile.

    Writes nothing if ``how`` changes nothing. Answers the row as stored. Raises Retry after ``MOST_TRIES``.
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
