"""Changing, keeping unique, and deleting. [sync] [students] [modules] [cohorts] [deletion] [bulk]"""

from collections.abc import Callable

import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, Json, errors


def test_a_patch_changes_what_it_names_and_nothing_else(api: Caller) -> None:
    # Given
    course = api.course(api.institution(), code="CS", description="old", workload_hours=10)
    # When
    answer = api.patch(f"/courses/{course['uuid']}", {"workload_hours": 20})
    # Then
    assert answer.status_code == 200
    assert answer.json()["data"] == course | {"workload_hours": 20}
    assert api.get(f"/courses/{course['uuid']}").json()["data"] == course | {"workload_hours": 20}


def test_a_change_is_validated_like_a_creation(api: Caller) -> None:
    path = f"/courses/{api.course(api.institution())['uuid']}"
    assert errors(api.patch(path, {"status": "closed", "name": None})) == {"status", "name"}
    assert errors(api.put(path, {"workload_hours": "x"})) == {"workload_hours"}


def test_updated_at_moves_only_with_a_real_change(api: Caller) -> None:
    institution = api.institution()
    path = f"/institutions/{institution['uuid']}"
    assert api.patch(path, {"name": "Vale"}).json()["data"]["updated_at"] == institution["updated_at"]
    assert api.patch(path, {"name": "Monte"}).json()["data"]["updated_at"] > institution["updated_at"]


@pytest.mark.parametrize(("switch", "left"), [("clears", None), ("ignored", "old")])
def test_a_null_clears_or_does_nothing(sandbox: Sandbox, api: Caller, switch: str, left: str | None) -> None:
    sandbox.switch(patch_null=switch)
    course = api.course(api.institution(), description="old")
    answer = api.patch(f"/courses/{course['uuid']}", {"description": None})
    assert answer.json()["data"]["description"] == left


def test_a_null_can_be_refused(sandbox: Sandbox, api: Caller) -> None:
    sandbox.switch(patch_null="refused")
    course = api.course(api.institution(), description="old")
    assert errors(api.patch(f"/courses/{course['uuid']}", {"description": None})) == {"description"}


def test_put_is_like_patch_or_a_full_replacement(sandbox: Sandbox, api: Caller) -> None:
    # Given
    institution = api.institution()
    path = f"/courses/{api.course(institution, description='old', status='active')['uuid']}"
    # Then
    assert api.put(path, {"name": "New"}).json()["data"]["description"] == "old"
    sandbox.switch(put="full")
    assert errors(api.put(path, {"name": "New"})) == {"institution_uuid"}
    replaced = api.put(path, {"name": "New", "institution_uuid": institution["uuid"]}).json()["data"]
    assert (replaced["description"], replaced["status"]) == (None, "draft")


@pytest.mark.parametrize(("switch", "moves"), [("allowed", True), ("ignored", False)])
def test_a_record_moves_to_another_parent_as_switched(sandbox: Sandbox, api: Caller, switch: str, moves: bool) -> None:
    sandbox.switch(parent_change=switch)
    course, other = api.course(api.institution()), api.institution()
    answer = api.patch(f"/courses/{course['uuid']}", {"institution_uuid": other["uuid"]})
    assert (answer.json()["data"]["institution"]["uuid"] == other["uuid"]) is moves


def test_a_move_can_be_refused_but_naming_the_same_parent_is_no_move(sandbox: Sandbox, api: Caller) -> None:
    sandbox.switch(parent_change="refused")
    course, other = api.course(api.institution()), api.institution()
    path = f"/courses/{course['uuid']}"
    assert errors(api.patch(path, {"institution_uuid": other["uuid"]})) == {"institution_uuid"}
    assert api.patch(path, {"institution_uuid": course["institution"]["uuid"]}).status_code == 200


def test_references_that_disagree_are_refused_unless_switched(sandbox: Sandbox, api: Caller) -> None:
    # Given a cohort of another course
    institution = api.institution()
    body = {
        "student_uuid": api.student()["uuid"],
        "course_uuid": api.course(institution)["uuid"],
        "cohort_uuid": api.cohort(api.course(institution))["uuid"],
        "enrolled_at": "2024-02-01",
    }
    # Then
    assert errors(api.post("/enrollments", body)) == {"cohort_uuid"}
    sandbox.switch(consistency="unchecked")
    assert api.post("/enrollments", body).status_code == 201


def test_a_course_that_is_not_active_can_refuse_enrollments(sandbox: Sandbox, api: Caller) -> None:
    sandbox.switch(course_not_active="refused")
    course = api.course(api.institution(), status="archived")
    body = {"student_uuid": api.student()["uuid"], "course_uuid": course["uuid"], "enrolled_at": "2024-02-01"}
    assert errors(api.post("/enrollments", body)) == {"course_uuid"}
    api.patch(f"/courses/{course['uuid']}", {"status": "active"})
    assert api.post("/enrollments", body).status_code == 201


def test_a_student_s_email_is_unique_whatever_its_case_unless_switched(sandbox: Sandbox, api: Caller) -> None:
    ana, bia = api.student(email="ana@x.example"), api.student(email="bia@x.example")
    body = {"name": "Ana", "email": "ANA@x.example", "date_of_birth": "2000-01-31"}
    assert errors(api.post("/students", body)) == {"email"}
    assert errors(api.patch(f"/students/{bia['uuid']}", {"email": "ana@x.example"})) == {"email"}
    assert api.patch(f"/students/{ana['uuid']}", {"email": "Ana@x.example"}).status_code == 200
    sandbox.switch(email_case="sensitive")
    assert api.post("/students", body).status_code == 201


