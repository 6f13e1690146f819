"""Rows that several records share: a course's attachments, and whose an entity of DokStamp is."""

from __future__ import annotations

from collections.abc import Callable

from dokstamp_sync.delivery.gate import Gate
from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.claims import Claimed, Claims
from dokstamp_sync.mapping.row import Conflict, Row, Store


class SharedRows:
    """For the work on one record; what it claims, its gate watches."""

    def __init__(self, store: Store, claims: Claims, clock: Callable[[], float], gate: Gate, *, dry_run: bool) -> None:
        self._store = store
        self._claims = claims
        self._clock = clock
        self._gate = gate
        self._dry_run = dry_run

    def claim(self, id_: str) -> Claimed:
        """Claims the row. Raises Retry while another worker has it."""
        row = self._store.read([id_]).get(id_)
        if row and row.claim and row.claim.until > self._clock():
            raise Retry("another worker owns a row that this record shares")
        try:
            claimed = self._claims.claim(id_, row)
        except Conflict:
            raise Retry("another worker was faster") from None
        self._gate.claims.append(claimed)
        return claimed

    def owner_of(self, uuid: str) -> str:
        """The row id of the record that the entity is; this record, if no other has it."""
        mine = self._gate.claims[0].row.id
        if self._dry_run:
            return mine
        note = Row(id=f"uuid#{uuid}", facts={"row": mine})
        try:
            self._store.write(note, None)
            return mine
        except Conflict as taken:
            current = taken.current
        owner = str(current.facts["row"]) if current else mine
        row = self._store.read([owner]).get(owner)
        if owner == mine or (row and (row.uuid == uuid or row.claim)):
            return owner
        # Whoever it was has become another entity since.
        try:
            self._store.write(note, current)
        except Conflict:
            raise Retry("another worker was faster") from None
        return mine
