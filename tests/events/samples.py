"""Reads the sample school and the sample events for the tests, with nothing of the project's own code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[2] / "events"
ALL = ("institution", "course", "module", "course_modules", "module_group", "cohort", "student", "enrollment")
STEPS = {step: step if step == "course_modules" else f"{step}s" for step in (*ALL, "certificate")}
PARENTS = {f"{step}_id": step for step in ("institution", "course", "module", "cohort", "student", "enrollment")}
MOST_RECORDS = 500
MOST_BYTES = 256 * 1024

Record = dict[str, Any]


def snake_case(value: Any) -> Any:
    if isinstance(value, list):
        return [snake_case(item) for item in value]
    if isinstance(value, dict):
        return {re.sub("(?=[A-Z])", "_", key).lower(): snake_case(item) for key, item in value.items()}
    return value


def enrollment_of(record: Record) -> str:
    """The enrollment's id that a record spells out as student, course and, if it has one, cohort."""
    return "/".join(record[key] for key in ("student_id", "course_id", "cohort_id") if key in record)


def sis_id(step: str, record: Record) -> str:
    """The record's own `sis_id`, else the default that the message contract gives it."""
    defaults = {
        "institution": record.get("name"),
        "course": record.get("code"),
        "module": record.get("code"),
        "course_modules": record.get("course_id"),
        "module_group": f"{record.get('course_id')}/{record.get('name')}",
        "cohort": record.get("code"),
        "student": str(record.get("email")).lower(),
        "enrollment": enrollment_of(record),
        "certificate": record.get("enrollment_id", enrollment_of(record)),
    }
    return str(record.get("sis_id", defaults[step]))


def references(step: str, record: Record) -> Iterator[tuple[str, str]]:
    """What a record refers to, as pairs of step and sis_id."""
    for key, parent in PARENTS.items():
        if key in record:
            yield parent, record[key]
    for module in record.get("modules", []):
        yield "module", module["module_id"]
    if step == "certificate" and "enrollment_id" not in record:
        yield "enrollment", enrollment_of(record)


def lines() -> list[str]:
    """The school's messages as they are written."""
    return (EVENTS / "school.jsonl").read_text(encoding="utf-8").splitlines()


def messages() -> list[Record]:
    """The school's messages, every key in snake_case."""
    return [snake_case(json.loads(line)) for line in lines()]


def records(message: Record) -> list[tuple[str, Record]]:
    """A message's records with their steps, in the order of the steps."""
    return [(step, record) for step, section in STEPS.items() for record in message.get(section, [])]


def expected() -> dict[str, Record]:
    """What is to become of each message, by its id."""
    return dict(json.loads((EVENTS / "school.expected.json").read_text(encoding="utf-8")))


def event(name: str) -> Record:
    return dict(json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8")))


def body(name: str) -> Record:
    return dict(json.loads(event(name)["Records"][0]["body"]))
