"""Records that are not delivered: they wait, or they are refused and stored with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dokstamp_sync.delivery.context import Context
from dokstamp_sync.delivery.healing import Meanwhile, mark
from dokstamp_sync.errors import Blocked, NotReady, Rejected
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.mapping.decision import Said
from dokstamp_sync.mapping.dry_run import PLANNED
from dokstamp_sync.mapping.refusals import Refused
from dokstamp_sync.mapping.row import Delivery, Row, Waited, row_id
from dokstamp_sync.mapping.run_notes import SECONDS
from dokstamp_sync.messages import MOST_STATE_BYTES, OWN_BYTES, as_sent, weight
from dokstamp_sync.observability import digest, logger
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.records import Record


class Refusing:
    """Refuses records of one step."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def wait(self, record: Record, row: Row | None, said: Said, context: Context, missing: NotReady) -> RecordOutcome:
        """Raises ``missing`` while there is patience. After that, refuses the record and answers this outcome.

        Patience begins when something is first known to be missing. After that only such time counts in which the
        record is asked about again and again: what an outage takes does not count, before or in between. ``row``: on
        which it was decided. Raises Conflict if it has changed.
        """
        if context.patience > 0:
            noted = self._waiting(row or Row(row_id(self._step, record.sis_id)), said.run, context)
            missing.waited = (noted.waiting or {})[said.run].waited
            missing.left = context.patience - missing.waited
            if missing.left > 0:
                context.means.store.write(noted, row)
                raise missing
        return self.refuse(record, row, said, context, missing)

    def refuse(
        self,
        record: Record,
        row: Row | None,
        said: Said,
        context: Context,
        why: Blocked | NotReady | Rejected,
        claimed: Claimed | None = None,
    ) -> RecordOutcome:
        """Stores the record in the outcomes table first: only then it may be dropped. Then marks its row.

        Before that it writes the row. So the row's version tells what is kept by this worker from what is kept, perhaps
        later, by one that read the row before. Raises Conflict if the row has changed, and Meanwhile if what the record
        waits for was delivered since.
        """
        result = outcome_of(record, self._step, why.finally_, why.reason, row)
        id_ = row_id(self._step, record.sis_id)
        shown: dict[str, Any] = {"record": digest(self._step, record.sis_id)}
        if isinstance(why, Rejected):
            shown |= {"status": why.status, "fields": sorted(why.fields)}
        logger.warning(f"record {why.finally_}", **shown)
        refused = Delivery(said.run, said.occurred_at, said.fingerprint, why.finally_, why.reason)
        if row and row.refused and row.refused.occurred_at > said.occurred_at:
            # A newer message about the record was refused before, and that is the one that the SIS has to correct.
            refused = row.refused
        else:
            row = claimed.row if claimed else context.means.store.write(row or Row(id_), row)
            result = self._keep(record, row, said, context, result, why)
        if claimed:
            claimed.refuse(refused)
        else:
            waiting = {run: note for run, note in (row.waiting or {}).items() if run != said.run}
            awaited = context.means.clock() if why.awaits == id_ else row.awaited
            context.means.store.write(replace(row, refused=refused, waiting=waiting or None, awaited=awaited), row)
        return result

    def _keep(
        self,
        record: Record,
        row: Row,
        said: Said,
        context: Context,
        result: RecordOutcome,
        why: Blocked | NotReady | Rejected,
    ) -> RecordOutcome:
        """Keeps the record, and marks what it waits for. Answers its outcome with what the SIS has to know."""
        id_, sent, awaits = row_id(self._step, record.sis_id), as_sent(record), why.awaits
        if awaits and weight(sent, id_) > MOST_STATE_BYTES - OWN_BYTES:
            told = f"{result.reason}; no message to the inbox could hold this record, so send it again yourself"
            result, awaits = replace(result, reason=told), ""
        refused = Refused(id_, said.run, said.occurred_at, result, sent, awaits, said.force, row.version)
        context.means.refusals.keep(refused)
        if context.dry_run or not awaits:
            return result
        if awaits != id_:
            mark(awaits, context, though_there=why.though_there)
        elif row.uuid and not why.though_there:
            raise Meanwhile
        return result

    def _waiting(self, row: Row, run: str, context: Context) -> Row:
        """The row with how long this run's record has waited, and without the notes of runs that must have ended."""
        now, longest = context.means.clock(), context.means.settings.retry_cap_seconds
        waiting = {each: known for each, known in (row.waiting or {}).items() if known.seen > now - SECONDS}
        before = waiting.get(run, Waited(0.0, now))
        # No back-off is longer. What is longer was an outage.
        waited = before.waited + min(longest, max(0.0, now - before.seen))
        return replace(row, waiting={**waiting, run: Waited(waited, max(now, before.seen))})


def outcome_of(record: Record, step: Step, outcome: Outcome, reason: str, row: Row | None) -> RecordOutcome:
    """The record's outcome, with the uuid and the verification address that its row holds."""
    url = row.facts.get("public_verification_url") if row else None
    uuid = row.uuid if row and row.uuid != PLANNED else None
    return RecordOutcome(step, record.sis_id, outcome, reason, uuid, url)
