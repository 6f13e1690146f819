"""The six steps whose records are entities of their own, as data for tests."""

from dataclasses import dataclass, field

from dokstamp_sync.order import Step
from tests.support.sis import Json


@dataclass(frozen=True)
class Plain:
    """``needs``: the steps whose examples come before. ``full``: a record with every field of the contract.

    ``instead``: what DokStamp is to get otherwise than ``full`` says it (None: not at all), but for the references in
    ``owners`` (field -> resource). ``change``: what makes the example another one, ``changed``: the same in DokStamp's
    words. ``is_unique``: DokStamp, with these ``switches``, refuses a second one.
    """

    step: Step
    needs: tuple[Step, ...]
    full: Json
    instead: Json
    owners: dict[str, str]
    change: Json
    changed: Json
    switches: Json = field(default_factory=dict)
    is_unique: bool = True

    @property
    def path(self) -> str:
        return f"/{self.step.section}"

    @property
    def sent(self) -> Json:
        return {name: value for name, value in (self.full | self.instead).items() if value is not None}


PLAIN = [
    Plain(
        Step.INSTITUTION,
        (),
        {"sis_id": "VALE", "name": "Vale", "country": "Brazil", "legal_name": "Fundação Vale", "tax_id": "99"}
        | {"website": "https://vale.example", "status": "inactive"},
        {"sis_id": None},
        {},
        {"legal_name": "Fundação Vale"},
        {"legal_name": "Fundação Vale"},
        is_unique=False,
    ),
    Plain(
        Step.COURSE,
        (Step.INSTITUTION,),
        {"code": "CS", "name": "Computing", "description": "All of it", "workload_hours": 3200, "is_active": False}
        | {"area": "Technology", "version": "2024.1", "institution_id": "VALE"},
        {"is_active": None, "status": "archived", "institution_id": None},
        {"institution_uuid": "institutions"},
        {"workload_hours": 3100},
        {"workload_hours": 3100},
        {"course_code_scope": "institution"},
    ),
    Plain(
        Step.MODULE,
        (Step.INSTITUTION,),
        {"code": "M1", "name": "Algebra", "description": "Linear", "workload": 90, "credits": 6}
        | {"level": "undergraduate", "modality": "presential", "institution_id": "VALE"},
        {"modality": "in_person", "institution_id": None},
        {"institution_uuid": "institutions"},
        {"workload": 80},
        {"workload": 80},
    ),
    Plain(
        Step.COHORT,
        (Step.INSTITUTION, Step.COURSE),
        {"code": "CS-1", "course_id": "CS", "modality": "online"}
        | {"start_date": "2024-02-01T00:00:00-03:00", "end_date": "2024-12-20T00:00:00Z"},
        {"course_id": None, "modality": "remote"}
        | {"start_date": "2024-02-01T03:00:00.000000Z", "end_date": "2024-12-20T00:00:00.000000Z"},
        {"course_uuid": "courses"},
        {"modality": "in_person"},
        {"modality": "presential"},
    ),
    Plain(
        Step.STUDENT,
        (),
        {"sis_id": "S1", "name": "Ana Souza", "email": "ana@x.example", "date_of_birth": "2000-01-31"}
        | {"gender": "female", "social_name": "Aninha"},
        {"sis_id": None},
        {},
        {"name": "Ana Souza Lima"},
        {"name": "Ana Souza Lima"},
    ),
    Plain(
        Step.ENROLLMENT,
        (Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT),
        {"sis_id": "E1", "student_id": "S1", "course_id": "CS", "cohort_id": "CS-1", "enrolled_at": "2024-02-01"}
        | {"completion_status": "dropped", "grade": 7.25, "completed_at": "2024-06-30"},
        dict.fromkeys(("sis_id", "student_id", "course_id", "cohort_id")),
        {"student_uuid": "students", "course_uuid": "courses", "cohort_uuid": "cohorts"},
        {"grade": 9},
        {"grade": 9.0},
        is_unique=False,
    ),
]
