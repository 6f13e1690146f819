"""What is wrong with a message, and with each of its records. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from dokstamp_sync.fields import clean
from dokstamp_sync.messages import (
    MOST_BYTES,
    MOST_STATE_BYTES,
    OWN_BYTES,
    InboxMessage,
    as_sent,
    read_json,
    weight,
)
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.problems import problems, sentence
from dokstamp_sync.reading import MODELS, apparent_sis_id, parse
from dokstamp_sync.records import CourseModules, ModuleGroup, Record


class Refused(Exception):
    """The whole message is refused. ``errors``: ``[{"field", "problem"}]``; ``message_id`` if it could be read."""

    def __init__(self, errors: list[dict[str, str]], message_id: str | None = None) -> None:
        super().__init__(sentence(errors))
        self.errors = errors
        self.message_id = message_id


@dataclass(slots=True)
class Checked:
    """A message in good form: its valid records by step, and the outcomes of those that need no step.

    ``given``: what the SIS sent, one for each outcome in ``settled``.
    """

    message: InboxMessage
    records: dict[Step, list[Record]] = field(default_factory=dict)
    settled: list[RecordOutcome] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)


def check(body: str, default_institution: str = "", now: float = float("inf")) -> Checked:
    """The checked message. ``now``: seconds since the epoch.

    Raises Refused if its envelope is wrong, it is dated ahead, or it is too large.
    """
    message = _envelope(body, now)
    checked = Checked(message)
    for step, section in message.sections().items():
        for place, given in enumerate(section):
            _sort(checked, step, place, given, default_institution)
    _leave_to_groups(checked.records)
    _weigh(checked)
    return checked


def _envelope(body: str, now: float) -> InboxMessage:
    if len(body.encode(errors="surrogatepass")) > MOST_BYTES:
        raise Refused([{"field": "", "problem": f"the message is larger than {MOST_BYTES} bytes; split it"}])
    try:
        given = read_json(body)
    except ValueError as error:
        raise Refused([{"field": "", "problem": f"not JSON: {error}"}]) from None
    id_ = given.get("id") if isinstance(given, dict) else None
    try:
        return InboxMessage.model_validate(given, context={"now": now})
    except ValidationError as error:
        raise Refused(problems(error, InboxMessage), id_ if isinstance(id_, str) and clean(id_) else None) from None


def _sort(checked: Checked, step: Step, place: int, given: Any, default_institution: str) -> None:
    def settle(sis_id: str | None, outcome: Outcome, reason: str) -> None:
        checked.settled.append(RecordOutcome(step, sis_id, outcome, f"{step.section}[{place}]: {reason}"))
        checked.given.append(given)

    try:
        record = parse(step, given, default_institution)
    except ValidationError as error:
        settle(apparent_sis_id(step, given), Outcome.REJECTED, sentence(problems(error, MODELS[step])))
        return
    section = checked.records.setdefault(step, [])
    twin = next((each for each in section if each.sis_id == record.sis_id), None)
    if twin is None:
        section.append(record)
    elif twin == record:
        settle(record.sis_id, Outcome.UNCHANGED, "the message says this twice")
    else:
        settle(record.sis_id, Outcome.REJECTED, "an earlier record of the message says something else of this sis_id")


def _leave_to_groups(records: dict[Step, list[Record]]) -> None:
    """Takes out of the lists what a group of this message names: it is attached once, with its group."""
    claimed = {
        (group.course_id, attachment.module_id)
        for group in records.get(Step.MODULE_GROUP, [])
        if isinstance(group, ModuleGroup)
        for attachment in group.modules
    }
    for course in records.get(Step.COURSE_MODULES, []):
        if isinstance(course, CourseModules):
            course.modules = [each for each in course.modules if (course.course_id, each.module_id) not in claimed]


def _weigh(checked: Checked) -> None:
    """Each record leaves the run's state when its outcome comes in, so the larger of the two counts."""
    total = sum(_weights(checked))
    if total > MOST_STATE_BYTES:
        problem = f"the message and its outcomes would take {total} of {MOST_STATE_BYTES} bytes; split it"
        raise Refused([{"field": "", "problem": problem}], checked.message.id)


def _weights(checked: Checked) -> Iterator[int]:
    yield OWN_BYTES
    for outcome in checked.settled:
        yield len(to_json(outcome.as_json()))
    for section in checked.records.values():
        yield from (weight(as_sent(record), record.sis_id) for record in section)
