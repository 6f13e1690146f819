"""The traps of looking up: loose matches, pages, other institutions, filters that are unknown, odd characters."""

from urllib.parse import parse_qs, unquote_plus

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, calls, example, live, writes

LOOSE = ["case_insensitive", "prefix", "contains"]


@pytest.mark.parametrize("match", LOOSE)
@pytest.mark.parametrize(
    ("step", "near"),
    [
        (Step.INSTITUTION, {"sis_id": "X", "name": "vale do sul"}),
        (Step.COURSE, {"code": "cs-2"}),
        (Step.MODULE, {"code": "m10"}),
        (Step.COHORT, {"code": "cs-10"}),
        (Step.STUDENT, {"sis_id": "S9", "email": "ana@x.example.org"}),
    ],
    ids=lambda value: value.value if isinstance(value, Step) else "",
)
def test_a_loose_match_is_not_adopted(match: str, step: Step, near: Json, sis: Sis, sandbox: Sandbox) -> None:
    # Given a DokStamp whose filters match loosely, and an entity whose name only resembles the wanted one
    sandbox.switch(filter_match=match)
    sis.has_said(*[each for each in (Step.INSTITUTION, Step.COURSE) if each.number < step.number])
    nearby = sis.say(step, example(step, **near))
    # When the record is sent
    row = sis.say(step)
    # Then it gets an entity of its own
    assert row["outcome"] == "created"
    assert row["uuid"] != nearby["uuid"]


@pytest.mark.parametrize(("per_page", "pages"), [(15, 3), (7, 6), (1, 40)])
def test_a_look_up_follows_the_pages_to_the_end(
    per_page: int, pages: int, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given forty students that all match, the wanted one last, on pages of some size
    sandbox.switch(filter_match="contains")
    others = [example(Step.STUDENT, sis_id=f"T{n}", email=f"t{n}.ana@x.example") for n in range(39)]
    sis.send({Step.STUDENT: others})
    wanted = sis.say(Step.STUDENT)
    del rows["student#S1"]
    for page in range(1, pages + 1):
        sandbox.add_faults(page_fault(sandbox, page, per_page))
    sandbox.calls.clear()
    # When the record is sent again
    row = sis.say(Step.STUDENT)
    # Then the student is found behind all the others
    assert (row["outcome"], row["uuid"]) == ("unchanged", wanted["uuid"])
    assert calls(sandbox) == [("GET", "/students")] * pages


def page_fault(sandbox: Sandbox, page: int, per_page: int) -> Fault:
    """The page as a server with another page size would answer it."""
    students = live(sandbox, "students")[(page - 1) * per_page : page * per_page]
    meta = {"current_page": page, "per_page": per_page, "total": len(live(sandbox, "students"))}
    return Fault(kind="status", method="GET", path="^/students$", status=200, body={"data": students, "meta": meta})


def test_a_plus_in_an_e_mail_reaches_dokstamp_as_a_plus(sis: Sis, sandbox: Sandbox, rows: dict[str, Row]) -> None:
    # Given a student whose e-mail has a plus, known to DokStamp only
    plus = example(Step.STUDENT, email="ana+school@x.example")
    created = sis.say(Step.STUDENT, plus)
    del rows["student#S1"]
    sandbox.calls.clear()
    # When the student is looked up
    row = sis.say(Step.STUDENT, plus)
    # Then the plus was encoded, and the student found by one look
    assert "%2B" in sandbox.calls[0].query
    assert parse_qs(sandbox.calls[0].query)["where[email]"] == ["ana+school@x.example"]
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert calls(sandbox) == [("GET", "/students")]


@pytest.mark.parametrize("code", ["A&B", "50%", "C#", "D=E", "Ação", "a b", "x[y]"])
def test_any_character_of_a_code_survives_the_query(
    code: str, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a course whose code means something else in a URL
    sis.has_said(Step.INSTITUTION)
    created = sis.say(Step.COURSE, example(Step.COURSE, code=code))
    del rows[f"course#{code}"]
    sandbox.calls.clear()
    # When it is looked up
    row = sis.say(Step.COURSE, example(Step.COURSE, code=code))
    # Then it is found, by that very code
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert f"where[code]={code}" in unquote_plus(sandbox.calls[0].query)


@pytest.mark.parametrize(
    ("step", "elsewhere"),
    [
        (Step.COURSE, {"institution_id": "MONTE"}),
        (Step.MODULE, {"institution_id": "MONTE"}),
        (Step.COHORT, {"course_id": "LAW"}),
    ],
    ids=lambda value: value.value if isinstance(value, Step) else "",
)
def test_the_same_code_in_another_institution_or_course_is_another_entity(
    step: Step, elsewhere: Json, sis: Sis, sandbox: Sandbox
) -> None:
    # Given two institutions and two courses, one of them with that code, where codes are unique within each
    sandbox.switch(cohort_code_scope="course")
    sis.send({Step.INSTITUTION: [example(Step.INSTITUTION), example(Step.INSTITUTION, sis_id="MONTE", name="Monte")]})
    if step is Step.COHORT:
        sis.send({Step.COURSE: [example(Step.COURSE), example(Step.COURSE, code="LAW", name="Law")]})
    theirs = sis.say(step, example(step, sis_id="theirs", **elsewhere))
    # When the other one's record is sent
    ours = sis.say(step)
    # Then it gets an entity of its own
    assert ours["outcome"] == "created"
    assert ours["uuid"] != theirs["uuid"]
    assert len(live(sandbox, step.section)) == 2


@pytest.mark.parametrize("unknown", ["ignored", "refused"])
@pytest.mark.parametrize("step", [Step.INSTITUTION, Step.ENROLLMENT], ids=lambda step: step.value)
def test_a_filter_that_dokstamp_does_not_know_is_no_obstacle(
    step: Step, unknown: str, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a DokStamp that knows only the filters of its documentation, and an entity that the mapping does not know
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
    created = sis.say(step)
    del rows[f"{step}#{example(step)['sis_id']}"]
    sandbox.switch(filter_fields="documented", unknown_filter=unknown)
    sandbox.calls.clear()
    # When its record is sent
    row = sis.say(step)
    # Then it is found all the same
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert writes(sandbox) == []


def test_an_enrollment_without_a_cohort_is_not_the_one_with_it(sis: Sis, sandbox: Sandbox) -> None:
    # Given a student's enrollment in a cohort of the course
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT)
    with_cohort = sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, sis_id="E2", cohort_id="CS-1"))
    # When an enrollment in the course itself is sent
    without = sis.say(Step.ENROLLMENT)
    # Then both exist
    assert without["outcome"] == "created"
    assert without["uuid"] != with_cohort["uuid"]


