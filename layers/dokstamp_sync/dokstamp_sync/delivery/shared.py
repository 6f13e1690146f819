"""Where records meet: the rows that they share, whose an entity of DokStamp is, and who holds a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dokstamp_sync.delivery.context import Context, Means
from dokstamp_sync.delivery.gate import Gate, WouldWrite
from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.mapping.identity import Hold, named
from dokstamp_sync.mapping.row import Conflict, Row
from dokstamp_sync.mapping.run_notes import planned_id
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import wait_for


class SharedRows:
    """For the work on one record; what it claims, its gate watches. A dry run asks, and writes nothing."""

    def __init__(self, means: Means, context: Context, gate: Gate) -> None:
        self._means = means
        self._context = context
        self._gate = gate
        self._mine = gate.claims[0].row.id

    def claim(self, id_: str) -> Claimed:
        """Claims a row that several records share. Raises Retry while another worker has it."""
        row = self._means.store.read([id_]).get(id_)
        if row and row.claim and row.claim.until > self._means.clock():
            raise Retry("another worker owns a row that this record shares")
        try:
            claimed = self._context.claims.claim(id_, row)
        except Conflict:
            raise Retry("another worker was faster") from None
        self._gate.claims.append(claimed)
        return claimed

    def owner_of(self, uuid: str) -> str | None:
        """The row id of the record that the entity is, as far as the mapping knows."""
        return self._means.identity.owner_of(uuid)

    def own(self, uuid: str) -> None:
        """Notes that this record is the entity that was found. Raises NotReady if another record is."""
        identity = self._means.identity
        owner = identity.owner_of(uuid) if self._context.dry_run else identity.own(uuid, self._mine)
        if owner and owner != self._mine:
            if self._context.dry_run and self._gives_up(owner):
                raise WouldWrite(Outcome.CREATED)
            raise wait_for(owner, f"DokStamp's entity is {named(owner)}")

    def hold(self, key: str, is_there: Callable[[], bool]) -> None:
        """Takes the key for this record, whose row must say already that it wants it. Raises NotReady, see take."""
        identity = self._means.identity
        if self._context.dry_run:
            holder = identity.holder_of(key)
            if holder is None or holder.how is None or holder.row == self._mine or self._gives_up(holder.row):
                return
        else:
            holder = identity.take(key, self._mine, is_there)
            if holder is None:
                return
        if holder.how is Hold.SETTLED:
            raise wait_for(holder.row, f"{named(holder.row)} is named like this record in DokStamp", settled=True)
        raise wait_for(holder.row, f"{named(holder.row)} may just be getting the name of this record in DokStamp")

    def freeze_and_hold(self, intent: Mapping[str, str], is_there: Callable[[], bool]) -> None:
        """Freezes the intent and takes its key, in one write where nobody ever had it. Raises NotReady, see take."""
        claimed, key = self._gate.claims[0], intent["key"]
        try:
            claimed.freeze(intent, Row(id=key, facts={"row": self._mine}))
        except Conflict:
            claimed.freeze(intent)
            self.hold(key, is_there)

    def still_holds(self, key: str) -> bool:
        """Whether no other record has taken the key since."""
        holder = self._means.identity.holder_of(key)
        return holder is None or holder.row == self._mine

    def _gives_up(self, row: str) -> bool:
        """Whether the same dry run would give that record another key."""
        id_ = planned_id(self._context.run, row)
        rows = self._means.store.read([id_, row])
        return id_ in rows and row in rows and rows[id_].facts.get("key") not in (None, rows[row].key)
