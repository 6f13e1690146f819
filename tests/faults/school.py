"""The smallest school that needs every call: one record of each kind, with a changed form where it can change."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
Sections = Mapping[str, Sequence[Json]]
"""A message's sections: records by section, in the order of the steps."""


def changed(record: Json, **values: Any) -> Json:
    """The record with other values."""
    return {**record, **values}


BUCKET = "school-pdfs"
# The plus sign has to be percent-encoded in a look-up.
EMAIL = "ana+cs@school.example"
OTHER_EMAIL = "bia@school.example"

INSTITUTION = {"name": "Federal University", "country": "Brazil", "website": "https://fu.example"}
OF_FU = {"institution_id": "Federal University"}
COURSE = {"code": "CS", "name": "Computer Science", "workload_hours": 3200, "description": "Four years."} | OF_FU
OTHER_INSTITUTION = {"name": "State College", "country": "Brazil"}
OTHER_COURSE = changed(COURSE, code="DS", name="Data Science")
MODULE = {"code": "ALG", "name": "Algorithms", "workload": 60, "modality": "remote"} | OF_FU
OTHER_MODULE = {"code": "NET", "name": "Networks", "workload": 40} | OF_FU
COHORT = {"code": "CS-1", "course_id": "CS", "modality": "in_person", "start_date": "2024-02-01T00:00:00Z"}
OTHER_COHORT = changed(COHORT, code="CS-2")
STUDENT = {"name": "Ana Souza", "email": EMAIL, "date_of_birth": "2001-05-17"}
OTHER_STUDENT = {"name": "Bia Lima", "email": OTHER_EMAIL, "date_of_birth": "2002-06-18"}
ENROLLMENT = {"student_id": EMAIL, "course_id": "CS", "cohort_id": "CS-1", "enrolled_at": "2024-02-01", "grade": 8.5}
ENROLLMENT_ID = f"{EMAIL}/CS/CS-1"
CERTIFICATE = {"enrollment_id": ENROLLMENT_ID, "pdf": f"s3://{BUCKET}/ana.pdf", "issued_at": "2024-12-01T12:00:00Z"}
REVOCATION = {"enrollment_id": ENROLLMENT_ID, "revoke": True, "revocation_reason": "The grade was wrong."}

BOTH = {"course_id": "CS", "modules": [{"module_id": "ALG"}, {"module_id": "NET", "workload": 30}]}
TURNED = {"course_id": "CS", "modules": [{"module_id": "NET", "workload": 30}, {"module_id": "ALG"}]}
ONE = {"course_id": "CS", "modules": [{"module_id": "ALG"}]}
GROUP = {"course_id": "CS", "name": "Basics", "order": 1, "modules": [{"module_id": "ALG", "is_required": False}]}


def sis_id(section: str, record: Json) -> str:
    """What the SIS calls the record: what it says, else what the message contract has in its place."""
    defaults = {
        "institutions": ("name",),
        "course_modules": ("course_id",),
        "module_groups": ("course_id", "name"),
        "students": ("email",),
        "enrollments": ("student_id", "course_id", "cohort_id"),
        "certificates": ("enrollment_id",),
    }
    named = (record[name] for name in defaults.get(section, ("code",)) if name in record)
    return str(record.get("sis_id") or "/".join(named))


def joined(*parts: Sections) -> dict[str, list[Json]]:
    """The sections of several messages in one, in the order of the steps."""
    together: dict[str, list[Json]] = {}
    for part in parts:
        for section, records in part.items():
            together.setdefault(section, []).extend(records)
    return together


INSTITUTIONS: Sections = {"institutions": [INSTITUTION]}
COURSES = joined(INSTITUTIONS, {"courses": [COURSE]})
MODULES = joined(COURSES, {"modules": [MODULE, OTHER_MODULE]})
COHORTS = joined(COURSES, {"cohorts": [COHORT]})
PEOPLE = joined(COHORTS, {"students": [STUDENT]})
ENROLLED = joined(PEOPLE, {"enrollments": [ENROLLMENT]})
CERTIFIED = joined(ENROLLED, {"certificates": [CERTIFICATE]})
