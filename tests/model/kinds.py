"""Records of each kind, as a SIS says them, without their marks."""

from __future__ import annotations

from collections.abc import Callable

from dokstamp_sync.order import Step
from tests.model.plots import Pair
from tests.model.said import Said

HOME = "I1"
"""The institution that every school has."""


def institution(sis_id: str, name: str) -> Pair:
    return (Step.INSTITUTION, sis_id), {"sis_id": sis_id, "name": name, "country": "Brazil"}


def course(sis_id: str, code: str, home: str = HOME) -> Pair:
    return (Step.COURSE, sis_id), {"sis_id": sis_id, "code": code, "name": sis_id, "institution_id": home}


def module(sis_id: str, code: str, home: str = HOME) -> Pair:
    return (Step.MODULE, sis_id), {"sis_id": sis_id, "code": code, "name": sis_id, "institution_id": home}


def modules_of(course_id: str, *module_ids: str) -> Pair:
    said = {"course_id": course_id, "modules": [{"module_id": each} for each in module_ids]}
    return (Step.COURSE_MODULES, course_id), said


def group(sis_id: str, name: str, course_id: str = "C2", *module_ids: str) -> Pair:
    modules = [{"module_id": each} for each in module_ids]
    return (Step.MODULE_GROUP, sis_id), {"sis_id": sis_id, "course_id": course_id, "name": name, "modules": modules}


def cohort(sis_id: str, code: str, course_id: str = "C1") -> Pair:
    return (Step.COHORT, sis_id), {"sis_id": sis_id, "code": code, "course_id": course_id}


def student(sis_id: str, email: str) -> Pair:
    said = {"sis_id": sis_id, "name": "Somebody", "email": email, "date_of_birth": "2000-01-01"}
    return (Step.STUDENT, sis_id), said


def enrollment(sis_id: str, student_id: str, course_id: str, cohort_id: str = "", **about: str) -> Pair:
    """``about``: its completion_status, if it is not completed."""
    said: Said = {"sis_id": sis_id, "student_id": student_id, "course_id": course_id, "enrolled_at": "2026-01-01"}
    return (Step.ENROLLMENT, sis_id), said | ({"cohort_id": cohort_id} if cohort_id else {}) | about


def certificate(sis_id: str, pdf: str, **about: str) -> Pair:
    """``about``: its enrollment_id, or student_id and course_id."""
    return (Step.CERTIFICATE, sis_id), {"sis_id": sis_id, **about, "pdf": f"s3://school-pdfs/{pdf}.pdf"}


def revocation(sis_id: str, **about: str) -> Pair:
    return (Step.CERTIFICATE, sis_id), {"sis_id": sis_id, **about, "revoke": True}


def email(name: str) -> str:
    return f"{name}@school.example"


Named = Callable[[str, str], Pair]

NAMED: dict[str, Named] = {
    "course": course,
    "module": module,
    "cohort": cohort,
    "student": lambda sis_id, name: student(sis_id, email(name)),
    "institution": institution,
    "group": group,
}
"""Records that are named twice: by their ``sis_id`` and by a key of their own."""
FREE = ("course", "institution", "group")
"""Those that DokStamp lets have one key twice."""
