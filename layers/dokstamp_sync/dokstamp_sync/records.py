"""What the SIS says: one model per kind of record, with the bounds of the vendor's contract.

Keys are snake_case; camelCase is accepted too. An empty value is an absent one. Unknown keys are refused.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from typing import ClassVar, Literal, Self

from pydantic import ValidationInfo, model_validator
from pydantic_core import PydanticCustomError, to_json

from dokstamp_sync import fields
from dokstamp_sync.fields import Strict

# Together with the step's name it is a key in DynamoDB, which holds 2,048 bytes.
MOST_SIS_ID_BYTES = 800


class Record(Strict, ABC):
    """One thing the SIS says; ``sis_id`` is always filled in after validation."""

    says_nothing: ClassVar[frozenset[str]] = frozenset({"sis_id"})

    sis_id: fields.SisId = ""

    @abstractmethod
    def goes_by(self) -> str:
        """What names the record if it brings no ``sis_id``."""

    def default_sis_id(self) -> str:
        """``goes_by`` in the form of an id."""
        return fields.sis_id(self.goes_by())

    @model_validator(mode="after")
    def _fill_sis_id(self) -> Self:
        self.sis_id = self.sis_id or self.default_sis_id()
        if len(self.sis_id.encode()) > MOST_SIS_ID_BYTES:
            problem = "sis_id, or the id that is made of other fields, is longer than {most} bytes"
            raise PydanticCustomError("id_too_long", problem, {"most": MOST_SIS_ID_BYTES})
        return self

    def fingerprint(self) -> str:
        """Digest of what the record says, without what makes no difference to DokStamp."""
        said = self.model_dump(mode="json", exclude_none=True, exclude=set(self.says_nothing))
        return hashlib.sha256(to_json(dict(sorted(said.items())))).hexdigest()


class Owned(Record):
    """A record that belongs to an institution: if it names none, to the stack's default one."""

    institution_id: fields.SisId = ""

    @model_validator(mode="after")
    def _fill_institution(self, info: ValidationInfo) -> Self:
        self.institution_id = self.institution_id or (info.context or {}).get("default_institution", "")
        if not self.institution_id:
            raise PydanticCustomError(
                "missing_institution", "institution_id is missing and the stack has no default institution"
            )
        return self


class Institution(Record):
    """Either ``name`` and ``country``, or ``sis_id`` and ``uuid`` alone: set up by hand, only mapped."""

    uuid: fields.Uuid | None = None
    name: fields.Name | None = None
    country: fields.Name | None = None
    legal_name: fields.Name | None = None
    tax_id: fields.Name | None = None
    website: fields.Name | None = None
    status: Literal["active", "inactive", "suspended"] | None = None

    def goes_by(self) -> str:
        return self.name or ""

    @model_validator(mode="after")
    def _one_of_two_forms(self) -> Self:
        if self.uuid:
            if self.model_fields_set - {"uuid", "sis_id"}:
                raise PydanticCustomError("uuid_alone", "uuid may stand with sis_id and nothing else")
            if not self.sis_id:
                raise PydanticCustomError("incomplete", "sis_id is required with uuid")
        elif not (self.name and self.country):
            raise PydanticCustomError("incomplete", "name and country are required, or uuid and sis_id alone")
        return self


class Course(Owned):
    """A course; one that is not active is archived."""

    code: fields.Code
    name: fields.Name
    description: fields.Prose | None = None
    workload_hours: fields.Hours | None = None
    is_active: bool = True
    area: fields.Name | None = None
    version: fields.Name | None = None

    def goes_by(self) -> str:
        return self.code


class Module(Owned):
    """A module; its modality is kept in the modules' own words."""

    code: fields.ModuleCode
    name: fields.ModuleName
    description: fields.Prose | None = None
    workload: fields.Hours | None = None
    credits: fields.Hours | None = None
    level: fields.Level | None = None
    modality: fields.Modality | None = None

    def goes_by(self) -> str:
        return self.code


