"""What the intake does with a message: refuse it, settle it, or start its run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from dokstamp_sync import observability
from dokstamp_sync.intake.check import Checked, Refused, check
from dokstamp_sync.mapping.decision import Said, Settled, decide
from dokstamp_sync.mapping.dry_run import DryRunStore, NoRefusals
from dokstamp_sync.mapping.invalid import Invalid
from dokstamp_sync.mapping.refusals import Refusals
from dokstamp_sync.mapping.row import Conflict, Row, Store, identity, row_id, step_of
from dokstamp_sync.mapping.run_notes import expiring, note_refused
from dokstamp_sync.messages import as_sent, run_of, stamp
from dokstamp_sync.observability import logger
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome, told
from dokstamp_sync.records import Record
from dokstamp_sync.results import refusal, result


class Runs(Protocol):
    """Starts runs and reports results. Raises Retry when it cannot."""

    def exists(self, run: str) -> bool:
        """Whether a run of this name was started before."""

    def start(self, run: str, state: str) -> bool:
        """Starts the run with this state (JSON). False if a run of this name was started before."""

    def report(self, result: Mapping[str, Any]) -> None:
        """Sends a result to the SIS."""


class Intake:
    """Takes the inbox's messages."""

    def __init__(
        self, store: Store, refusals: Refusals, runs: Runs, *, default_institution: str, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._refusals = refusals
        self._runs = runs
        self._default_institution = default_institution
        self._clock = clock

    def take(self, body: str, message_id: str) -> None:
        """Every message ends in a run, a result, or both. Raises Retry if that could not be done for now."""
        try:
            checked = check(body, self._default_institution, self._clock())
        except Refused as refused:
            run = run_of(refused.message_id) if refused.message_id else None
            self._runs.report(refusal(run, message_id, refused.errors))
            observability.count("Refused")
            # The fields are not logged: an unknown key may be anything that the SIS wrote.
            logger.warning("message refused", run=run, problems=len(refused.errors))
            return
        run = checked.message.run
        logger.append_keys(run=run)
        records = [] if _needs_run(checked) else _listed(checked)
        rows = self._store.read([_reported(run), *(row_id(step, record.sis_id) for step, record in records)])
        if _reported(run) in rows:
            self._log_start(is_new=False)
            return
        settled = None if _needs_run(checked) else self._nothing_new(checked, run, rows)
        if (checked.settled or settled is not None) and self._runs.exists(run):
            self._log_start(is_new=False)
            return
        self._keep_rejected(checked, run)
        if settled is None:
            self._log_start(is_new=self._runs.start(run, self._state(checked, run)))
            return
        outcomes = [*checked.settled, *settled]
        self._runs.report(result(run, told(outcomes), heals=checked.message.heals))
        self._remember(run)
        observability.count("NothingNew")
        logger.info("nothing new, no run", records=len(outcomes))

    def _log_start(self, *, is_new: bool) -> None:
        observability.count("RunsStarted" if is_new else "RunsKnown")
        logger.info("run started" if is_new else "the message was taken before")

    def _remember(self, run: str) -> None:
        """Notes that the result was reported. Two functions that get the message at once may both report."""
        with suppress(Conflict):
            self._store.write(Row(_reported(run), expires_at=expiring(self._clock)), None)

    def _nothing_new(self, checked: Checked, run: str, rows: Mapping[str, Row]) -> list[RecordOutcome] | None:
        """The outcomes of all records if none of them needs a step, else None. ``rows``: theirs, by id."""
        parents = self._parents(rows.values())
        outcomes, later = [], []
        for step, record in _listed(checked):
            row = rows.get(row_id(step, record.sis_id))
            said = Said(run, stamp(checked.message.occurred_at), record.fingerprint(), parents=parents)
            settled = decide(row, said, self._clock())
            # What waits for an awaited record is sent again by its step.
            if row is None or row.refused or row.awaited or not isinstance(settled, Settled):
                return None
            outcomes.append(_outcome(step, record, row, settled))
            if settled.advance and row.applied:
                later.append((row, replace(row, applied=replace(row.applied, occurred_at=said.occurred_at))))
        for before, after in later:
            try:
                self._store.write(after, before)
            except Conflict:
                # Another worker has just changed this record: let its step decide.
                return None
        return outcomes

    def _parents(self, rows: Iterable[Row]) -> dict[str, str]:
        """Which entities the parents of these rows are now; see row.Delivery."""
        parents = self._store.read({id_ for row in rows if row.applied for id_ in row.applied.parents})
        return {id_: identity(step_of(id_), row.uuid, row.facts) for id_, row in parents.items() if row.uuid}

    def _keep_rejected(self, checked: Checked, run: str) -> None:
        store, refusals = self._store, self._refusals
        if checked.message.options.dry_run:
            store, refusals = DryRunStore(store, run, self._clock), NoRefusals()
        invalid = Invalid(store, refusals, self._clock, run, stamp(checked.message.occurred_at))
        refused: dict[str, Outcome] = {}
        for place, (outcome, given) in enumerate(zip(checked.settled, checked.given, strict=True)):
            if outcome.outcome is Outcome.REJECTED:
                observability.count("Rejected")
                observability.count("Judged")
                has_twin = _has_twin(checked, outcome)
                invalid.drop(outcome, given, f"{run}/{place}", has_twin=has_twin)
                if outcome.sis_id and not has_twin:
                    refused[row_id(outcome.step, outcome.sis_id)] = outcome.outcome
        if refused:
            note_refused(self._store, self._clock, run, refused)

    def _state(self, checked: Checked, run: str) -> str:
        """What the state machine starts with: a section of ``todo`` records for every step that has any."""
        state: dict[str, Any] = {
            "run": run,
            "occurred_at": stamp(checked.message.occurred_at),
            "options": checked.message.options.model_dump(),
            "settled": told(checked.settled, dry_run=checked.message.options.dry_run),
        }
        if checked.message.heals:
            state["heals"] = checked.message.heals
        for step, records in checked.records.items():
            state[step.section] = {"todo": [as_sent(record) for record in records]}
        return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def _reported(run: str) -> str:
    return f"run#{run}"


def _needs_run(checked: Checked) -> bool:
    """Whether it needs one even if nothing in it is new."""
    return checked.message.options.force or checked.message.options.dry_run


def _listed(checked: Checked) -> list[tuple[Step, Record]]:
    return [(step, record) for step, records in checked.records.items() for record in records]


def _outcome(step: Step, record: Record, row: Row, settled: Settled) -> RecordOutcome:
    url = row.facts.get("public_verification_url")
    return RecordOutcome(step, record.sis_id, settled.outcome, settled.reason, row.uuid, url)


def _has_twin(checked: Checked, outcome: RecordOutcome) -> bool:
    """Whether a valid record of the message has the same id: that one decides what becomes of the records below it."""
    return any(each.sis_id == outcome.sis_id for each in checked.records.get(outcome.step, []))