def test_a_module_s_code_is_unique_within_its_institution(api: Caller) -> None:
    one, other = api.institution(), api.institution()
    api.module(one, code="ALG")
    assert errors(api.post("/modules", {"name": "M", "code": "ALG", "institution_uuid": one["uuid"]})) == {"code"}
    assert api.module(other, code="ALG")["code"] == "ALG"
    assert api.module(one)["code"] is api.module(one)["code"] is None


@pytest.mark.parametrize(
    ("scope", "statuses"), [("tenant", [422, 422]), ("institution", [201, 422]), ("course", [201, 201])]
)
def test_a_cohort_s_code_is_unique_in_the_scope_of_the_switch(
    sandbox: Sandbox, api: Caller, scope: str, statuses: list[int]
) -> None:
    # Given a cohort, a course of another institution and a course of the same one
    sandbox.switch(cohort_code_scope=scope)
    institution = api.institution()
    api.cohort(api.course(institution), code="2024A")
    courses = [api.course(api.institution()), api.course(institution)]
    # When
    answers = [api.post("/cohorts", {"code": "2024A", "course_uuid": course["uuid"]}) for course in courses]
    # Then
    assert [answer.status_code for answer in answers] == statuses


def test_a_second_course_with_a_code_or_a_second_enrollment_is_no_error_unless_switched(
    sandbox: Sandbox, api: Caller
) -> None:
    institution, student = api.institution(), api.student()
    course, twin = api.course(institution, code="CS"), api.course(institution, code="CS")
    assert course["uuid"] != twin["uuid"]
    assert api.enrollment(student, course)["uuid"] != api.enrollment(student, course)["uuid"]
    sandbox.switch(course_code_scope="institution", enrollment_scope="course")
    assert errors(api.post("/courses", {"name": "C", "code": "CS", "institution_uuid": institution["uuid"]})) == {
        "code"
    }
    body = {"student_uuid": student["uuid"], "course_uuid": course["uuid"], "enrolled_at": "2024-02-01"}
    assert errors(api.post("/enrollments", body)) == {"student_uuid"}


def test_a_deleted_record_is_gone_from_lists_and_references_but_kept(sandbox: Sandbox, api: Caller) -> None:
    # Given
    course = api.course(api.institution())
    # When
    answer = api.delete(f"/courses/{course['uuid']}")
    # Then
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"/courses/{course['uuid']}").status_code == 404
    assert api.get("/courses").json()["meta"]["total"] == 0
    assert errors(api.post("/cohorts", {"code": "A", "course_uuid": course["uuid"]})) == {"course_uuid"}
    assert [record["uuid"] for record in sandbox.state["courses"]["trashed"]] == [course["uuid"]]


@pytest.mark.parametrize("blocks", [True, False])
def test_a_deleted_student_s_email_blocks_a_new_one_as_switched(sandbox: Sandbox, api: Caller, blocks: bool) -> None:
    sandbox.switch(trashed_blocks_unique=blocks)
    api.delete(f"/students/{api.student(email='ana@x.example')['uuid']}")
    answer = api.post("/students", {"name": "Ana", "email": "ana@x.example", "date_of_birth": "2000-01-31"})
    assert answer.status_code == (422 if blocks else 201)


BLOCKS: dict[str, Callable[[Caller, Json, Json], object]] = {
    "institution by course": lambda api, institution, course: None,
    "course by cohort": lambda api, institution, course: api.cohort(course),
    "course by enrollment": lambda api, institution, course: api.enrollment(api.student(), course),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_a_record_that_others_refer_to_cannot_be_deleted(sandbox: Sandbox, api: Caller, case: str) -> None:
    # Given
    institution = api.institution()
    course = api.course(institution)
    BLOCKS[case](api, institution, course)
    path = f"/institutions/{institution['uuid']}" if "institution" in case else f"/courses/{course['uuid']}"
    # Then
    assert errors(api.delete(path)) == {"uuid"}
    sandbox.switch(blocked_delete_status=409)
    assert api.delete(path).status_code == 409
    assert api.get(path).status_code == 200


def test_a_cohort_a_module_and_a_student_in_use_cannot_be_deleted(api: Caller) -> None:
    # Given
    institution = api.institution()
    course, module, student = api.course(institution), api.module(institution), api.student()
    cohort = api.cohort(course)
    enrollment = api.enrollment(student, course, cohort_uuid=cohort["uuid"])
    api.post(f"/courses/{course['uuid']}/attach/modules", {"modules": [{"uuid": module["uuid"]}]})
    paths = [f"/cohorts/{cohort['uuid']}", f"/students/{student['uuid']}", f"/modules/{module['uuid']}"]
    assert [api.delete(path).status_code for path in paths] == [422, 422, 422]
    # When
    api.delete(f"/enrollments/{enrollment['uuid']}")
    api.delete(f"/courses/{course['uuid']}/detach/modules", {"modules": [module["uuid"]]})
    # Then
    assert [api.delete(path).status_code for path in paths] == [204, 204, 204]


def test_a_batch_is_deleted_whole_or_not_at_all(api: Caller, neighbour: Caller) -> None:
    # Given
    uuids = [api.student()["uuid"] for _ in range(3)]
    theirs = neighbour.student()["uuid"]
    # Then
    assert errors(api.delete("/students/batch/destroy", {"uuids": [uuids[0], theirs]})) == {"uuids.1"}
    assert errors(api.delete("/students/batch/destroy", {"uuids": []})) == {"uuids"}
    assert api.get("/students").json()["meta"]["total"] == 3
    answer = api.delete("/students/batch/destroy", {"uuids": uuids[:2]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert [student["uuid"] for student in api.get("/students").json()["data"]] == uuids[2:]