@pytest.mark.parametrize("match", ["exact", "case_insensitive"])
@pytest.mark.parametrize("emails", [("Ana@X.example", "ana@x.example"), ("ana@x.example", "Ana@X.example")], ids=str)
def test_a_student_is_the_same_whatever_the_case_of_the_e_mail(
    emails: tuple[str, str], match: str, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a student that DokStamp holds under an e-mail, which blocks the same one in other letters
    sandbox.switch(filter_match=match)
    held = sis.say(Step.STUDENT, example(Step.STUDENT, email=emails[0]))
    rows.clear()
    # When the SIS sends the student in those
    row = sis.say(Step.STUDENT, example(Step.STUDENT, email=emails[1]))
    # Then no second student comes of it: it is found, if not by the filter, then among all of them
    assert len(live(sandbox, "students")) == 1
    assert (row["outcome"], row["uuid"]) == ("updated", held["uuid"])


def test_a_course_becomes_active_though_drafts_are_the_default(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course of which the SIS says nothing about being active
    sis.has_said(Step.INSTITUTION)
    # When it is sent, and later sent as inactive
    sis.say(Step.COURSE)
    first = live(sandbox, "courses")[0]["status"]
    sis.say(Step.COURSE, example(Step.COURSE, is_active=False))
    # Then it is active, then archived
    assert (first, live(sandbox, "courses")[0]["status"]) == ("active", "archived")


@pytest.mark.parametrize(
    ("said", "module", "cohort"),
    [
        ("in_person", "in_person", "presential"),
        ("presential", "in_person", "presential"),
        ("online", "online", "remote"),
        ("remote", "online", "remote"),
        ("hybrid", "hybrid", "hybrid"),
    ],
)
def test_a_modality_is_sent_in_the_words_of_the_resource(
    said: str, module: str, cohort: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a modality in either vocabulary
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    # When a module and a cohort are sent with it
    sis.say(Step.MODULE, example(Step.MODULE, modality=said))
    sis.say(Step.COHORT, example(Step.COHORT, modality=said))
    # Then each gets it in its own words
    assert live(sandbox, "modules")[0]["modality"] == module
    assert live(sandbox, "cohorts")[0]["modality"] == cohort


def test_an_institution_set_up_by_hand_is_only_mapped(sis: Sis, sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given an institution that a person made in DokStamp
    made = pipeline.dokstamp.create("/institutions", {"name": "Vale", "country": "Brazil"})
    sandbox.calls.clear()
    # When the SIS maps it under an id of its own
    row = sis.say(Step.INSTITUTION, {"sis_id": "UFP", "uuid": made["uuid"].upper()})
    # Then nothing is written, and courses may name it
    assert (row["outcome"], row["uuid"]) == ("unchanged", made["uuid"])
    assert writes(sandbox) == []
    assert sis.say(Step.COURSE, example(Step.COURSE, institution_id="UFP"))["outcome"] == "created"


def test_a_mistyped_uuid_of_an_institution_is_rejected(sis: Sis, sandbox: Sandbox) -> None:
    # Given a uuid that DokStamp does not know
    mistyped = {"sis_id": "UFP", "uuid": "11111111-2222-4333-8444-555555555555"}
    # When it is to be mapped
    row = sis.say(Step.INSTITUTION, mistyped)
    # Then it is rejected here and not in the courses
    assert row["outcome"] == "rejected"
    assert "404" in row["reason"]
    assert writes(sandbox) == []
