"""The mapping in memory, for tests and for trying things out."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace

from dokstamp_sync.mapping.row import Conflict, Row


class MemoryStore:
    """Keeps rows in a dictionary; see Store."""

    def __init__(self, new_version: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self.rows: dict[str, Row] = {}
        self._new_version = new_version
        self._lock = threading.Lock()

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        with self._lock:
            return {each: self.rows[each] for each in ids if each in self.rows}

    def write(self, row: Row, replaces: Row | None) -> Row:
        with self._lock:
            current = self.rows.get(row.id)
            if (current.version if current else "") != (replaces.version if replaces else ""):
                raise Conflict(current)
            stored = replace(row, version=self._new_version())
            self.rows[row.id] = stored
            return stored
