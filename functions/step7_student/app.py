"""Step 7: students.

Needs nothing: a student belongs to the tenant. Creates or updates the student, before any certificate freezes the
student's identity. Leaves the uuid. Source: [students], [lifecycle].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import email_key, find_student
from dokstamp_sync.order import Step
from dokstamp_sync.records import Student
from dokstamp_sync.steps.look_up_create_update import LookUpCreateUpdate, given
from dokstamp_sync.steps.work import Api, Parent, Reference, Work
from dokstamp_sync.worker.entry import serve


class StudentStep(LookUpCreateUpdate[Student]):
    step = Step.STUDENT
    unique = frozenset({"email"})

    def references(self, record: Student) -> Mapping[str, Reference]:
        return {}

    def path(self, work: Work[Student]) -> str:
        return "/students"

    def key(self, record: Student, parents: Mapping[str, Parent]) -> tuple[str, ...]:
        return (email_key(record.email),)

    def find(self, api: Api, key: tuple[str, ...], record: Student) -> Entity | None:
        (email,) = key
        # DokStamp's filter may tell cases apart, so the e-mail is asked for as the SIS wrote it.
        return find_student(api, record.email if email == email_key(record.email) else email)

    def find_anywhere(self, api: Api, record: Student) -> Entity | None:
        return find_student(api, record.email, everywhere=True)

    def body(self, record: Student) -> Mapping[str, Any]:
        return given(
            name=record.name,
            email=record.email,
            date_of_birth=record.date_of_birth.isoformat(),
            gender=record.gender,
            social_name=record.social_name,
        )


handler = serve(StudentStep())
