"""A SIS for tests: one record of each kind, and messages that follow one another in time."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.pipeline import BUCKET, Pipeline

Json = dict[str, Any]

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
EXAMPLES: dict[Step, Json] = {
    Step.INSTITUTION: {"sis_id": "VALE", "name": "Vale", "country": "Brazil"},
    Step.COURSE: {"code": "CS", "name": "Computing", "institution_id": "VALE"},
    Step.MODULE: {"code": "M1", "name": "Algebra", "institution_id": "VALE"},
    Step.COURSE_MODULES: {"course_id": "CS", "modules": [{"module_id": "M1"}]},
    Step.MODULE_GROUP: {"course_id": "CS", "name": "Term 1", "modules": [{"module_id": "M1"}]},
    Step.COHORT: {"code": "CS-1", "course_id": "CS"},
    Step.STUDENT: {"sis_id": "S1", "name": "Ana Souza", "email": "ana@x.example", "date_of_birth": "2000-01-31"},
    Step.ENROLLMENT: {"sis_id": "E1", "student_id": "S1", "course_id": "CS", "enrolled_at": "2024-02-01"},
    Step.CERTIFICATE: {"enrollment_id": "E1", "pdf": f"s3://{BUCKET}/ana.pdf"},
}


def example(step: Step, **changes: Any) -> Json:
    """A valid record of the step, with some fields changed; None leaves a field out."""
    return {key: value for key, value in (EXAMPLES[step] | changes).items() if value is not None}


def pdf(folder: Path, name: str, content: str = "") -> str:
    """Writes a PDF of its own and answers its address."""
    (folder / name).write_bytes(b"%PDF-1.7\n" + (content or name).encode())
    return f"s3://{BUCKET}/{name}"


def moment(hours: int) -> str:
    """So many hours after the first message."""
    return (FIRST + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


class Sis:
    """Sends messages, each an hour later than the one before and with an id of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._hours = itertools.count(1)

    def message(self, records: Mapping[Step, list[Json]], **envelope: Any) -> Json:
        hours = next(self._hours)
        sections = {step.section: section for step, section in records.items()}
        return {"id": f"message-{hours}", "occurred_at": moment(hours)} | sections | envelope

    def send(self, records: Mapping[Step, list[Json]], **envelope: Any) -> dict[str, Json]:
        """What became of each record, by ``step#sis_id``."""
        result = self.pipeline.send(self.message(records, **envelope))
        return {f"{row['step']}#{row['sis_id']}": row for row in result["records"]}

    def say(self, step: Step, record: Json | None = None, **envelope: Any) -> Json:
        """What became of a single record; without one, the example."""
        (row,) = self.send({step: [example(step) if record is None else record]}, **envelope).values()
        return row

    def has_said(self, *steps: Step) -> None:
        """Sends the examples of these steps, which must be taken."""
        for row in self.send({step: [example(step)] for step in steps}).values():
            assert row["outcome"] == "created", row

    def breaks_off(self, step: Step, record: Json | None = None) -> None:
        """Says a record in a message that comes once, is handed back and never comes again; its lease runs out."""
        head = {"run": "broken off", "step": step.value, "occurred_at": self.message({})["occurred_at"]}
        self.pipeline.hands_back(step, head | {"records": [example(step) if record is None else record]})
        self.pipeline.clock.sleep(self.pipeline.settings.lease_seconds + 1)


def live(sandbox: Sandbox, resource: str) -> list[Json]:
    """The records that DokStamp holds."""
    found: list[Json] = sandbox.state[resource]["live"]
    return found


def trash(sandbox: Sandbox, resource: str, uuid: str) -> None:
    """Somebody deletes it in DokStamp; what hangs on it stays."""
    sandbox.store.tables[resource][uuid].deleted_at = "2026-11-20T12:00:00.000000Z"


def calls(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Method and path of every call since the log was emptied, without those for tokens."""
    return [(each.method, each.path) for each in sandbox.calls if not each.path.startswith(("/oauth", "/auth"))]


def writes(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Those of the calls that may change something."""
    return [(method, path) for method, path in calls(sandbox) if method != "GET"]
