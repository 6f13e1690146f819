"""The mapping in memory, for tests and for trying things out."""

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

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
    """The outcomes table in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, RecordOutcome] = {}

    def keep(self, id_: str, run: str, occurred_at: str, outcome: RecordOutcome, said: Any) -> None:
        self.kept[id_] = outcome

    def drop(self, id_: str) -> None:
        self.kept.pop(id_, None)
