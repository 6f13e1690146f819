"""Every documented rule of a request body, and the field that a 422 blames."""

from typing import Any

import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, Json, errors

SOME_UUID = "3f2b8a51-6c0d-4f7e-9a34-0d6a5c1e2b90"
VERSION_1_UUID = "3f2b8a51-6c0d-1f7e-9a34-0d6a5c1e2b90"


def good_bodies(api: Caller) -> dict[str, Json]:
    """A body that each create call takes."""
    institution = api.institution()
    course = api.course(institution)
    references = {"institution_uuid": institution["uuid"]}
    return {
        "/institutions": {"name": "Vale", "country": "Brazil"},
        "/organizations": {"name": "Faculty"} | references,
        "/courses": {"name": "Course"} | references,
        "/modules": {"name": "Module"} | references,
        "/cohorts": {"code": "2024A", "course_uuid": course["uuid"]},
        "/students": {"name": "Ana", "email": "ana@x.example", "date_of_birth": "2000-01-31"},
        "/enrollments": {
            "student_uuid": api.student()["uuid"],
            "course_uuid": course["uuid"],
            "enrolled_at": "2024-02-01",
        },
        "/certificate-templates": {"name": "T", "version": "1", "path": "t.html"} | references,
        f"/courses/{course['uuid']}/modules/groups": {"name": "Core"},
        "/certificates": references
        | {"course_uuid": course["uuid"], "student_uuid": api.student()["uuid"], "file_uuid": api.file()["uuid"]},
    }


def body_for(api: Caller, path: str) -> tuple[str, Json]:
    """The path, with a course in place of `{course}`, and a good body for it."""
    bodies = good_bodies(api)
    full = (
        path
        if path in bodies
        else next(each for each in bodies if each.endswith(path.removeprefix("/courses/{course}")))
    )
    return full, bodies[full]


REQUIRED = [
    ("/institutions", {"name", "country"}),
    ("/organizations", {"name", "institution_uuid"}),
    ("/courses", {"name", "institution_uuid"}),
    ("/modules", {"name", "institution_uuid"}),
    ("/courses/{course}/modules/groups", {"name"}),
    ("/cohorts", {"course_uuid", "code"}),
    ("/students", {"name", "email", "date_of_birth"}),
    ("/enrollments", {"student_uuid", "course_uuid", "enrolled_at"}),
    ("/certificates", {"institution_uuid", "course_uuid", "student_uuid", "file_uuid"}),
    ("/certificate-templates", {"name", "version", "institution_uuid", "path"}),
]

WRONG: list[tuple[str, str, Any]] = [
    ("/institutions", "name", "n" * 256),
    ("/institutions", "name", 7),
    ("/institutions", "status", "closed"),
    ("/institutions", "is_badges_enabled", "yes"),
    ("/institutions", "badge_image_uuid", SOME_UUID),
    ("/organizations", "institution_uuid", SOME_UUID),
    ("/courses", "name", "n" * 256),
    ("/courses", "institution_uuid", 7),
    ("/courses", "institution_uuid", "not-a-uuid"),
    ("/courses", "institution_uuid", VERSION_1_UUID),
    ("/courses", "workload_hours", "many"),
    ("/courses", "workload_hours", 1.5),
    ("/courses", "workload_hours", True),
    ("/courses", "status", "inactive"),
    ("/courses", "organization_uuid", SOME_UUID),
    ("/modules", "name", "n" * 151),
    ("/modules", "code", "c" * 21),
    ("/modules", "workload", -1),
    ("/modules", "credits", -1),
    ("/modules", "modality", "presential"),
    ("/modules", "level", "doctoral"),
    ("/modules", "is_active", 1),
    ("/courses/{course}/modules/groups", "order", "first"),
    ("/cohorts", "modality", "in_person"),
    ("/cohorts", "start_date", "2024-02-01"),
    ("/cohorts", "end_date", "2024-02-30T00:00:00Z"),
    ("/cohorts", "course_uuid", SOME_UUID),
    ("/students", "email", "ana"),
    ("/students", "date_of_birth", "31/01/2000"),
    ("/students", "date_of_birth", "2000-02-30"),
    ("/students", "name", "   "),
    ("/enrollments", "enrolled_at", "2024-02-01T00:00:00Z"),
    ("/enrollments", "completion_status", "passed"),
    ("/enrollments", "grade", -0.5),
    ("/enrollments", "grade", "high"),
    ("/enrollments", "grade", 10.5),
    ("/enrollments", "cohort_uuid", SOME_UUID),
    ("/enrollments", "completed_at", 20240201),
    ("/certificates", "file_uuid", SOME_UUID),
    ("/certificates", "status", "revoked"),
    ("/certificates", "issued_at", "yesterday"),
    ("/certificates", "finish", "true"),
    ("/certificates", "template_uuid", SOME_UUID),
    ("/certificate-templates", "canva_config", "{}"),
    ("/certificate-templates", "status", "draft"),
]

