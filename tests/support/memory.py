"""The mapping in memory, for tests and for trying things out."""

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dokstamp_sync.mapping.refusals import Refused, Waiting
from dokstamp_sync.mapping.row import Conflict, Row, Store
from dokstamp_sync.outcomes import RecordOutcome


class MemoryStore:
    """Keeps rows in a dictionary; see Store."""

    def __init__(self, new_version: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self.rows: dict[str, Row] = {}
        self._new_version = new_version
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
            stored = replace(row, version=self._new_version())
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
        self._change(refused.id, refused.occurred_at, refused)

    def drop(self, id_: str, occurred_at: str) -> None:
        self._change(id_, occurred_at, None)

    def release(self, waiting: Waiting) -> None:
        there = self.items.get(waiting.id)
        if there and (there.run, there.occurred_at) == (waiting.run, waiting.occurred_at):
            self._change(waiting.id, there.occurred_at, replace(there, awaits=""))

    def waiting_for(self, awaits: str) -> list[Waiting]:
        with self._lock:
            shown = [self._shown(id_) for id_ in self._index]
        return [
            Waiting(each.id, each.outcome.step, each.run, each.occurred_at, each.force, each.said)
            for each in shown
            if each and each.awaits == awaits
        ]

    def _change(self, id_: str, occurred_at: str, kept: Refused | None) -> None:
        with self._lock:
            there = self.items.get(id_)
            if there and there.occurred_at > occurred_at:
                return
            if kept:
                self.items[id_] = kept
            else:
                self.items.pop(id_, None)
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
