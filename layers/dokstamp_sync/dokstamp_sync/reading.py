"""From what the SIS sent to records."""

from __future__ import annotations

from pydantic.alias_generators import to_snake

from dokstamp_sync import records
from dokstamp_sync.fields import clean, sis_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import shorten
from dokstamp_sync.records import Record

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
