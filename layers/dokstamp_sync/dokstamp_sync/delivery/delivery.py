"""One record, from what the SIS says to its outcome: decide, find the parents, claim, deliver, write down."""

from __future__ import annotations

from dataclasses import replace
from typing import Generic

from dokstamp_sync.delivery.context import Context, Means
from dokstamp_sync.delivery.gate import Gate, WouldWrite
from dokstamp_sync.delivery.pause import Pause
from dokstamp_sync.delivery.shared import SharedRows
from dokstamp_sync.errors import Blocked, NotFound, NotReady, Rejected, Retry
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.mapping.decision import Busy, Said, Settled, decide
from dokstamp_sync.mapping.row import Conflict, Delivery, Row, row_id
from dokstamp_sync.mapping.run_notes import PLANNED, as_said, passing, planned_id
from dokstamp_sync.observability import digest, logger
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.steps.work import Delivered, Parent, R, StepRules, Work

# How often a record is decided upon anew because its row changed meanwhile, before its message comes back later.
MOST_DECISIONS = 5
# How many 404s on its mapped uuid it takes: what is being renamed or moved can't be found again by its new name.
DENIALS = 2


class Deliveries(Generic[R]):
    """Delivers records of one step."""

    def __init__(self, rules: StepRules[R], means: Means, pause: Pause) -> None:
        self._rules = rules
        self._step = rules.step
        self._means = means
        self._pause = pause

    def deliver(self, record: R, row: Row | None, context: Context) -> RecordOutcome:
        """The record's outcome. ``row``: its row as read ahead. Raises Retry or NotReady if it has none yet."""
        said = Said(context.run, context.occurred_at, record.fingerprint(), context.force)
        for _ in range(MOST_DECISIONS):
            try:
                return self._decided(record, row, said, context)
            except Conflict:
                # Of this record's row, or of one that it shares.
                id_ = row_id(self._step, record.sis_id)
                row = self._means.store.read([id_]).get(id_)
        raise Retry("the record's row keeps changing")

    def _decided(self, record: R, row: Row | None, said: Said, context: Context) -> RecordOutcome:
        match decide(row, said, self._means.clock()):
            case Settled() as settled:
                if row and not context.dry_run:
                    self._settle(row, settled, said)
                return self._outcome(record, settled.outcome, settled.reason, row)
            case Busy():
                raise Retry("another worker owns this record")
        if refused := context.parents.refused(as_said(row_id(self._step, record.sis_id), said.fingerprint)):
            # A copy of a message that was answered.
            return self._outcome(record, refused, f"{refused} before, in this run", row)
        self._pause.heed()
        try:
            parents = {name: context.parents.resolve(each) for name, each in self._rules.references(record).items()}
        except Blocked as blocked:
            return self._refuse(record, row, said, context, Outcome.BLOCKED, blocked.reason)
        except NotReady as missing:
            return self._wait_or_refuse(record, row, said, context, missing)
        if context.dry_run:
            return self._plan(record, row, said, context, parents)
        return self._claimed(record, row, said, context, parents)

    def _settle(self, row: Row, settled: Settled, said: Said) -> None:
        """What was applied is known to hold later, too; and what was refused since has been taken back."""
        changed = row
        if settled.advance and row.applied:
            changed = replace(changed, applied=replace(row.applied, occurred_at=said.occurred_at))
        if settled.outcome is Outcome.UNCHANGED and row.refused and row.refused.occurred_at <= said.occurred_at:
            self._means.refusals.drop(row.id)
            changed = replace(changed, refused=None)
        if changed is not row:
            self._means.store.write(changed, row)

    def _claimed(
        self, record: R, row: Row | None, said: Said, context: Context, parents: dict[str, Parent]
    ) -> RecordOutcome:
        frozen = self._rules.intent(record, parents)
        claimed = context.claims.claim(row_id(self._step, record.sis_id), row, frozen)
        gate = Gate(self._means.api, dry_run=False)
        gate.claims.append(claimed)
        try:
            delivered = self._try(record, context, parents, gate)
        except Rejected as refusal:
            shown = digest(self._step, record.sis_id)
            logger.warning("record rejected", record=shown, status=refusal.status, fields=sorted(refusal.fields))
            return self._refuse(record, claimed.row, said, context, Outcome.REJECTED, refusal.reason, claimed)
        except NotReady as missing:
            claimed.release()
            return self._wait_or_refuse(record, claimed.row, said, context, missing)
        except Retry as error:
            self._give_up(gate, error)
            raise
        applied = Delivery(said.run, said.occurred_at, said.fingerprint, delivered.outcome, delivered.reason)
        claimed.complete(delivered.uuid, delivered.facts, applied)
        if row and row.refused and not claimed.row.refused:
            self._means.refusals.drop(row.id)
        return self._outcome(record, delivered.outcome, delivered.reason, claimed.row)

    def _try(self, record: R, context: Context, parents: dict[str, Parent], gate: Gate, denials: int = 0) -> Delivered:
        """Asks twice before a 404 on the record's mapped uuid is believed; then once more, afresh."""
        try:
            return self._rules.deliver(self._work(record, context, parents, gate, forgotten=denials == DENIALS))
        except NotFound as unknown:
            if denials == DENIALS or not unknown.names(gate.claims[0].row.uuid):
                raise self._blame(unknown, parents, context) from None
        # What is shared was released.
        del gate.claims[1:]
        return self._try(record, context, parents, gate, denials + 1)

    def _blame(self, unknown: NotFound, parents: dict[str, Parent], context: Context) -> NotFound | NotReady:
        """A parent that DokStamp does not know is forgotten, and looked up when the message comes back."""
        for parent in parents.values():
            if unknown.names(parent.uuid):
                named = f"{parent.reference.step} '{parent.reference.sis_id}'"
                if not context.parents.is_gone(parent):
                    return NotReady(f"DokStamp answered 404 below {named}, though it has it")
                if not context.dry_run:
                    context.parents.forget(parent)
                return NotReady(f"{named} is gone from DokStamp")
        return unknown

    def _work(self, record: R, context: Context, parents: dict[str, Parent], gate: Gate, *, forgotten: bool) -> Work[R]:
        rows = SharedRows(self._means.store, context.claims, self._means.clock, gate, dry_run=context.dry_run)
        return Work(
            record=record,
            occurred_at=context.occurred_at,
            parents=parents,
            api=gate,
            claimed=gate.claims[0],
            claim_other=rows.claim,
            pdfs=self._means.pdfs,
            issue=self._means.issue,
            owner_of=rows.owner_of,
            force=context.force,
            forgotten=forgotten,
        )

    def _give_up(self, gate: Gate, error: Retry) -> None:
        """Hands the record back: at once if nothing is in flight, else when the lease has run out."""
        claimed = gate.claims[0]
        if gate.in_flight:
            error.after = max(error.after or 0.0, claimed.seconds_left())
        else:
            claimed.release()

    def _plan(
        self, record: R, row: Row | None, said: Said, context: Context, parents: dict[str, Parent]
    ) -> RecordOutcome:
        """What would be done, without a claim and without a writing call."""
        gate = Gate(self._means.api, dry_run=True)
        id_ = row_id(self._step, record.sis_id)
        gate.claims.append(context.claims.claim(id_, row, self._rules.intent(record, parents)))
        try:
            if any(parent.uuid == PLANNED for parent in parents.values()):
                raise WouldWrite(Outcome.CREATED)
            delivered = self._try(record, context, parents, gate)
            return self._outcome(record, delivered.outcome, f"dry run: {delivered.reason}", row)
        except WouldWrite as would:
            if row is None or not row.uuid:
                self._note_plan(id_, context)
            return self._outcome(record, would.outcome, f"dry run: would be {would.outcome}", row)
        except Rejected as refusal:
            return self._refuse(record, row, said, context, Outcome.REJECTED, f"dry run: {refusal.reason}")
        except NotReady as missing:
            return self._wait_or_refuse(record, row, said, context, missing)

    def _note_plan(self, id_: str, context: Context) -> None:
        """So that the records which depend on this one find it, though nothing was created."""
        plan = passing(planned_id(context.run, id_), self._means.clock)
        self._means.store.write(plan, self._means.store.read([plan.id]).get(plan.id))

    def _wait_or_refuse(
        self, record: R, row: Row | None, said: Said, context: Context, missing: NotReady
    ) -> RecordOutcome:
        if context.patience > 0 and not context.dry_run:
            self._wait(record, row, said, context, missing)
        return self._refuse(record, row, said, context, missing.finally_, missing.reason)

    def _wait(self, record: R, row: Row | None, said: Said, context: Context, missing: NotReady) -> None:
        """Raises what is missing while there is patience, which begins when something is first known to be missing.

        While DokStamp cannot be asked, nothing is known to be missing, and no patience is lost.
        """
        now = self._means.clock()
        base = row or Row(id=row_id(self._step, record.sis_id))
        waiting = base.waiting or {}
        if said.run not in waiting:
            self._means.store.write(replace(base, waiting={**waiting, said.run: now}), row)
        missing.left = waiting.get(said.run, now) + context.patience - now
        if missing.left > 0:
            raise missing

    def _refuse(
        self,
        record: R,
        row: Row | None,
        said: Said,
        context: Context,
        outcome: Outcome,
        reason: str,
        claimed: Claimed | None = None,
    ) -> RecordOutcome:
        """Written down in the outcomes table first: a record is dropped only once it is kept there."""
        result = self._outcome(record, outcome, reason, row)
        id_ = row_id(self._step, record.sis_id)
        if outcome is Outcome.BLOCKED:
            logger.warning("record blocked", record=digest(self._step, record.sis_id))
        if context.dry_run:
            return result
        refused = Delivery(said.run, said.occurred_at, said.fingerprint, outcome, reason)
        if row and row.refused and row.refused.occurred_at > said.occurred_at:
            # What is newer was refused before, and that is what the SIS has to correct.
            refused = row.refused
        else:
            kept = record.model_dump(mode="json", exclude_none=True)
            self._means.refusals.keep(id_, said.run, said.occurred_at, result, kept)
        if claimed:
            claimed.refuse(refused)
        else:
            self._means.store.write(replace(row or Row(id=id_), refused=refused), row)
        return result

    def _outcome(self, record: R, outcome: Outcome, reason: str, row: Row | None) -> RecordOutcome:
        url = row.facts.get("public_verification_url") if row else None
        return RecordOutcome(self._step, record.sis_id, outcome, reason, row.uuid if row else None, url)
