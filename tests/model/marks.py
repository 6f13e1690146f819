"""How each kind of record carries its mark, the number that says which version of which record an entity shows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from dokstamp_sync.order import Step
from tests.model.said import Said

TABLES: dict[Step, str] = {
    Step.INSTITUTION: "institutions",
    Step.COURSE: "courses",
    Step.MODULE: "modules",
    Step.MODULE_GROUP: "module_groups",
    Step.COHORT: "cohorts",
    Step.STUDENT: "students",
    Step.ENROLLMENT: "enrollments",
}
"""Where the sandbox keeps the entities of a step; a list of modules is none, and a certificate has its PDF's name."""

_DAY = date(2030, 1, 1)


def marked(step: Step, said: Said, mark: int) -> Said:
    """What is said, with the mark in it."""
    match step:
        case Step.INSTITUTION:
            return {**said, "website": f"v{mark}"}
        case Step.COURSE | Step.MODULE:
            return {**said, "description": f"v{mark}"}
        case Step.COURSE_MODULES:
            return {**said, "modules": _weighed(said, mark)}
        case Step.MODULE_GROUP:
            return {**said, "order": mark, "modules": _weighed(said, mark)}
        case Step.COHORT:
            return {**said, "end_date": f"{(_DAY + timedelta(days=mark)).isoformat()}T00:00:00Z"}
        case Step.STUDENT:
            return {**said, "social_name": f"v{mark}"}
        case Step.ENROLLMENT:
            return {**said, "grade": mark / 100}
    return said


def _weighed(said: Said, mark: int) -> list[Said]:
    return [{**each, "workload": mark} for each in said["modules"]]


def mark_of(step: Step, entity: Mapping[str, Any]) -> int | None:
    """The mark that DokStamp shows; None where it shows none."""
    with suppress(KeyError, TypeError, ValueError):
        match step:
            case Step.INSTITUTION:
                return int(entity["website"].removeprefix("v"))
            case Step.COURSE | Step.MODULE:
                return int(entity["description"].removeprefix("v"))
            case Step.MODULE_GROUP:
                return int(entity["order"])
            case Step.COHORT:
                return (date.fromisoformat(entity["end_date"][:10]) - _DAY).days
            case Step.STUDENT:
                return int(entity["social_name"].removeprefix("v"))
            case Step.ENROLLMENT:
                return round(float(entity["grade"]) * 100)
    return None
