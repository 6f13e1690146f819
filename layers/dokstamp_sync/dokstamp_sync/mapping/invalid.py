"""Invalid records: stored in the outcomes table for people, and marked in the mapping for the records below them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dokstamp_sync.mapping.refusals import Refusals, Refused
from dokstamp_sync.mapping.row import Delivery, Row, Store, change, row_id
from dokstamp_sync.observability import digest, logger
from dokstamp_sync.outcomes import RecordOutcome


@dataclass(frozen=True, slots=True)
class Invalid:
    """Drops the invalid records of one message."""

    store: Store
    refusals: Refusals
    clock: Callable[[], float]
    run: str
    occurred_at: str

    def drop(self, outcome: RecordOutcome, given: Any, place: str, *, has_twin: bool = False) -> None:
        """Stores the record (``given``: its JSON) under its id, or under ``place`` if it has none, and marks its row.

        ``has_twin``: a valid record of the message has the same id. Then the row is not marked, because the valid one
        decides about the records below it. Raises Retry if a table cannot be written.
        """
        logger.warning("record rejected", step=outcome.step.value, record=digest(outcome.step, outcome.sis_id))
        id_ = row_id(outcome.step, outcome.sis_id or place)
        version = ""
        if outcome.sis_id and not has_twin:
            version = self._mark(id_, Delivery(self.run, self.occurred_at, "", outcome.outcome, outcome.reason)).version
        self.refusals.keep(Refused(id_, self.run, self.occurred_at, outcome, given, version=version))

    def _mark(self, id_: str, refused: Delivery) -> Row:
        def mark(row: Row) -> Row:
            newer = any(each and each.occurred_at > refused.occurred_at for each in (row.applied, row.refused))
            return row if newer else replace(row, refused=refused)

        return change(self.store, id_, mark)
