"""Takes one record to its outcome: decide, find its parents, claim its row, deliver it, store the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Generic

from dokstamp_sync.delivery.context import Context
from dokstamp_sync.delivery.gate import Gate, WouldWrite
from dokstamp_sync.delivery.gone import gone
from dokstamp_sync.delivery.healing import Meanwhile, heal
from dokstamp_sync.delivery.refusing import Refusing, outcome_of
from dokstamp_sync.delivery.shared import SharedRows
from dokstamp_sync.errors import Blocked, NotFound, NotReady, Occupied, Rejected, Retry
from dokstamp_sync.mapping.claims import Claimed, Sent
from dokstamp_sync.mapping.decision import Busy, Deliver, Said, Settled, decide
from dokstamp_sync.mapping.dry_run import PLANNED
from dokstamp_sync.mapping.row import Conflict, Delivery, Row, row_id
from dokstamp_sync.mapping.run_notes import as_said
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.steps.work import Delivered, Parent, R, StepRules, Work

# So often a record is decided again because a row changed meanwhile; then its message comes back later.
MOST_DECISIONS = 5
# So many 404s on the mapped uuid are believed: if one is false, a renamed entity is not found by its new key.
DENIALS = 2


class Deliveries(Generic[R]):
    """Delivers records of one step."""

    def __init__(self, rules: StepRules[R]) -> None:
        self._rules = rules
        self._step = rules.step
        self._refusing = Refusing(rules.step)

    def deliver(self, record: R, row: Row | None, context: Context) -> RecordOutcome:
        """The record's outcome. ``row``: its row as read before, None if there is none.

        Raises Retry if there is no outcome yet, NotReady if the record waits for something: then call ``wait``.
        """
        for _ in range(MOST_DECISIONS):
            try:
                return self._decided(record, row, self._said(record, context), context)
            except (Conflict, Meanwhile):
                # This record's row has changed, or a row that it shares or waits for.
                row = self._row(record, context)
        raise Occupied("the record's row keeps changing")

    def wait(self, record: R, context: Context, missing: NotReady) -> RecordOutcome:
        """Raises ``missing`` while there is patience. After that, refuses the record and answers this outcome."""
        for _ in range(MOST_DECISIONS):
            said, row, is_there = self._said(record, context), self._row(record, context), False
            try:
                # Else another worker has the same message, and has come further with it.
                if isinstance(decide(row, said, context.means.clock()), Deliver):
                    return self._refusing.wait(record, row, said, context, missing)
            except Conflict:
                continue
            except Meanwhile:
                is_there = True
            try:
                return self.deliver(record, self._row(record, context), context)
            except NotReady as again:
                # Else a record would come back for ever if what it waits for is there, but does not suffice.
                again.though_there = is_there and again.awaits == missing.awaits
                missing = again
        raise Occupied("the record's row, or what it waits for, keeps changing")

    def _row(self, record: R, context: Context) -> Row | None:
        id_ = row_id(self._step, record.sis_id)
        return context.means.store.read([id_]).get(id_)

    def _said(self, record: R, context: Context) -> Said:
        parents = context.parents.now(self._rules.references(record).values())
        return Said(context.run, context.occurred_at, record.fingerprint(), context.force, parents)

    def _decided(self, record: R, row: Row | None, said: Said, context: Context) -> RecordOutcome:
        match decide(row, said, context.means.clock()):
            case Settled() as settled:
                if row:
                    self._settle(row, settled, said, context)
                return outcome_of(record, self._step, settled.outcome, settled.reason, row)
            case Busy():
                raise Occupied("another worker owns this record")
        if refused := context.parents.refused(as_said(row_id(self._step, record.sis_id), said.fingerprint)):
            # The message is a copy of one that was answered before.
            return outcome_of(record, self._step, refused, f"{refused} before, in this run", row)
        context.means.brake.hold(begun=False)
        try:
            parents = {name: context.parents.resolve(each) for name, each in self._rules.references(record).items()}
        except Blocked as blocked:
            return self._refusing.refuse(record, row, said, context, blocked)
        return self._claimed(record, row, said, context, parents)

    def _settle(self, row: Row, settled: Settled, said: Said, context: Context) -> None:
        """Stores that what was applied also holds at the later time, and removes a refusal that no longer counts.

        Heals, too: the worker that delivered the record may not have come to that.
        """
        changed = row
        if settled.advance and row.applied:
            changed = replace(changed, applied=replace(row.applied, occurred_at=said.occurred_at))
        if settled.outcome is Outcome.UNCHANGED and row.refused and row.refused.occurred_at <= said.occurred_at:
            context.means.refusals.drop(row.id, said.occurred_at)
            changed = replace(changed, refused=None)
        if changed is not row:
            changed = context.means.store.write(changed, row)
        heal(changed, context)

    def _claimed(
        self, record: R, row: Row | None, said: Said, context: Context, parents: Mapping[str, Parent]
    ) -> RecordOutcome:
        gate = self._gate(record, row, context, parents)
        claimed = gate.claims[0]
        try:
            delivered = self._try(record, context, parents, gate)
        except WouldWrite as would:
            delivered = self._planned(gate, would)
        except Rejected as refusal:
            return self._refusing.refuse(record, claimed.row, said, context, refusal, claimed)
        except NotReady:
            claimed.release()
            raise
        except Retry as error:
            self._give_up(claimed, error)
            raise
        under = {each.reference.row: each.identity for each in parents.values()}
        applied = Delivery(said.run, said.occurred_at, said.fingerprint, delivered.outcome, delivered.reason, under)
        claimed.complete(delivered.uuid, delivered.facts, applied, delivered.key)
        if row and (row.refused or row.waiting) and not claimed.row.refused:
            # What waited may have been kept, though its row does not say so: its worker did not come to that.
            context.means.refusals.drop(row.id, said.occurred_at)
        heal(claimed.row, context)
        return outcome_of(record, self._step, delivered.outcome, delivered.reason, claimed.row)

    def _gate(self, record: R, row: Row | None, context: Context, parents: Mapping[str, Parent]) -> Gate:
        """The gate, with the row claimed. Stores an intent only if something may be created or given another key."""
        intent = self._rules.intent(record, parents)
        keeps_key = row and row.uuid and intent.get("key") in (None, row.key)
        id_ = row_id(self._step, record.sis_id)
        gate = Gate(context.means.api, context.means.brake, dry_run=context.dry_run)
        gate.claims.append(context.means.claims.claim(id_, row, None if keeps_key else intent))
        return gate

    def _try(
        self, record: R, context: Context, parents: Mapping[str, Parent], gate: Gate, denials: int = 0
    ) -> Delivered:
        """Delivers. After a 404 on the mapped uuid it tries again; after the second one, as if there were no uuid."""
        if any(parent.uuid == PLANNED for parent in parents.values()):
            raise WouldWrite(Outcome.CREATED)
        claimed = gate.claims[0]
        claimed.denied = denials == DENIALS
        work = Work(
            record=record,
            occurred_at=context.occurred_at,
            parents=parents,
            api=gate,
            claimed=claimed,
            shared=SharedRows(context, gate),
            pdfs=context.means.pdfs,
            issue=context.means.settings.dokstamp_issue,
            force=context.force,
        )
        try:
            return self._rules.deliver(work)
        except Rejected as refusal:
            is_mine = isinstance(refusal, NotFound) and refusal.names(claimed.row.uuid)
            if claimed.denied or not is_mine:
                raise gone(refusal, parents, context) or refusal from None
        # The steps release shared rows before they raise a refusal.
        del gate.claims[1:]
        return self._try(record, context, parents, gate, denials + 1)

    def _give_up(self, claimed: Claimed, error: Retry) -> None:
        """Lets others try the record at once; if a call may be under way, only when the lease has run out."""
        if claimed.sent is Sent.UNDER_WAY:
            error.after = max(error.after or 0.0, claimed.seconds_left())
        else:
            claimed.release()

    def _planned(self, gate: Gate, would: WouldWrite) -> Delivered:
        """What a dry run stores as delivered, so that other records find this one as it would be."""
        claimed, *shared = gate.claims
        for each in shared:
            each.release()
        key = claimed.frozen.get("key", claimed.row.key)
        uuid = claimed.uuid or PLANNED
        return Delivered(would.outcome, uuid, f"would be {would.outcome}", claimed.row.facts, key)
