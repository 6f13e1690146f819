"""Rows that only have to outlive a run: what it refused, what a dry run would create, that a result was reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.row import Conflict, Row, Store, row_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.reading import fingerprint

PLANNED = "00000000-0000-0000-0000-000000000000"
"""Stands for the uuid of an entity that a dry run would create."""

# The longest run waits for every step for fourteen days.
SECONDS = (len(Step) * 14 + 1) * 86_400
MOST_TRIES = 5


def passing(id_: str, clock: Callable[[], float]) -> Row:
    """A row that DynamoDB removes when it is of no more use."""
    return Row(id=id_, expires_at=int(clock()) + SECONDS)


def planned_id(run: str, row: str) -> str:
    """Where a dry run notes what it would create."""
    return f"plan#{run}#{row}"


def refused_id(run: str) -> str:
    """Where a run's refusals stand, by row id: a record's own row may tell of another run's by then."""
    return f"refused#{run}"


def as_said(row: str, fingerprint: str) -> str:
    """Under which a run's refusals tell what of a record was refused: what is corrected since is another thing."""
    return f"{row}={fingerprint}"


def refusals_of(
    records: Iterable[object], done: Iterable[RecordOutcome], default_institution: str
) -> dict[str, Outcome]:
    """What of a message's records was refused, by row id and by what was said; ``done``: their outcomes, in order."""
    refused: dict[str, Outcome] = {}
    for given, each in zip(records, done, strict=True):
        if each.sis_id and each.is_refused:
            id_ = row_id(each.step, each.sis_id)
            said = as_said(id_, fingerprint(each.step, given, default_institution))
            refused |= {id_: each.outcome, said: each.outcome}
    return refused


def note_refused(store: Store, clock: Callable[[], float], run: str, refused: Mapping[str, Outcome]) -> None:
    """For the records of the same run that depend on these. Raises Retry if it cannot be written down."""
    id_ = refused_id(run)
    for _ in range(MOST_TRIES):
        row = store.read([id_]).get(id_)
        known = dict(row.facts) if row else {}
        if refused.items() <= known.items():
            return
        try:
            store.write(replace(row or passing(id_, clock), facts={**known, **refused}), row)
            return
        except Conflict:
            continue
    raise Retry("the row of the run's refusals keeps changing")
