"""Tries to deliver the records of one message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic

from dokstamp_sync import failures
from dokstamp_sync.delivery.context import Context
from dokstamp_sync.delivery.delivery import Deliveries
from dokstamp_sync.delivery.shared_pace import BRAKE
from dokstamp_sync.errors import NotReady, Occupied, OutOfTime, Rejected, Retry, Throttled
from dokstamp_sync.mapping.row import Row, row_id
from dokstamp_sync.mapping.run_notes import as_said
from dokstamp_sync.observability import digest, logger
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.steps.work import Api, R, StepRules

LONGEST_PAUSE_SECONDS = 5.0
"""If DokStamp asks for a longer pause, the message comes back after it."""


@dataclass(slots=True)
class Attempt(Generic[R]):
    """A record, and its outcome or the error that keeps it from having one."""

    record: R
    came_of: RecordOutcome | Exception


def refusal(step: Step, attempt: Attempt[R] | RecordOutcome) -> dict[str, Outcome]:
    """What the run's refusals keep: its outcome by row id and by content (see as_said); empty if it is not refused."""
    told = attempt.came_of if isinstance(attempt, Attempt) else attempt
    if not isinstance(told, RecordOutcome) or not told.sis_id or not told.is_refused:
        return {}
    id_ = row_id(step, told.sis_id)
    said = {as_said(id_, attempt.record.fingerprint()): told.outcome} if isinstance(attempt, Attempt) else {}
    return {id_: told.outcome} | said


def silence(api: Api) -> Retry | None:
    """What keeps DokStamp from answering; None if it answers a question that costs it little."""
    try:
        next(iter(api.pages("/institutions")), None)
    except Retry as error:
        return error
    except Rejected:
        pass
    return None


class Attempts(Generic[R]):
    """Delivers the records of messages of one step."""

    def __init__(self, rules: StepRules[R]) -> None:
        self._rules = rules
        self._deliveries = Deliveries(rules)

    def make(self, records: Sequence[R], context: Context) -> list[Attempt[R]]:
        """One attempt per record, in order. Raises Retry if the mapping cannot be read."""
        answered = context.means.brake.calls
        context.means.brake.forget()
        attempts = [Attempt(record, OutOfTime("the record was not begun")) for record in records]
        self._side_by_side(attempts, context)
        while held_up := self._held_up(attempts):
            self._side_by_side(held_up, context)
        self._once_more(attempts, context)
        failed = self._silence(attempts, context, answered)
        for each in attempts:
            self._settle(each, context, failed)
        return attempts

    def _side_by_side(self, attempts: Sequence[Attempt[R]], context: Context) -> None:
        """Delivers all records in parallel, but the records of one lane one after another."""
        references = [each for attempt in attempts for each in self._rules.references(attempt.record).values()]
        context.parents.read_ahead(references)
        rows = self._rows(context, attempts, BRAKE)
        context.means.brake.learn(rows)
        lanes: dict[str, list[Attempt[R]]] = {}
        for each in attempts:
            lanes.setdefault(self._rules.lane(each.record), []).append(each)

        def along(lane: list[Attempt[R]]) -> None:
            for each in lane:
                self._deliver(each, rows, context)

        with ThreadPoolExecutor(context.means.settings.record_threads) as pool:
            list(pool.map(along, lanes.values()))

    def _held_up(self, attempts: Sequence[Attempt[R]]) -> list[Attempt[R]]:
        """Those that DokStamp refused, and that the brake lets go on soon."""
        refused = [(each, each.came_of.after or 0.0) for each in attempts if isinstance(each.came_of, Throttled)]
        is_soon = all(after <= LONGEST_PAUSE_SECONDS for _, after in refused)
        return [each for each, _ in refused] if is_soon else []

    def _once_more(self, attempts: Sequence[Attempt[R]], context: Context) -> None:
        """Delivers again what waits for a record of the same message, until all that still wait go on waiting."""
        ids = {self._id(each) for each in attempts}
        got_on = True
        while got_on:
            waiting = [each for each in attempts if isinstance(each.came_of, NotReady) and each.came_of.rival in ids]
            rows = self._rows(context, waiting) if waiting else {}
            for each in waiting:
                self._deliver(each, rows, context)
            got_on = any(not isinstance(each.came_of, NotReady) for each in waiting)

    def _silence(self, attempts: Sequence[Attempt[R]], context: Context, answered: int) -> Retry | None:
        """What kept DokStamp from answering, None if it answers. ``answered``: how many answers it had given before.

        It is asked where records wait: while it is down, what they wait for cannot come.
        """
        came_of = [each.came_of for each in attempts]
        failed = next((each for each in came_of if isinstance(each, Retry) and not isinstance(each, Occupied)), None)
        waits = any(isinstance(each, NotReady) for each in came_of)
        if failed or not waits or not context.patience or context.means.brake.calls > answered:
            return failed
        return silence(context.means.api)

    def _deliver(self, attempt: Attempt[R], rows: Mapping[str, Row], context: Context) -> None:
        row = rows.get(self._id(attempt))
        attempt.came_of = self._catch(lambda: self._deliveries.deliver(attempt.record, row, context), context)

    def _settle(self, attempt: Attempt[R], context: Context, failed: Retry | None) -> None:
        """A record that waits goes on waiting, or is refused, unless ``failed`` kept DokStamp from being asked.

        Logs a record that has no outcome.
        """
        missing = attempt.came_of
        if isinstance(missing, NotReady) and failed:
            attempt.came_of = failed
        elif isinstance(missing, NotReady):
            attempt.came_of = self._catch(lambda: self._deliveries.wait(attempt.record, context, missing), context)
        if isinstance(attempt.came_of, Exception):
            self._log(attempt.record.sis_id, attempt.came_of)

    def _catch(self, deliver: Callable[[], RecordOutcome], context: Context) -> RecordOutcome | Exception:
        try:
            if context.means.clock() >= context.means.brake.begin_before:
                raise OutOfTime("the worker's time is up; the record was not begun")
            return deliver()
        # One record's error must not hold up the others. The kinds of errors are told apart later.
        except Exception as error:
            return error

    def _id(self, attempt: Attempt[R]) -> str:
        return row_id(self._rules.step, attempt.record.sis_id)

    def _rows(self, context: Context, attempts: Iterable[Attempt[R]], *others: str) -> dict[str, Row]:
        return context.means.store.read([*others, *map(self._id, attempts)])

    def _log(self, sis_id: str, error: Exception) -> None:
        record = digest(self._rules.step, sis_id)
        if isinstance(error, NotReady):
            logger.info("record waits", record=record, error=type(error).__name__)
        else:
            failures.log("record", error, record=record)
