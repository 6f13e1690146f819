"""Workers that meet at one record, in real threads and over real HTTP: one entity. (Those that sleep: tests/faults.)"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault
from tests.concurrency.rig import Rig, message, rig
from tests.support.simulation_state import Names

WORKERS = 6

INSTITUTION = {"sis_id": "I1", "name": "One", "country": "Brazil"}
COURSE = {"code": "C1", "name": "Course", "institution_id": "I1"}
STUDENT = {"name": "Ana", "email": "ana@school.example", "date_of_birth": "2000-01-01"}
ENROLLMENT = {"student_id": "ana@school.example", "course_id": "C1", "enrolled_at": "2026-01-01"}

# Each record with the ones above it.
RECORDS: dict[Step, tuple[dict[str, Any], str]] = {
    Step.INSTITUTION: (INSTITUTION, "institutions"),
    Step.COURSE: (COURSE, "courses"),
    Step.MODULE: ({"code": "M1", "name": "Module", "institution_id": "I1"}, "modules"),
    Step.MODULE_GROUP: ({"course_id": "C1", "name": "G1"}, "module_groups"),
    Step.COHORT: ({"code": "K1", "course_id": "C1"}, "cohorts"),
    Step.STUDENT: (STUDENT, "students"),
    Step.ENROLLMENT: (ENROLLMENT, "enrollments"),
    Step.CERTIFICATE: (
        {"student_id": "ana@school.example", "course_id": "C1", "pdf": "s3://school-pdfs/a.pdf"},
        "certificates",
    ),
}


@pytest.fixture
def school() -> Iterator[Rig]:
    """A rig whose sandbox and mapping hold an institution, a course, a student and an enrollment."""
    with rig() as made:
        yield made


def prepare(school: Rig, step: Step) -> None:
    """Delivers what a record of this step hangs on."""
    for above in (Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT):
        if above.number < step.number:
            school.deliver(above, RECORDS[above][0])


@pytest.mark.parametrize("step", RECORDS)
def test_the_same_new_record_in_many_messages_at_once_becomes_one_entity(school: Rig, step: Step) -> None:
    # Given workers in environments of their own, each with a message that says the same new record
    prepare(school, step)
    record, table = RECORDS[step]
    workers = [school.worker(step) for _ in range(WORKERS)]
    # When all deliver at once
    takes = [partial(each, message(step, f"run-{n}", record)) for n, each in enumerate(workers)]
    told = school.at_once(takes)
    # Then there is one entity, one worker created it, and all report its uuid
    (entity,) = school.sandbox.state[table]["live"]
    assert Counter(each["outcome"] for (each,) in told) == {"created": 1, "unchanged": WORKERS - 1}
    assert {each["uuid"] for (each,) in told} == {entity["uuid"]}
    assert Names(school.sandbox.state).doubled() == []


@pytest.mark.parametrize("step", [Step.INSTITUTION, Step.ENROLLMENT, Step.CERTIFICATE])
@pytest.mark.parametrize("kind", ["reset_after", "delay"])
def test_a_lost_answer_among_many_workers_still_makes_one_entity(school: Rig, step: Step, kind: Any) -> None:
    # Given a POST whose answer is lost, or which DokStamp carries out after its caller has given up
    prepare(school, step)
    record, table = RECORDS[step]
    school.sandbox.add_faults(Fault(kind=kind, method="POST", path=f"^/{table}$", seconds=0.8))
    # When many workers deliver the same new record at once
    workers = [school.worker(step) for _ in range(WORKERS)]
    takes = [partial(each, message(step, f"run-{n}", record)) for n, each in enumerate(workers)]
    told = school.at_once(takes)
    # Then there is one entity, and every message came to its end with it
    (entity,) = school.sandbox.state[table]["live"]
    assert {each["uuid"] for (each,) in told} == {entity["uuid"]}
    posts = [call for call in school.sandbox.calls if call.method == "POST" and call.path == f"/{table}"]
    assert len(posts) == 1


def test_two_runs_about_one_course_attach_each_module_once() -> None:
    # Given a course, and modules that its own list and a group of it both name
    with rig() as school:
        school.deliver(Step.INSTITUTION, INSTITUTION)
        school.deliver(Step.COURSE, COURSE)
        for code in ("M1", "M2", "M3"):
            school.deliver(Step.MODULE, {"code": code, "name": code, "institution_id": "I1"})
        all_of_it = [{"module_id": code} for code in ("M1", "M2", "M3")]
        course = {"course_id": "C1", "modules": all_of_it}
        group = {"course_id": "C1", "name": "G1", "modules": all_of_it[:2]}
        # When two runs deliver the list and the group at once, each several times over
        takes = [
            partial(school.worker(step), message(step, f"{step}-{n}", record))
            for n in range(3)
            for step, record in ((Step.COURSE_MODULES, course), (Step.MODULE_GROUP, group))
        ]
        school.at_once(takes)
        # Then every module is attached once: the group's with the group, the other one without
        state = school.sandbox.state
        ((_, attached),) = state["attachments"].items()
        names = Names(state).by_uuid
        found = {names[each["module_uuid"]][-2:]: each["course_module_group_uuid"] for each in attached}
        (only,) = state["module_groups"]["live"]
        assert found == {"M1": only["uuid"], "M2": only["uuid"], "M3": None}
        assert len(attached) == 3
