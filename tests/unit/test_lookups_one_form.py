"""Looking up what DokStamp writes in another way: other Unicode, other capitals, and a code that reads like no code."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from dokstamp_sync.dokstamp import lookups
from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, calls, example, live, pdf, writes

COMPOSED = unicodedata.normalize("NFC", "Ação")
PARTED = unicodedata.normalize("NFD", COMPOSED)
HOME = {"institution": {"uuid": "i-1"}, "course": {"uuid": "c-1"}}


class Held:
    """A DokStamp that shows the same entities whatever the filter, or only those that a filter names exactly."""

    def __init__(self, *entities: Entity, exact: bool = False) -> None:
        self.entities = [HOME | {"uuid": f"u-{place}"} | each for place, each in enumerate(entities)]
        self.exact = exact
        self.asked: list[dict[str, str]] = []

    def pages(self, path: str, where: Mapping[str, str] | None = None) -> Iterator[Entity]:
        self.asked.append(dict(where or {}))
        filters = {name: value for name, value in (where or {}).items() if name in ("email", "code")}
        for each in self.entities:
            if not self.exact or all(each[name] == value for name, value in filters.items()):
                yield each

    def get(self, path: str) -> Entity:
        raise AssertionError("nothing is to be read one by one")


Find = Callable[[Held, str], Entity | None]
BY_TEXT: dict[str, tuple[str, Find]] = {
    "institution": ("name", lookups.find_institution),
    "course": ("code", lambda api, code: lookups.find_course(api, code, "i-1")),
    "course anywhere": ("code", lambda api, code: lookups.find_course(api, code, None)),
    "module": ("code", lambda api, code: lookups.find_module(api, code, "i-1")),
    "cohort": ("code", lambda api, code: lookups.find_cohort(api, code, "c-1")),
    "group": ("name", lambda api, name: lookups.find_group(api, "c-1", name)),
}


@pytest.mark.parametrize(("wanted", "shown"), [(COMPOSED, PARTED), (PARTED, COMPOSED)], ids=["composed", "parted"])
@pytest.mark.parametrize(("field", "find"), BY_TEXT.values(), ids=BY_TEXT)
def test_a_name_is_found_in_either_form_of_unicode(field: str, find: Find, wanted: str, shown: str) -> None:
    # Given an entity whose name or code is written with other characters that read the same, and one that is odd
    api = Held({field: None}, {field: shown})
    # When it is looked up, Then it is found
    found = find(api, wanted)
    assert found is not None
    assert found["uuid"] == "u-1"


def test_an_institution_is_looked_up_without_a_filter_which_could_miss_another_form() -> None:
    # Given an institution, When it is looked up, Then all are gone through
    api = Held({"name": PARTED}, exact=True)
    assert lookups.find_institution(api, COMPOSED)
    assert api.asked == [{}]


@pytest.mark.parametrize("code", ["null", "NULL", "Null"])
@pytest.mark.parametrize("step", [Step.COURSE, Step.MODULE, Step.COHORT], ids=lambda step: step.value)
def test_a_code_that_reads_null_is_not_looked_up_as_no_code(
    step: Step, code: str, sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given an entity with such a code, and a DokStamp that reads it in a filter as "has none"
    sis.has_said(*[each for each in (Step.INSTITUTION, Step.COURSE) if each.number < step.number])
    owner = "course" if step is Step.COHORT else "institution"
    owners = {f"{owner}_uuid": live(sandbox, f"{owner}s")[0]["uuid"]}
    held = pipeline.dokstamp.create(f"/{step.section}", {"name": "By hand", "code": code, **owners})
    sandbox.calls.clear()
    # When the SIS sends its record
    row = sis.say(step, example(step, code=code))
    # Then it is that entity, and no filter says null
    assert (row["outcome"], row["uuid"]) == ("unchanged" if step is Step.COHORT else "updated", held["uuid"])
    assert not [each.query for each in sandbox.calls if "=null" in unquote_plus(each.query).lower()]


def test_a_filter_beside_the_one_that_reads_null_is_kept() -> None:
    # Given a module with such a code, When it is looked up, Then only its institution's modules are gone through
    api = Held({"code": "null"})
    assert lookups.find_module(api, "null", "i-1")
    assert api.asked == [{"institution_uuid": "i-1"}]


@pytest.mark.parametrize(
    ("email", "asked"),
    [
        ("ana@x.example", [{"email": "ana@x.example"}]),
        ("Ana@x.example", [{"email": "Ana@x.example"}, {"email": "ana@x.example"}]),
    ],
)
def test_a_student_is_asked_for_as_said_and_then_in_lower_case(email: str, asked: list[Json]) -> None:
    # Given a DokStamp without the student, When the student is looked up, Then no question is asked twice
    api = Held(exact=True)
    assert lookups.find_student(api, email) is None
    assert api.asked == asked


def test_a_student_in_any_case_is_found_by_going_through_all() -> None:
    # Given a student whose e-mail DokStamp has with capitals, where filters are exact
    api = Held({"email": "bia@x.example"}, {"email": "ANA@x.example"}, exact=True)
    # When the e-mail is looked up with filters, and then everywhere
    filtered = lookups.find_student(api, "Ana@X.example")
    everywhere = lookups.find_student(api, "Ana@X.example", everywhere=True)
    # Then only going through all students shows it, and that is done once, after the filters
    assert filtered is None
    assert everywhere is not None
    assert everywhere["uuid"] == "u-1"
    assert api.asked[2:] == [{"email": "Ana@X.example"}, {"email": "ana@x.example"}, {}]


def test_a_student_that_a_filter_shows_is_not_looked_for_everywhere() -> None:
    api = Held({"email": "ana@x.example"}, exact=True)
    assert lookups.find_student(api, "ana@x.example", everywhere=True)
    assert api.asked == [{"email": "ana@x.example"}]


BAD_ANA: Json = {"name": "Ana Right", "email": "Ana@x.example", "date_of_birth": "not a date"}
ANA: Json = BAD_ANA | {"date_of_birth": "2000-01-31"}


def children(email: str, address: str = "") -> dict[Step, list[Json]]:
    who = {"student_id": email, "course_id": "CS"}
    certificates = {Step.CERTIFICATE: [{**who, "pdf": address}]} if address else {}
    return {Step.ENROLLMENT: [{**who, "enrolled_at": "2024-01-01"}], **certificates}


@pytest.mark.parametrize("email", ["Ana@x.example", "ana@x.example", "ANA@X.EXAMPLE"])
def test_a_refused_student_keeps_back_what_names_the_e_mail_in_any_case(
    email: str, sis: Sis, sandbox: Sandbox, tmp_path: Path
) -> None:
    # Given a student that was delivered, and a change that is refused
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    sis.say(Step.STUDENT, ANA | {"name": "Ana Wrong"})
    sandbox.calls.clear()
    # When an enrollment and a certificate of the same message name the student
    told = sis.send({Step.STUDENT: [BAD_ANA], **children(email, pdf(tmp_path, "a.pdf"))})
    # Then both are blocked, and nothing is written
    assert [row["outcome"] for row in told.values()] == ["rejected", "blocked", "blocked"]
    assert next(iter(told)) == "student#ana@x.example"
    assert writes(sandbox) == []


@pytest.mark.parametrize("email", ["Ana@x.example", "ana@x.example"])
@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "real"])
def test_an_enrollment_names_its_student_in_any_case(dry_run: bool, email: str, sis: Sis) -> None:
    # Given a student and an enrollment in one message, When it is sent, Then the enrollment finds the student
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    told = sis.send({Step.STUDENT: [ANA], **children(email)}, options={"dry_run": dry_run})
    assert {key: row["outcome"] for key, row in told.items()} == {
        "student#ana@x.example": "created",
        "enrollment#ana@x.example/CS": "created",
    }


def test_a_student_that_was_never_sent_is_looked_up_in_lower_case(
    sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given a student that was made by hand
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    known: dict[str, Any] = {"name": "Ana Souza", "email": "ana@x.example", "date_of_birth": "2000-01-31"}
    pipeline.dokstamp.create("/students", known)
    sandbox.calls.clear()
    # When an enrollment names the student with capitals
    told = sis.send(children("Ana@X.example"))
    # Then one look-up finds the student
    assert [row["outcome"] for row in told.values()] == ["created"]
    assert calls(sandbox).count(("GET", "/students")) == 1
