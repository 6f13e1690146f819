"""The mapping in memory, for tests and for trying things out."""

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dokstamp_sync.mapping.refusals import Refused, Waiting
from dokstamp_sync.mapping.row import Conflict, Row, Store, next_version
from dokstamp_sync.outcomes import RecordOutcome


class MemoryStore:
    """Keeps rows in a dictionary; see Store."""

    def __init__(self, unique: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self.rows: dict[str, Row] = {}
        self._unique = unique
        self._lock = threading.Lock()

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        with self._lock:
            return {each: self.rows[each] for each in ids if each in self.rows}

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        with self._lock:
            current = self.rows.get(row.id)
            if (current.version if current else "") != (replaces.version if replaces else ""):
                raise Conflict(current)
            if beside and beside.id in self.rows:
                raise Conflict(self.rows[beside.id])
            stored = replace(row, version=next_version(replaces, self._unique()))
            self.rows[row.id] = stored
            if beside:
                self.rows[beside.id] = replace(beside, version=stored.version)
            return stored


class Noted:
    """A store that notes what is written to it."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.written: list[Row] = []

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        return self._inner.read(ids)

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        self.written.append(row)
        return self._inner.write(row, replaces, beside)


class RefusalList:
    """The outcomes table in memory. Its index shows every change so many seconds later as ``lag`` answers."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0, lag: Callable[[], float] = lambda: 0.0) -> None:
        self.items: dict[str, Refused] = {}
        self._index: dict[str, list[tuple[float, Refused | None]]] = {}
        self._clock = clock
        self._lag = lag
        self._lock = threading.Lock()

    @property
    def kept(self) -> dict[str, RecordOutcome]:
        return {id_: each.outcome for id_, each in self.items.items()}

    def keep(self, refused: Refused) -> None:
        with self._lock:
            there = self.items.get(refused.id)
            if not there or (there.occurred_at, there.version) <= (refused.occurred_at, refused.version):
                self._change(refused.id, refused)

    def drop(self, id_: str, occurred_at: str) -> None:
        with self._lock:
            if id_ in self.items and self.items[id_].occurred_at <= occurred_at:
                self._change(id_, None)

    def release(self, waiting: Waiting) -> None:
        with self._lock:
            there = self.items.get(waiting.id)
            if there and (there.run, there.occurred_at) == (waiting.run, waiting.occurred_at):
                self._change(waiting.id, replace(there, awaits=""))

    def waiting_for(self, awaits: str) -> list[Waiting]:
        with self._lock:
            shown = [self._shown(id_) for id_ in self._index]
        return [
            Waiting(each.id, each.outcome.step, each.run, each.occurred_at, each.force, each.said)
            for each in shown
            if each and each.awaits == awaits
        ]

    def _change(self, id_: str, kept: Refused | None) -> None:
        if kept:
            self.items[id_] = kept
        else:
            del self.items[id_]
        changes = self._index.setdefault(id_, [])
        before = changes[-1][0] if changes else 0.0
        changes.append((max(before, self._clock() + self._lag()), kept))

    def _shown(self, id_: str) -> Refused | None:
        shown = [kept for moment, kept in self._index[id_] if moment <= self._clock()]
        return shown[-1] if shown else None


class InboxList:
    """An inbox that holds what is sent to it."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send(self, bodies: Sequence[str]) -> None:
        self.bodies.extend(bodies)
