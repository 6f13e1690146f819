"""From what the SIS sent to records, and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from dokstamp_sync import records
from dokstamp_sync.fields import clean, sis_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import MOST_REASON_BYTES, shorten
from dokstamp_sync.records import Record

# An unknown key may be as long as a message.
MOST_FIELD_BYTES = 200

MODELS: dict[Step, type[Record]] = {
    Step.INSTITUTION: records.Institution,
    Step.COURSE: records.Course,
    Step.MODULE: records.Module,
    Step.COURSE_MODULES: records.CourseModules,
    Step.MODULE_GROUP: records.ModuleGroup,
    Step.COHORT: records.Cohort,
    Step.STUDENT: records.Student,
    Step.ENROLLMENT: records.Enrollment,
    Step.CERTIFICATE: records.Certificate,
}


def parse(step: Step, given: object, default_institution: str = "") -> Record:
    """The record that ``given`` (a JSON object) says. Raises pydantic's ValidationError."""
    return MODELS[step].model_validate(given, context={"default_institution": default_institution})


def apparent_sis_id(step: Step, given: object) -> str | None:
    """The id of a record in bad form, as far as it can be read."""
    if not isinstance(given, dict):
        return None
    known = {to_snake(str(key)): clean(value) for key, value in given.items() if isinstance(value, str)}
    try:
        told = sis_id(known.get("sis_id", "")) or MODELS[step].model_construct(None, **known).default_sis_id()
    except (AttributeError, TypeError):
        return None
    return shorten(told, records.MOST_SIS_ID_BYTES) or None


def problems(error: ValidationError) -> list[dict[str, str]]:
    """``[{"field": "modules[0].module_id", "problem": "..."}]``; never the values, which may be personal."""
    return [{"field": _place(each["loc"]), "problem": each["msg"]} for each in error.errors(include_input=False)]


def sentence(found: Iterable[Mapping[str, str]]) -> str:
    """All problems in one text: ``modules[0].module_id: Field required; ...``."""
    listed = (f"{each['field']}: {each['problem']}".removeprefix(": ") for each in found)
    return shorten("; ".join(listed), MOST_REASON_BYTES)


def _place(location: tuple[int | str, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return shorten(shown.removeprefix("."), MOST_FIELD_BYTES)
