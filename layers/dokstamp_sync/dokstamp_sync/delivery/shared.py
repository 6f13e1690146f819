"""What records share or compete for: shared rows, entities of DokStamp, and keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dokstamp_sync.delivery.context import Context
from dokstamp_sync.delivery.gate import Gate, WouldWrite
from dokstamp_sync.errors import Occupied
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.mapping.identity import Hold, key_word, named
from dokstamp_sync.mapping.row import Conflict, Row, step_of
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import wait_for


class SharedRows:
    """See work.Shared. For one record; its gate checks the leases of the rows that are claimed here, too."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._means = context.means
        self._dry_run = context.dry_run
        self._gate = gate
        self._claimed = gate.claims[0]
        self._mine = self._claimed.row.id

    def claim(self, id_: str) -> Claimed:
        row = self._means.store.read([id_]).get(id_)
        if row and row.claim and row.claim.until > self._means.clock():
            raise Occupied("another worker owns a row that this record shares")
        try:
            claimed = self._means.claims.claim(id_, row)
        except Conflict:
            raise Occupied("another worker was faster") from None
        self._gate.claims.append(claimed)
        return claimed

    def owner_of(self, uuid: str) -> str | None:
        return self._means.identity.owner_of(uuid)

    def own(self, uuid: str) -> None:
        owner = self._means.identity.own(uuid, self._mine)
        if owner == self._mine:
            return
        if self._dry_run and self._is_renamed(owner):
            raise WouldWrite(Outcome.CREATED)
        raise wait_for(owner, f"what DokStamp has under the {self._key} of this record is {named(owner)}", settled=True)

    def hold(self, key: str, is_there: Callable[[], bool]) -> None:
        holder = self._means.identity.take(key, self._mine, is_there)
        if holder is None:
            return
        settled = holder.how is Hold.SETTLED
        has = "has" if settled else "may just be getting"
        told = f"{named(holder.row)} {has} the {self._key} of this record in DokStamp"
        raise wait_for(holder.row, told, settled=settled)

    def freeze_and_hold(self, intent: Mapping[str, str], is_there: Callable[[], bool]) -> None:
        key = intent["key"]
        try:
            self._claimed.freeze(intent, Row(id=key, facts={"row": self._mine}))
        except Conflict:
            self._claimed.freeze(intent)
            self.hold(key, is_there)

    def still_holds(self, key: str) -> bool:
        holder = self._means.identity.holder_of(key)
        return holder is None or holder.row == self._mine

    def facts_of(self, key: str) -> Mapping[str, Any]:
        holder = self._means.identity.holder_of(key)
        return holder.facts if holder and holder.how else {}

    @property
    def _key(self) -> str:
        return key_word(step_of(self._mine))

    def _is_renamed(self, owner: str) -> bool:
        """Whether this dry run would give record ``owner`` another key: DokStamp still shows it with the old one."""
        row = self._means.store.read([owner])[owner]
        return row.expires_at is not None and row.key != self._claimed.frozen.get("key")
