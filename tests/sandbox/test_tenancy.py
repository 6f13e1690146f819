"""Headers, and who sees what. [tenancy] [errors]"""

import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, errors

SOME_UUID = "3f2b8a51-6c0d-4f7e-9a34-0d6a5c1e2b90"


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic c2FuZGJveA=="])
def test_a_call_without_a_good_token_is_401(api: Caller, authorization: str | None) -> None:
    api.http.headers.pop("Authorization")
    headers = {"Authorization": authorization} if authorization else {}
    answer = api.http.get("/courses", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Unauthenticated."


@pytest.mark.parametrize("tenant", [None, "neighbour", "unknown"])
@pytest.mark.parametrize(
    ("switch", "statuses"), [("by_endpoint", [401, 404]), ("401", [401, 401]), ("404", [404, 404])]
)
def test_a_missing_or_wrong_tenant_is_401_or_404(
    sandbox: Sandbox, api: Caller, tenant: str | None, switch: str, statuses: list[int]
) -> None:
    # Given
    record = api.institution()
    sandbox.switch(missing_tenant=switch)
    api.http.headers.pop("X-Tenant")
    if tenant:
        api.http.headers["X-Tenant"] = tenant
    # When
    answers = [api.get("/institutions"), api.get(f"/institutions/{record['uuid']}")]
    # Then
    assert [answer.status_code for answer in answers] == statuses


def test_json_must_be_asked_for_unless_switched(sandbox: Sandbox, api: Caller) -> None:
    api.http.headers["Accept"] = "*/*"
    assert api.get("/courses").status_code == 400
    sandbox.switch(accept_header="ignored")
    assert api.get("/courses").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/institutions", "/courses", "/modules", "/students", "/files", "/certificates", "/cohorts", "/enrollments"],
)
def test_an_unknown_record_is_404_in_each_generation_s_words(sandbox: Sandbox, api: Caller, path: str) -> None:
    newer = api.get(f"{path}/{SOME_UUID}")
    assert (newer.status_code, newer.json()) == (404, {"success": False, "message": "Resource not found."})
    sandbox.switch(generation="g1")
    older = api.get(f"{path}/{SOME_UUID}")
    assert older.status_code == 404
    assert older.json().keys() == {"message"}
    assert SOME_UUID in older.json()["message"]
    assert "App\\Models\\" in older.json()["message"]


def test_another_tenant_s_record_is_404_for_every_method(api: Caller, neighbour: Caller) -> None:
    # Given
    theirs = neighbour.institution()["uuid"]
    # When
    answers = [
        api.get(f"/institutions/{theirs}"),
        api.patch(f"/institutions/{theirs}", {"name": "Mine"}),
        api.put(f"/institutions/{theirs}", {"name": "Mine"}),
        api.delete(f"/institutions/{theirs}"),
    ]
    # Then
    assert {answer.status_code for answer in answers} == {404}
    assert api.get("/institutions").json()["meta"]["total"] == 0
    assert neighbour.get(f"/institutions/{theirs}").json()["data"]["name"] == "Vale"


def test_another_tenant_s_uuid_in_a_body_is_an_invalid_selection(api: Caller, neighbour: Caller) -> None:
    # Given
    theirs = neighbour.institution()["uuid"]
    # When
    answer = api.post("/courses", {"name": "Course", "institution_uuid": theirs})
    # Then
    assert errors(answer) == {"institution_uuid"}
    assert answer.json()["errors"]["institution_uuid"] == ["The selected institution_uuid is invalid."]


def test_an_email_may_be_registered_once_in_each_tenant(api: Caller, neighbour: Caller) -> None:
    assert api.student(email="ana@x.example")["uuid"] != neighbour.student(email="ana@x.example")["uuid"]


def test_an_unknown_path_and_an_unknown_method_have_the_api_s_error_body(api: Caller) -> None:
    assert api.get("/nowhere").json() == {"success": False, "message": "Resource not found."}
    assert api.put("/courses", {}).status_code == 405


def test_a_file_s_content_needs_no_token(api: Caller) -> None:
    # Given
    file = api.upload(b"%PDF-1.7 hello").json()["data"][0]
    api.http.headers.pop("Authorization")
    api.http.headers.pop("X-Tenant")
    # When
    answer = api.get(f"/files/{file['uuid']}/download")
    # Then
    assert (answer.status_code, answer.content) == (200, b"%PDF-1.7 hello")
    assert answer.headers["content-type"] == "application/pdf"


def test_calls_beyond_the_rate_limit_are_429_with_a_time_to_wait(sandbox: Sandbox, api: Caller) -> None:
    # Given
    sandbox.switch(rate_limit=3)
    # When
    answers = [api.get("/courses") for _ in range(4)]
    # Then
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
