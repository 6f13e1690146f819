"""The endpoints under `/_sandbox`."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from local.sandbox import Fault, Sandbox, Switches
from tests.sandbox.caller import Caller


def test_the_state_has_every_resource_live_and_trashed(api: Caller, anyone: httpx.Client) -> None:
    # Given
    certificate = api.issued()
    gone = api.student()
    api.delete(f"/students/{gone['uuid']}")
    # When
    state = anyone.get("/_sandbox/state").json()
    # Then
    assert state.keys() == {
        "institutions", "organizations", "courses", "modules", "module_groups", "cohorts", "students", "enrollments",
        "certificate_templates", "files", "certificates", "attachments", "notifications",
    }  # fmt: skip
    assert [record["uuid"] for record in state["certificates"]["live"]] == [certificate["uuid"]]
    assert [record["uuid"] for record in state["students"]["trashed"]] == [gone["uuid"]]
    assert state["students"]["live"][0]["tenant"] == "sandbox"


def test_a_reset_empties_everything_and_restores_the_first_switches(
    sandbox: Sandbox, api: Caller, anyone: httpx.Client
) -> None:
    # Given
    api.issued()
    sandbox.switch(generation="g1", max_per_page=7)
    sandbox.add_faults(Fault(kind="html"))
    # When
    answer = anyone.post("/_sandbox/reset")
    # Then
    assert answer.status_code == 204
    state = anyone.get("/_sandbox/state").json()
    assert not any(state.pop(name) for name in ("attachments", "notifications"))
    assert {name: records for name, records in state.items() if records["live"] or records["trashed"]} == {}
    assert anyone.get("/_sandbox/calls").json() == []
    assert anyone.get("/_sandbox/faults").json() == []
    assert anyone.get("/_sandbox/switches").json() == Switches().model_dump()


def test_every_call_is_logged_in_order_with_what_became_of_it(api: Caller, anyone: httpx.Client) -> None:
    # Given
    api.http.headers["User-Agent"] = "sis-sync/1.0"
    # When
    api.get("/students", where_email="a+b@x.example")
    answer = api.http.post("/students", json={"name": "Ana"}, headers={"X-Request-Id": "mine"})
    api.institution()
    calls = anyone.get("/_sandbox/calls").json()
    # Then
    assert [(call["n"], call["method"], call["path"], call["status"], call["carried_out"]) for call in calls] == [
        (1, "GET", "/students", 200, True),
        (2, "POST", "/students", 422, False),
        (3, "POST", "/institutions", 201, True),
    ]
    assert calls[0]["query"] == "where%5Bemail%5D=a%2Bb%40x.example"
    assert {(call["user_agent"], call["tenant"]) for call in calls} == {("sis-sync/1.0", "sandbox")}
    assert calls[1]["request_id"] == answer.headers["x-request-id"] == "mine"
    assert len({call["request_id"] for call in calls}) == 3
    assert calls[1]["body"] == {"name": "Ana"}


def test_the_call_log_holds_no_credentials(sandbox: Sandbox, anyone: httpx.Client) -> None:
    sandbox.switch(auth="both")
    anyone.post("/auth/login", json={"email": "sync@sandbox.example", "password": "sandbox-password"})
    anyone.post("/oauth/token", data={"client_secret": "sandbox-secret"})
    text = anyone.get("/_sandbox/calls").text
    assert '"/auth/login"' in text
    assert "sandbox-password" not in text
    assert "sandbox-secret" not in text


def test_the_call_log_can_be_emptied(api: Caller, anyone: httpx.Client) -> None:
    api.get("/courses")
    assert anyone.delete("/_sandbox/calls").status_code == 204
    api.get("/modules")
    assert [(call["n"], call["path"]) for call in anyone.get("/_sandbox/calls").json()] == [(1, "/modules")]


def test_switches_are_read_and_set_at_run_time(api: Caller, anyone: httpx.Client) -> None:
    # When
    answer = anyone.patch("/_sandbox/switches", json={"max_per_page": 2, "filter_match": "contains"})
    # Then
    assert answer.status_code == 200
    assert answer.json() == Switches(max_per_page=2, filter_match="contains").model_dump()
    assert api.get("/courses").json()["meta"]["per_page"] == 2


@pytest.mark.parametrize("changes", [{"nonsense": 1}, {"filter_match": "fuzzy"}, {"max_per_page": 0}])
def test_a_wrong_switch_is_refused_and_none_is_set(anyone: httpx.Client, changes: dict[str, Any]) -> None:
    answer = anyone.patch("/_sandbox/switches", json={"put": "full"} | changes)
    assert answer.status_code == 400
    assert next(iter(changes)) in answer.json()["detail"]
    assert anyone.get("/_sandbox/switches").json()["put"] == "as_patch"


def test_every_switch_says_what_it_is_for() -> None:
    assert [name for name, field in Switches.model_fields.items() if not field.description] == []


def test_faults_are_added_counted_and_ended_over_http(api: Caller, anyone: httpx.Client) -> None:
    # Given
    faults = [{"kind": "status", "status": 500, "path": "^/courses$"}, {"kind": "html", "times": None}]
    # When
    added = anyone.post("/_sandbox/faults", json=faults)
    statuses = [api.get("/courses").status_code for _ in range(2)]
    counted = anyone.get("/_sandbox/faults").json()
    ended = anyone.delete("/_sandbox/faults")
    # Then
    assert (added.status_code, ended.status_code) == (201, 204)
    assert statuses == [500, 200]
    assert [(entry["fault"]["kind"], entry["used"]) for entry in counted] == [("status", 1), ("html", 1)]
    assert api.get("/courses").headers["content-type"] == "application/json"


@pytest.mark.parametrize("fault", [{"kind": "explode"}, {"kind": "html", "path": "("}, {"kind": "html", "tymes": 1}])
def test_a_fault_that_makes_no_sense_is_refused(anyone: httpx.Client, fault: dict[str, Any]) -> None:
    assert anyone.post("/_sandbox/faults", json=[fault]).status_code == 422
    with pytest.raises(ValidationError):
        Fault.model_validate(fault)


def test_a_certificate_can_be_made_to_expire(api: Caller, anyone: httpx.Client) -> None:
    uuid = api.issued()["uuid"]
    assert anyone.post(f"/_sandbox/certificates/{uuid}/expire").status_code == 204
    assert api.get(f"/certificates/{uuid}").json()["data"]["status"] == "expired"
    assert anyone.post(f"/_sandbox/certificates/{uuid}/expire").status_code == 404


def test_health_tells_the_generation(anyone: httpx.Client) -> None:
    assert anyone.get("/_sandbox/health").json() == {"status": "ok", "generation": "g2"}
