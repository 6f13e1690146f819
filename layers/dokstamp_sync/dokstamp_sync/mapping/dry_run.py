"""What a dry run writes: rows of its own, which only this run reads instead of the mapping's, and which expire."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dokstamp_sync.mapping.refusals import Refused, Waiting
from dokstamp_sync.mapping.row import Conflict, Row, Store
from dokstamp_sync.mapping.run_notes import expiring

PLANNED = "00000000-0000-0000-0000-000000000000"
"""Stands for the uuid of an entity that a dry run would create."""


class DryRunStore:
    """The mapping as it would be after what the run has planned so far; see Store.

    A row with ``expires_at`` is one that the dry run has written: the mapping's rows are shown without theirs.
    """

    def __init__(self, store: Store, run: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._prefix = f"plan#{run}#"
        self._clock = clock

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        wanted = list(ids)
        found = self._store.read([*wanted, *(self._prefix + id_ for id_ in wanted)])
        planned = {id_: self._shown(found[self._prefix + id_]) for id_ in wanted if self._prefix + id_ in found}
        return {id_: replace(found[id_], expires_at=None) for id_ in wanted if id_ in found} | planned

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        in_the_way = self.read([beside.id]).get(beside.id) if beside else None
        if in_the_way:
            raise Conflict(in_the_way)
        planned = replaces if replaces and replaces.expires_at else None
        try:
            return self._shown(self._store.write(self._kept(row), planned, self._kept(beside) if beside else None))
        except Conflict as conflict:
            raise Conflict(self._shown(conflict.current) if conflict.current else None) from None

    def _kept(self, row: Row) -> Row:
        return replace(row, id=self._prefix + row.id, expires_at=expiring(self._clock))

    def _shown(self, row: Row) -> Row:
        return replace(row, id=row.id.removeprefix(self._prefix))


class NoRefusals:
    """An outcomes table that keeps nothing; see Refusals."""

    def keep(self, refused: Refused) -> None:
        """Keeps nothing: what a dry run would refuse stands only in its result."""

    def drop(self, id_: str, occurred_at: str) -> None:
        """Removes nothing: a dry run delivers nothing."""

    def release(self, waiting: Waiting) -> None:
        """Changes nothing: nothing was kept."""

    def waiting_for(self, awaits: str) -> list[Waiting]:
        """None: nothing was kept."""
        return []
