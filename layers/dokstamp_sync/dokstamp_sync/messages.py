"""The messages: from the SIS to the inbox, and from the state machine (or the SIS) to a step."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError, from_json, to_json

from dokstamp_sync import fields
from dokstamp_sync.fields import Strict
from dokstamp_sync.order import SECTIONS, Step
from dokstamp_sync.outcomes import TEXTS_BYTES
from dokstamp_sync.records import Record

MOST_RECORDS = 500
MOST_BYTES = 256 * 1024
# A run's state holds 256 KiB; the rest is room for what Step Functions adds.
MOST_STATE_BYTES = 248 * 1024
# What a run's state holds beside its records and their outcomes.
OWN_BYTES = 2000 + len(Step) * TEXTS_BYTES
# An outcome without its ``sis_id``. Reason and address are cut to the room that they have; see outcomes.told.
OUTCOME_BYTES = 400
# A clock may be set wrongly, or to another time zone.
MOST_AHEAD_SECONDS = 86_400

_RUN = re.compile(r"[0-9a-f]{40}")
# A queue refuses or replaces them (XML's "Char"), and the programs that send a record on do not escape them.
_NO_CHARACTERS = {"\ufffe", "\uffff"}
_PERHAPS_NO_CHARACTER = re.compile(r"[\ufffe\uffff]|\\u[fF]{3}[eEfF]")


def _not_ahead(moment: datetime, info: ValidationInfo) -> datetime:
    """Refuses a date more than a day ahead: all that is said until then would be stale.

    ``now`` of the context: seconds since the epoch. What a run waits for was checked at the inbox.
    """
    now = (info.context or {}).get("now", float("inf"))
    if not info.data.get("task_token") and moment.timestamp() > now + MOST_AHEAD_SECONDS:
        raise PydanticCustomError(
            "ahead", "lies more than one day ahead of the clock; correct the date, then send the message again"
        )
    return moment


Occurred = Annotated[AwareDatetime, AfterValidator(fields.utc), AfterValidator(_not_ahead)]


class Options(Strict):
    """``force``: send even what is unchanged. ``dry_run``: look, but write nothing, and say what would be done."""

    force: bool = False
    dry_run: bool = False


class InboxMessage(Strict):
    """What the SIS sends. A section's records are checked one by one later, so they are any JSON here.

    ``heals``: the run in which the records were blocked that are sent again now; the SIS leaves it out.
    """

    id: fields.Name
    occurred_at: Occurred
    options: Options = Options()
    heals: fields.Name | None = None
    institutions: list[Any] = []
    courses: list[Any] = []
    modules: list[Any] = []
    course_modules: list[Any] = []
    module_groups: list[Any] = []
    cohorts: list[Any] = []
    students: list[Any] = []
    enrollments: list[Any] = []
    certificates: list[Any] = []

    @model_validator(mode="after")
    def _some_but_not_too_many(self) -> Self:
        total = sum(len(section) for section in self.sections().values())
        if total == 0:
            raise PydanticCustomError("no_records", "the message holds no record")
        if total > MOST_RECORDS:
            raise PydanticCustomError(
                "too_many", "the message holds {total} records; at most {most}", {"total": total, "most": MOST_RECORDS}
            )
        return self

    def sections(self) -> dict[Step, list[Any]]:
        """The records of each step, in the order of the steps."""
        return {step: getattr(self, section) for section, step in SECTIONS.items()}

    @property
    def run(self) -> str:
        """The run's name."""
        return run_of(self.id)


class StepMessage(Strict):
    """What a step's queue takes: ``{"run", "step", "occurred_at", "options", "records", "task_token"?}``."""

    run: fields.Run
    step: Step
    task_token: str | None = None
    occurred_at: Occurred
    options: Options = Options()
    records: Annotated[list[Any], Field(max_length=MOST_RECORDS)]

    @field_validator("options", mode="before")
    @classmethod
    def _no_options(cls, given: Any) -> Any:
        return given or {}

    @property
    def shown_run(self) -> str:
        """The run's name, for logs: one that the SIS made up may be personal."""
        return self.run if _RUN.fullmatch(self.run) else run_of(self.run)

    @property
    def scope(self) -> str:
        """Messages of one scope know of each other's refusals and share a patience.

        A run of the state machine is one scope. A SIS that writes on a step's queue itself may use one ``run`` for
        many messages; there, only those of one moment belong together.
        """
        return self.run if self.task_token else f"{self.run}@{self.stamp}"

    @property
    def stamp(self) -> str:
        """``occurred_at`` as text that sorts as time does."""
        return stamp(self.occurred_at)


def as_sent(record: Record) -> dict[str, Any]:
    """A record as it is handed to its step. An id that is made of other fields is left out, and made there again.

    It may be longer than an id that the SIS may give.
    """
    made_up = record.sis_id == record.default_sis_id()
    return record.model_dump(mode="json", exclude_none=True, exclude={"sis_id"} if made_up else None)


def weight(sent: Mapping[str, Any], sis_id: str) -> int:
    """The bytes of a run's state that a record needs: for itself (see as_sent), then for its outcome in its place."""
    return max(len(to_json(sent)), OUTCOME_BYTES + len(to_json(sis_id)))


def stamp(moment: datetime) -> str:
    """A moment as text that sorts as time does."""
    return fields.stamp(moment)


def run_of(message_id: str) -> str:
    """A run's name: the first 40 hex characters of the SHA-256 of the message's id.

    An id may hold what an execution's name may not, or personal data.
    """
    return hashlib.sha256(fields.clean(message_id).encode()).hexdigest()[:40]


def read_json(body: str) -> Any:
    """A body's JSON. Raises ValueError, also for nesting that is too deep and for characters that no queue takes."""
    given = from_json(body.encode(), allow_inf_nan=False)
    if _PERHAPS_NO_CHARACTER.search(body) and _NO_CHARACTERS & set(to_json(given).decode()):
        raise ValueError("holds U+FFFE or U+FFFF, which no queue carries")
    return given
