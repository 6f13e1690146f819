"""Records that are not delivered: those that wait, and those that are refused and kept with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Generic

from dokstamp_sync.delivery.context import Context, Means
from dokstamp_sync.errors import NotReady, Retry
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.mapping.decision import Said
from dokstamp_sync.mapping.row import Conflict, Delivery, Row, change, row_id
from dokstamp_sync.mapping.run_notes import SECONDS
from dokstamp_sync.observability import digest, logger
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.steps.work import R


class Refusing(Generic[R]):
    """Refuses records of one step."""

    def __init__(self, step: Step, means: Means) -> None:
        self._step = step
        self._means = means

    def wait(self, record: R, said: Said, context: Context, missing: NotReady) -> RecordOutcome:
        """Raises what is missing while there is patience, which begins when something is first known to be missing.

        While DokStamp cannot be asked, nothing is known to be missing, and no patience is lost. When it is over, the
        record is refused, and that is its outcome.
        """
        id_ = row_id(self._step, record.sis_id)
        row = self._means.store.read([id_]).get(id_)
        if context.patience > 0 and not context.dry_run:
            row = self._note_waiting(id_, said.run)
            missing.left = (row.waiting or {})[said.run] + context.patience - self._means.clock()
            if missing.left > 0:
                raise missing
        try:
            return self.refuse(record, row, said, context, missing.finally_, missing.reason)
        except Conflict:
            raise Retry("another worker is at the record that was to be refused") from None

    def refuse(
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
        if context.dry_run:
            return outcome_of(record, self._step, outcome, f"dry run: {reason}", row)
        result = outcome_of(record, self._step, outcome, reason, row)
        id_ = row_id(self._step, record.sis_id)
        if outcome is Outcome.BLOCKED:
            logger.warning("record blocked", record=digest(self._step, record.sis_id))
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
            base = row or Row(id=id_)
            waiting = {run: since for run, since in (base.waiting or {}).items() if run != said.run}
            self._means.store.write(replace(base, refused=refused, waiting=waiting or None), row)
        return result

    def _note_waiting(self, id_: str, run: str) -> Row:
        """Since when this run's record waits. The notes of runs that must have ended are of no more use."""
        now = self._means.clock()

        def note(row: Row) -> Row:
            waiting = {each: since for each, since in (row.waiting or {}).items() if since > now - SECONDS}
            return row if run in waiting else replace(row, waiting={**waiting, run: now})

        return change(self._means.store, id_, note)


def outcome_of(record: R, step: Step, outcome: Outcome, reason: str, row: Row | None) -> RecordOutcome:
    """What became of the record, with what its row knows of the entity."""
    url = row.facts.get("public_verification_url") if row else None
    return RecordOutcome(step, record.sis_id, outcome, reason, row.uuid if row else None, url)
