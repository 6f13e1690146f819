"""Step messages for real steps, and what the sandbox holds."""

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.order import Step
from local.sandbox import Sandbox

NOON = "2026-11-20T12:00:00Z"
ANA = {"sis_id": "ana", "name": "Ana Souza", "email": "ana@school.example", "date_of_birth": "2000-01-31"}
BIA = ANA | {"sis_id": "bia", "name": "Bia Lima", "email": "bia@school.example"}
SCHOOL = {"sis_id": "UFP", "name": "UFP", "country": "Brazil"}
COURSE = {"sis_id": "CS", "code": "CS", "name": "Computer Science", "institution_id": "UFP"}


def message(step: Step, *records: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A step message of run ``run-1`` at noon."""
    head: dict[str, Any] = {"run": "run-1", "step": step.value, "occurred_at": NOON, "options": {}}
    return {**head, "records": list(records), **changes}


def students(*records: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return message(Step.STUDENT, *records, **changes)


def outcome(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Outcome and reason of the only record."""
    (record,) = answer["records"]
    return record["outcome"], record["reason"]


def names(sandbox: Sandbox, resource: str = "students") -> list[str]:
    """The names of what the sandbox holds."""
    return sorted(each["name"] for each in sandbox.state[resource]["live"])


def calls(sandbox: Sandbox, method: str, path: str) -> int:
    return sum((each.method, each.path) == (method, path) for each in sandbox.calls)