class Attachment(Strict):
    """A module's place in a course. ``order`` is filled in from the position in the list, from 1."""

    module_id: fields.SisId
    order: fields.Position | None = None
    is_required: bool = True
    workload: fields.Hours | None = None


class Attachments(Record):
    """The whole list of a course's modules, or of a group's: what is left out later is detached."""

    course_id: fields.SisId
    modules: list[Attachment]

    @model_validator(mode="after")
    def _number_and_tell_apart(self) -> Self:
        for position, attachment in enumerate(self.modules, start=1):
            if attachment.order is None:
                attachment.order = position
        named = Counter(attachment.module_id for attachment in self.modules)
        twice = sorted(each for each, times in named.items() if times > 1)
        if twice:
            raise PydanticCustomError("twice", "modules names {ids} twice", {"ids": ", ".join(twice)})
        return self


class CourseModules(Attachments):
    """The modules of a course that stand in no group."""

    def goes_by(self) -> str:
        return self.course_id


class ModuleGroup(Attachments):
    """A named group of a course's modules, such as a semester."""

    name: fields.Name
    order: fields.Position | None = None
    modules: list[Attachment] = []

    def goes_by(self) -> str:
        return f"{self.course_id}/{self.name}"


class Cohort(Record):
    """Those who take a course together."""

    code: fields.Code
    course_id: fields.SisId
    modality: fields.Modality | None = None
    start_date: fields.Moment | None = None
    end_date: fields.Moment | None = None

    def goes_by(self) -> str:
        return self.code


class Student(Record):
    """A student; belongs to the tenant, not to an institution."""

    name: fields.Name
    email: fields.Email
    date_of_birth: fields.Day
    gender: fields.Name | None = None
    social_name: fields.Name | None = None

    def goes_by(self) -> str:
        return self.email


class Enrollment(Record):
    """A student in a course, perhaps in a cohort of it."""

    student_id: fields.SisId
    course_id: fields.SisId
    cohort_id: fields.SisId | None = None
    enrolled_at: fields.Day
    completion_status: Literal["enrolled", "completed", "dropped"] = "completed"
    grade: fields.Grade | None = None
    completed_at: fields.Day | None = None

    def goes_by(self) -> str:
        return enrollment_id(self.student_id, self.course_id, self.cohort_id)


class Certificate(Record):
    """Names its enrollment, or student and course (and cohort); with a PDF to issue, or ``revoke``.

    A certificate is issued once, so another ``issued_at`` alone is no change.
    """

    says_nothing: ClassVar[frozenset[str]] = frozenset({"sis_id", "issued_at"})

    enrollment_id: fields.SisId | None = None
    student_id: fields.SisId | None = None
    course_id: fields.SisId | None = None
    cohort_id: fields.SisId | None = None
    pdf: fields.PdfAddress | None = None
    issued_at: fields.Moment | None = None
    template_id: fields.Uuid | None = None
    revoke: Literal[True] | None = None
    revocation_reason: fields.Name | None = None

    def goes_by(self) -> str:
        if self.enrollment_id:
            return self.enrollment_id
        return enrollment_id(self.student_id or "", self.course_id or "", self.cohort_id)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.enrollment_id or (self.student_id and self.course_id)):
            raise PydanticCustomError("incomplete", "enrollment_id is required, or student_id and course_id")
        if self.enrollment_id and (self.student_id or self.course_id or self.cohort_id):
            raise PydanticCustomError("both", "enrollment_id may not stand with student_id, course_id or cohort_id")
        if bool(self.revoke) == bool(self.pdf):
            raise PydanticCustomError("incomplete", "pdf is required to issue, or revoke to revoke; not both")
        if self.revocation_reason and not self.revoke:
            raise PydanticCustomError("revocation_reason", "revocation_reason may stand only with revoke")
        return self


def enrollment_id(student_id: str, course_id: str, cohort_id: str | None) -> str:
    """An enrollment's default ``sis_id``."""
    return "/".join(part for part in (student_id, course_id, cohort_id) if part)
