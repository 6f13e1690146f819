"""The traps of looking up: loose matches, pages, other institutions, filters that are unknown, odd characters."""

from urllib.parse import parse_qs

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, calls, example, live, writes

LOOSE = ["case_insensitive", "prefix", "contains"]
RESEMBLES: dict[str, tuple[Step, Json]] = {
    "another name": (Step.INSTITUTION, {"sis_id": "X", "name": "vale do sul"}),
    "another course code": (Step.COURSE, {"code": "cs-2"}),
    "another module code": (Step.MODULE, {"code": "m10"}),
    "another cohort code": (Step.COHORT, {"code": "cs-10"}),
    "another e-mail": (Step.STUDENT, {"sis_id": "S9", "email": "ana@x.example.org"}),
}
SAME_KEY: dict[str, tuple[Step, Json]] = {
    "a course of another institution": (Step.COURSE, {"sis_id": "theirs", "institution_id": "MONTE"}),
    "a module of another institution": (Step.MODULE, {"sis_id": "theirs", "institution_id": "MONTE"}),
    "a cohort of another course": (Step.COHORT, {"sis_id": "theirs", "course_id": "LAW"}),
    "an enrollment in a cohort": (Step.ENROLLMENT, {"sis_id": "E2", "cohort_id": "CS-1"}),
}
CASES = [(*case, match) for case in RESEMBLES.values() for match in LOOSE]
CASES += [(*case, "exact") for case in SAME_KEY.values()]
IDS = [f"{name}-{match}" for name in RESEMBLES for match in LOOSE] + list(SAME_KEY)


@pytest.mark.parametrize(("step", "near", "match"), CASES, ids=IDS)
def test_what_only_resembles_the_record_is_not_adopted(
    step: Step, near: Json, match: str, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a DokStamp whose filters may match loosely, and where codes are unique within an institution or a course
    sandbox.switch(filter_match=match, cohort_code_scope="course")
    parents = (Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT)
    sis.has_said(*[each for each in parents if each.number < step.number])
    # And an entity that resembles the record, perhaps of another institution or course
    sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="MONTE", name="Monte"))
    sis.say(Step.COURSE, example(Step.COURSE, code="LAW", name="Law", institution_id="MONTE"))
    nearby = sis.say(step, example(step, **near))
    assert nearby["outcome"] == "created"
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


ODD = [(Step.COURSE, "code", code) for code in ("A&B", "50%", "C#", "D=E", "Ação", "a b", "x[y]", "A+B")]
ODD += [(Step.STUDENT, "email", "ana+school@x.example")]


@pytest.mark.parametrize(("step", "field", "value"), ODD, ids=lambda value: value if isinstance(value, str) else "")
def test_any_character_of_a_key_survives_the_query(
    step: Step, field: str, value: str, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a record whose key means something else in a URL, known to DokStamp only
    sis.has_said(Step.INSTITUTION)
    record = example(step, **{field: value})
    created = sis.say(step, record)
    del rows[f"{step}#{created['sis_id']}"]
    sandbox.calls.clear()
    # When it is looked up
    row = sis.say(step, record)
    # Then it is found by one look, by that very key
    assert parse_qs(sandbox.calls[0].query)[f"where[{field}]"] == [value]
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert calls(sandbox) == [("GET", f"/{step.section}")]


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