RIGHT: list[tuple[str, str, Any]] = [
    ("/institutions", "name", "n" * 255),
    ("/modules", "name", "n" * 150),
    ("/modules", "code", "c" * 20),
    ("/modules", "workload", 0),
    ("/modules", "modality", "in_person"),
    ("/courses", "workload_hours", 360),
    ("/cohorts", "modality", "presential"),
    ("/enrollments", "grade", 10),
    ("/enrollments", "grade", 9.75),
    ("/certificate-templates", "canva_config", {"page": 1}),
]


@pytest.mark.parametrize(("path", "required"), REQUIRED)
def test_each_required_field_is_named_when_it_is_missing_null_or_blank(
    api: Caller, path: str, required: set[str]
) -> None:
    full, _ = body_for(api, path)
    assert errors(api.post(full, {})) == required
    assert errors(api.post(full, dict.fromkeys(required))) == required
    assert errors(api.post(full, dict.fromkeys(required, ""))) == required


@pytest.mark.parametrize(("path", "field", "value"), WRONG)
def test_a_value_that_breaks_a_rule_is_refused_by_field_and_nothing_is_kept(
    sandbox: Sandbox, api: Caller, path: str, field: str, value: Any
) -> None:
    # Given
    full, body = body_for(api, path)
    before = sandbox.state
    # When
    answer = api.post(full, body | {field: value})
    # Then
    assert errors(answer) == {field}
    assert answer.json()["message"] == "The given data was invalid."
    assert sandbox.state == before


@pytest.mark.parametrize(("path", "field", "value"), RIGHT)
def test_a_value_at_the_edge_of_a_rule_is_taken_and_answered(api: Caller, path: str, field: str, value: Any) -> None:
    full, body = body_for(api, path)
    assert api.created(full, body | {field: value})[field] == value


def test_defaults_are_filled_in(api: Caller) -> None:
    institution = api.institution()
    course = api.course(institution)
    module = api.module(institution)
    assert (institution["status"], institution["is_badges_enabled"]) == ("active", False)
    assert course["status"] == "draft"
    assert (module["is_active"], module["is_required"]) == (True, False)
    assert api.enrollment(api.student(), course)["completion_status"] == "enrolled"


def test_badges_need_an_image(api: Caller) -> None:
    answer = api.post("/institutions", {"name": "Vale", "country": "Brazil", "is_badges_enabled": True})
    assert errors(answer) == {"badge_image_uuid"}
    assert api.institution(is_badges_enabled=True, badge_image_uuid=api.file()["uuid"])["is_badges_enabled"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'"text"', b"null", b""])
def test_a_body_that_is_no_json_object_is_400(api: Caller, content: bytes) -> None:
    answer = api.http.post("/students", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_a_body_of_another_content_type_is_400(api: Caller) -> None:
    assert api.http.post("/students", data={"name": "Ana"}).status_code == 400


def test_an_unknown_field_is_ignored_unless_switched(sandbox: Sandbox, api: Caller) -> None:
    # Given a course's body with a module's field
    body = {"name": "Course", "institution_uuid": api.institution()["uuid"], "workload": 360}
    # Then
    assert "workload" not in api.created("/courses", body)
    sandbox.switch(unknown_body_field="refused")
    assert errors(api.post("/courses", body)) == {"workload"}


def test_a_grade_above_ten_is_a_switch(sandbox: Sandbox, api: Caller) -> None:
    sandbox.switch(grade_above_ten="accepted")
    full, body = body_for(api, "/enrollments")
    assert api.created(full, body | {"grade": 87.5})["grade"] == 87.5


def test_dates_come_back_as_the_documentation_shows_them(api: Caller) -> None:
    course = api.course(api.institution())
    student = api.student(date_of_birth="1999-12-31")
    enrollment = api.enrollment(student, course, enrolled_at="2024-02-01", completed_at="2024-12-01")
    cohort = api.cohort(course, start_date="2024-02-01T03:00:00+03:00")
    assert student["date_of_birth"] == "1999-12-31"
    assert enrollment["enrolled_at"] == "2024-02-01T00:00:00.000000Z"
    assert enrollment["completed_at"] == "2024-12-01T00:00:00.000000Z"
    assert cohort["start_date"] == "2024-02-01T00:00:00.000000Z"
