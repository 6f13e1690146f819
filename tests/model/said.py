"""What a SIS says about its records, and the messages that it says it in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dokstamp_sync.messages import run_of, stamp
from dokstamp_sync.order import SECTIONS, Step

Key = tuple[Step, str]
Said = dict[str, Any]

# Long before simulated time begins: a SIS says nothing of a day to come.
_EPOCH = datetime(2026, 11, 8, 8, tzinfo=UTC)

_IDS = {"sis_id", "student_id", "enrollment_id"}
_NAMES = {"code", "name"}


@dataclass(frozen=True, slots=True)
class Version:
    """What one message says about one record. ``mark`` is a number that no other content has."""

    key: Key
    occurred_at: str
    mark: int
    said: Said


@dataclass(slots=True)
class Message:
    """``at``: the seconds after the start at which copies of it come."""

    id: str
    hour: int
    options: dict[str, bool]
    versions: dict[Key, Version]
    at: list[float] = field(default_factory=list)

    @property
    def run(self) -> str:
        return run_of(self.id)

    @property
    def occurred_at(self) -> str:
        return moment(self.hour)

    def as_json(self) -> dict[str, Any]:
        sections: dict[str, list[Said]] = {}
        for section, step in SECTIONS.items():
            said = [_spelled(version) for (of, _), version in self.versions.items() if of is step]
            if said:
                sections[section] = said
        told = {"id": self.id, "occurred_at": self.occurred_at, "options": self.options, **sections}
        plain: dict[str, Any] = json.loads(json.dumps(told))
        return plain


def _spelled(version: Version) -> Said:
    """As a SIS may write it: an id that holds an ``@`` in capitals, a name after a byte order mark."""
    spelled = dict(version.said)
    for name in _IDS & spelled.keys() if version.mark % 3 == 1 else ():
        parts = str(spelled[name]).split("/")
        spelled[name] = "/".join(part.upper() if "@" in part else part for part in parts)
    for name in _NAMES & spelled.keys() if version.mark % 3 == 2 else ():
        spelled[name] = f"\ufeff{spelled[name]}"
    return spelled


def moment(hour: int) -> str:
    return stamp(_EPOCH + timedelta(hours=hour))


def left_to_groups(versions: dict[Key, Version]) -> dict[Key, Version]:
    """As the intake does: a module that a group of the message claims is not in the course's own list."""
    claimed = {
        each["module_id"]
        for (step, _), version in versions.items()
        if step is Step.MODULE_GROUP
        for each in version.said["modules"]
    }
    course = versions.get((Step.COURSE_MODULES, "C1"))
    if course and claimed:
        modules = [
            {**each, "order": place}
            for place, each in enumerate(course.said["modules"], start=1)
            if each["module_id"] not in claimed
        ]
        said = {**course.said, "modules": modules}
        return {**versions, course.key: Version(course.key, course.occurred_at, course.mark, said)}
    return versions
