"""A reference never lands on somebody else's entity, though its id looks like that one's code."""

from typing import Any

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.meeting.conftest import Post
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live, pdf

LOOK_ALIKE = "101"
PEOPLE = (Step.INSTITUTION, Step.STUDENT)
# A record with an id of its own whose key is LOOK_ALIKE, one that names LOOK_ALIKE, and the one that is meant.
KINDS: dict[str, tuple[Step, Json, Step, Json, Json]] = {
    "institution": (
        Step.INSTITUTION,
        {"sis_id": "I77", "name": LOOK_ALIKE, "country": "Brazil"},
        Step.COURSE,
        {"code": "X", "name": "X", "institution_id": LOOK_ALIKE},
        {"sis_id": LOOK_ALIKE, "name": "Other", "country": "Brazil"},
    ),
    "course": (
        Step.COURSE,
        example(Step.COURSE, sis_id="77", code=LOOK_ALIKE),
        Step.ENROLLMENT,
        example(Step.ENROLLMENT, course_id=LOOK_ALIKE),
        example(Step.COURSE, sis_id=LOOK_ALIKE, code="205"),
    ),
    "module": (
        Step.MODULE,
        example(Step.MODULE, sis_id="77", code=LOOK_ALIKE),
        Step.COURSE_MODULES,
        {"course_id": "CS", "modules": [{"module_id": LOOK_ALIKE}]},
        example(Step.MODULE, sis_id=LOOK_ALIKE, code="205"),
    ),
    "cohort": (
        Step.COHORT,
        example(Step.COHORT, sis_id="77", code=LOOK_ALIKE),
        Step.ENROLLMENT,
        example(Step.ENROLLMENT, cohort_id=LOOK_ALIKE),
        example(Step.COHORT, sis_id=LOOK_ALIKE, code="205"),
    ),
    "student": (
        Step.STUDENT,
        example(Step.STUDENT, sis_id="77", email="101@x.example"),
        Step.ENROLLMENT,
        example(Step.ENROLLMENT, student_id="101@x.example"),
        example(Step.STUDENT, sis_id="101@x.example", email="205@x.example"),
    ),
    "enrollment": (
        Step.ENROLLMENT,
        example(Step.ENROLLMENT, sis_id="E77"),
        Step.CERTIFICATE,
        {"sis_id": "C1", "enrollment_id": "S1/CS", "pdf": "s3://school-pdfs/ana.pdf"},
        example(Step.ENROLLMENT, sis_id="S1/CS", cohort_id="CS-1"),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_that_looks_like_another_record_s_key_waits_for_its_own_record(
    kind: str, sis: Sis, post: Post, sandbox: Sandbox, tmp_path: Any
) -> None:
    # Given a record whose key looks like the id of another one
    step, stranger, child_step, child, meant = KINDS[kind]
    pdf(tmp_path, "ana.pdf")
    sis.has_said(*PEOPLE, Step.COURSE, Step.COHORT)
    sis.say(step, stranger)
    # When a record names that id before its own record has come
    letter = post.letter(child_step, 50, child)
    # Then it waits, and nothing is sent
    before = len(sandbox.calls)
    assert letter.comes() == "handed back"
    assert [each.method for each in sandbox.calls[before:] if each.method != "GET"] == []
    # And when its own record comes, it goes there
    told = sis.say(step, meant)
    assert told["outcome"] == "created", told
    assert letter.comes_until_answered()[0]["outcome"] == "created"


def test_a_certificate_for_a_course_that_is_not_there_yet_is_not_issued_for_a_look_alike(
    sis: Sis, post: Post, sandbox: Sandbox, tmp_path: Any
) -> None:
    # Given course 77 with the code 101, and a certificate that names course 101
    sis.has_said(*PEOPLE)
    sis.say(Step.COURSE, example(Step.COURSE, sis_id="77", code="101", name="Wrong one"))
    certificate = {"student_id": "S1", "course_id": "101", "pdf": pdf(tmp_path, "ana.pdf")}
    letter = post.letter(Step.CERTIFICATE, 50, certificate)
    # When it comes before course 101 does
    assert letter.comes() == "handed back"
    sis.say(Step.COURSE, example(Step.COURSE, sis_id="101", code="205", name="Right one"))
    letter.comes_until_answered()
    # Then one certificate is issued, for the right course, and the student is told once
    courses = {each["uuid"]: each["name"] for each in live(sandbox, "courses")}
    assert [courses[each["course_uuid"]] for each in live(sandbox, "certificates")] == ["Right one"]
    assert len(sandbox.state["notifications"]) == 1


def test_an_entity_that_is_just_being_created_for_another_record_is_not_taken_for_a_parent(
    sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a course whose creation was carried out, though its answer was lost
    sis.has_said(*PEOPLE)
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/courses$"))
    stranger = post.letter(Step.COURSE, 10, example(Step.COURSE, sis_id="77", code="101"))
    assert stranger.comes() == "handed back"
    assert len(live(sandbox, "courses")) == 1
    # When an enrollment names a course by an id that looks like its code, Then it waits
    assert post.letter(Step.ENROLLMENT, 11, example(Step.ENROLLMENT, course_id="101")).comes() == "handed back"
    assert live(sandbox, "enrollments") == []


def test_an_institution_that_was_set_up_by_hand_is_one_record_s_alone(
    sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given an institution that somebody made in DokStamp and mapped by its uuid
    uuid = pipeline.dokstamp.create("/institutions", {"name": LOOK_ALIKE, "country": "Brazil"})["uuid"]
    assert sis.say(Step.INSTITUTION, {"sis_id": "I77", "uuid": uuid})["outcome"] == "unchanged"
    # When a course names it by its name, Then the course waits for the institution of that id
    course = post.letter(Step.COURSE, 50, example(Step.COURSE, institution_id=LOOK_ALIKE))
    assert course.comes() == "handed back"
    # And two more records that want to be it are rejected, with the first one's id
    for record in ({"sis_id": "I88", "uuid": uuid}, {"sis_id": "I99", "name": LOOK_ALIKE, "country": "Brazil"}):
        told = sis.say(Step.INSTITUTION, record)
        assert told["outcome"] == "rejected"
        assert "institution 'I77'" in told["reason"]


def test_what_nobody_s_record_is_still_serves_as_a_parent(sis: Sis, sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a course that somebody made in DokStamp by hand
    sis.has_said(*PEOPLE)
    institution = live(sandbox, "institutions")[0]["uuid"]
    pipeline.dokstamp.create("/courses", {"name": "Law", "code": "LAW", "institution_uuid": institution})
    # When an enrollment names it by its code, Then it is found
    assert sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, course_id="LAW"))["outcome"] == "created"
