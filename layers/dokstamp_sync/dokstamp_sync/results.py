"""The result of a run, or of a message without one, for the SIS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import REFUSED, Outcome, RecordOutcome, count, shorten
from dokstamp_sync.reading import apparent_sis_id

REPORTED = "RunFailed"
"""The error with which the state machine ends a run whose failure it has reported."""


def result(
    run: str, records: Iterable[Mapping[str, Any]], *, failed: bool = False, heals: str | None = None
) -> dict[str, Any]:
    """``{"run", "status", "counts", "records", "heals"?}``; status: completed, completed_with_rejections or failed.

    ``heals``: the run in which these records were blocked before.
    """
    listed = list(records)
    counts = count(each["outcome"] for each in listed)
    status = "completed_with_rejections" if any(counts.get(outcome) for outcome in REFUSED) else "completed"
    told = {"run": run, "status": "failed" if failed else status, "counts": counts, "records": listed}
    return told | ({"heals": heals} if heals else {})


def refusal(run: str | None, message_id: str, errors: list[dict[str, str]]) -> dict[str, Any]:
    """The result of a message that starts no run: ``errors`` names what is wrong, field by field.

    ``run`` is None where the message has no readable id; ``message_id`` is then what SQS called it.
    """
    return {
        "run": run,
        "status": "refused",
        "counts": {},
        "records": [],
        "errors": [{**each, "problem": shorten(each["problem"], 500)} for each in errors[:100]],
        "message_id": message_id,
    }


def result_of_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a run, from the state that its steps left behind.

    The section of a step that answered holds the answer. Any other section still holds its records as ``todo``; they
    are reported as blocked.
    """
    records: list[Mapping[str, Any]] = list(state.get("settled", []))
    error = state.get("error")
    for step in Step:
        section = state.get(step.section, {})
        records += section.get("records", [])
        records += [
            RecordOutcome(
                step,
                apparent_sis_id(step, each),
                Outcome.BLOCKED,
                f"the run ended before step '{step}' answered; its message may still wait in the step's dead letters",
            ).as_json()
            for each in section.get("todo", [])
        ]
    return result(state["run"], records, failed=error is not None, heals=state.get("heals"))
