"""Filters, order and pages. [intro] [sync] [modules] [deletion]"""

import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, errors


def codes(api: Caller, path: str = "/courses", **query: str | int) -> list[str]:
    answer = api.get(path, **query)
    assert answer.status_code == 200, answer.text
    return [record["code"] for record in answer.json()["data"]]


@pytest.fixture
def courses(api: Caller) -> Caller:
    """Courses CS1, cs1, CS10, MATH in this order."""
    institution = api.institution()
    for code in ("CS1", "cs1", "CS10", "MATH"):
        api.course(institution, code=code, name=f"Course {code}", status="active")
    return api


@pytest.mark.parametrize(
    ("match", "wanted", "found"),
    [
        ("exact", "CS1", ["CS1"]),
        ("case_insensitive", "CS1", ["CS1", "cs1"]),
        ("prefix", "cs1", ["CS1", "cs1", "CS10"]),
        ("contains", "S1", ["CS1", "cs1", "CS10"]),
        ("contains", "nothing", []),
    ],
)
def test_a_filter_on_text_matches_as_switched(
    sandbox: Sandbox, courses: Caller, match: str, wanted: str, found: list[str]
) -> None:
    sandbox.switch(filter_match=match)
    assert codes(courses, where_code=wanted) == found


def test_loose_matching_leaves_choices_and_uuids_exact(sandbox: Sandbox, courses: Caller) -> None:
    sandbox.switch(filter_match="contains")
    assert codes(courses, where_status="act") == []
    assert codes(courses, where_institution_uuid="-") == []


def test_several_filters_hold_together(courses: Caller) -> None:
    # Given the same code in two institutions
    other = courses.institution()
    courses.course(other, code="CS1", status="archived")
    # Then
    assert courses.get("/courses", where_code="CS1").json()["meta"]["total"] == 2
    assert codes(courses, where_code="CS1", where_institution_uuid=other["uuid"]) == ["CS1"]
    assert codes(courses, where_code="CS1", where_status="draft") == []


def test_the_word_null_tests_for_null(api: Caller) -> None:
    # Given
    used, free = api.certificate_body(), api.file()
    api.created("/certificates", used)
    # When
    unused = api.get("/files", where_used_at="null").json()["data"]
    # Then
    assert [file["uuid"] for file in unused] == [free["uuid"]]


def test_a_plus_sign_must_be_encoded(api: Caller) -> None:
    api.student(email="ana+sis@x.example")
    assert api.get("/students", where_email="ana+sis@x.example").json()["meta"]["total"] == 1
    assert api.http.get("/students?where[email]=ana+sis@x.example").json()["meta"]["total"] == 0


def test_booleans_and_numbers_can_be_filtered(api: Caller) -> None:
    institution = api.institution()
    api.module(institution, code="A", is_active=False, workload=60)
    api.module(institution, code="B", workload=6)
    assert codes(api, "/modules", where_is_active="false") == ["A"]
    assert codes(api, "/modules", where_is_active="1") == ["B"]
    assert codes(api, "/modules", where_workload=6) == ["B"]


def test_an_unknown_filter_returns_unrelated_records_or_422(sandbox: Sandbox, courses: Caller) -> None:
    assert len(codes(courses, where_codigo="CS1")) == 4
    sandbox.switch(unknown_filter="refused")
    assert errors(courses.get("/courses", where_codigo="CS1")) == {"where.codigo"}


def test_filters_can_be_cut_down_to_the_documented_ones(sandbox: Sandbox, courses: Caller) -> None:
    sandbox.switch(filter_fields="documented")
    assert codes(courses, where_code="CS1") == ["CS1"]
    assert len(codes(courses, where_name="Course CS1")) == 4


def test_a_page_holds_fifteen_and_tells_the_total(api: Caller) -> None:
    # Given
    institution = api.institution()
    for n in range(17):
        api.course(institution, code=f"{n:02}")
    # When
    first, second, third = (api.get("/courses", page=page).json() for page in (1, 2, 3))
    # Then
    assert first["meta"] == {"current_page": 1, "per_page": 15, "total": 17}
    assert [len(page["data"]) for page in (first, second, third)] == [15, 2, 0]
    assert second["meta"]["current_page"] == 2
    shown = [course["code"] for course in first["data"] + second["data"]]
    assert shown == [f"{n:02}" for n in range(17)]


def test_per_page_is_taken_up_to_a_maximum(sandbox: Sandbox, courses: Caller) -> None:
    assert courses.get("/courses", per_page=1).json()["meta"] == {"current_page": 1, "per_page": 1, "total": 4}
    sandbox.switch(max_per_page=3)
    assert courses.get("/courses", per_page=500).json()["meta"]["per_page"] == 3
    sandbox.switch(per_page_above_max="refused")
    assert errors(courses.get("/courses", per_page=500)) == {"per_page"}


def test_page_parameters_can_be_ignored(sandbox: Sandbox, courses: Caller) -> None:
    sandbox.switch(page_parameter="ignored")
    assert codes(courses, page=2, per_page=2) == ["CS1", "cs1"]
    sandbox.switch(per_page_parameter="ignored")
    assert len(codes(courses, per_page=2)) == 4


@pytest.mark.parametrize("value", ["0", "-1", "x", "9" * 20])
def test_a_page_that_is_no_positive_number_is_422(api: Caller, value: str) -> None:
    assert errors(api.get("/courses", page=value)) == {"page"}
    assert errors(api.get("/courses", per_page=value)) == {"per_page"}


def test_a_list_can_be_sorted_either_way(courses: Caller) -> None:
    assert codes(courses, sort_column="name") == ["CS1", "cs1", "CS10", "MATH"]
    assert codes(courses, sort_column="code", sort_order="desc") == ["MATH", "CS10", "CS1", "cs1"]
    assert errors(courses.get("/courses", sort_column="name", sort_order="up")) == {"sort.order"}


def test_without_a_sort_the_switch_decides(sandbox: Sandbox, courses: Caller) -> None:
    sandbox.switch(default_order="newest")
    assert codes(courses) == ["MATH", "CS10", "cs1", "CS1"]
