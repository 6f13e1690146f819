"""Issuing, revoking, and what follows. [certificates] [lifecycle] [revocation]"""

from typing import Any

import httpx
import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, errors

ISSUE_G1 = {"status": "issued", "issued_at": "2024-12-01T10:00:00Z"}
ISSUE_G2 = {"finish": True}


def test_finish_issues_and_the_answer_has_the_documented_fields(api: Caller) -> None:
    # Given
    body = api.certificate_body(finish=True)
    # When
    certificate = api.created("/certificates", body)
    # Then
    assert certificate["status"] == "issued"
    assert certificate["issued_at"] is not None
    assert certificate["public_verification_url"].startswith(f"{api.http.base_url}".rstrip("/") + "/verify/")
    assert certificate["files"] == [{"type": "certificate", "uuid": body["file_uuid"]}]
    assert certificate["institution"] == {"uuid": body["institution_uuid"], "name": "Vale"}
    assert certificate.keys() == {
        "uuid", "status", "issued_at", "revoked_at", "revocation_reason", "public_verification_url",
        "blockchain_tx_hash", "blockchain_tx_url", "institution", "course", "student", "cohort", "enrollment",
        "template", "files",
    }  # fmt: skip


@pytest.mark.parametrize("flags", [{}, {"finish": False}])
def test_without_the_flag_a_draft_is_left_that_nobody_can_verify(
    sandbox: Sandbox, api: Caller, flags: dict[str, Any]
) -> None:
    certificate = api.created("/certificates", api.certificate_body(**flags))
    assert (certificate["status"], certificate["issued_at"]) == ("draft", None)
    assert certificate["public_verification_url"] is None
    assert sandbox.state["notifications"] == []
    assert sandbox.state["certificates"]["live"][0]["snapshot"] is None


def test_in_the_older_generation_the_status_issues_at_the_time_that_is_sent(sandbox: Sandbox, api: Caller) -> None:
    sandbox.switch(generation="g1")
    certificate = api.created("/certificates", api.certificate_body(**ISSUE_G1))
    assert (certificate["status"], certificate["issued_at"]) == ("issued", "2024-12-01T10:00:00.000000Z")


@pytest.mark.parametrize(("generation", "flags", "field"), [("g2", ISSUE_G1, "status"), ("g1", ISSUE_G2, "finish")])
def test_the_other_generation_s_flag_leaves_a_draft_unless_switched(
    sandbox: Sandbox, api: Caller, generation: str, flags: dict[str, Any], field: str
) -> None:
    sandbox.switch(generation=generation)
    assert api.created("/certificates", api.certificate_body(**flags))["status"] == "draft"
    sandbox.switch(other_issue_flag="honoured")
    assert api.created("/certificates", api.certificate_body(**flags))["status"] == "issued"
    sandbox.switch(other_issue_flag="refused")
    body = api.certificate_body(**flags)
    assert errors(api.post("/certificates", body)) == {field}
    assert api.get(f"/files/{body['file_uuid']}").json()["data"]["used_at"] is None


def test_issuing_notifies_the_student_once(sandbox: Sandbox, api: Caller) -> None:
    certificate = api.issued()
    [notification] = sandbox.state["notifications"]
    assert notification["certificate_uuid"] == certificate["uuid"]
    assert notification["student_uuid"] == certificate["student"]["uuid"]


def test_the_student_s_identity_is_frozen_at_issue(sandbox: Sandbox, api: Caller, anyone: httpx.Client) -> None:
    # Given
    student = api.student(name="Ana Souza", email="ana@x.example")
    certificate = api.issued(student_uuid=student["uuid"])
    # When
    api.patch(f"/students/{student['uuid']}", {"name": "Ana Lima", "email": "lima@x.example"})
    # Then
    snapshot = sandbox.state["certificates"]["live"][0]["snapshot"]
    assert (snapshot["name"], snapshot["email"]) == ("Ana Souza", "ana@x.example")
    assert "Ana Souza" in anyone.get(certificate["public_verification_url"]).text


def test_the_pipeline_can_finish_later_after_some_reads(sandbox: Sandbox, api: Caller) -> None:
    # Given
    sandbox.switch(issue_after_reads=2)
    created = api.issued()
    path = f"/certificates/{created['uuid']}"
    # When
    first, second = api.get(path).json()["data"], api.get("/certificates").json()["data"][0]
    # Then
    assert [each["status"] for each in (created, first, second)] == ["draft", "draft", "issued"]
    assert first["public_verification_url"] is None
    assert second["public_verification_url"] is not None
    assert len(sandbox.state["notifications"]) == 1


def test_a_revocation_answers_its_fields_and_keeps_the_page_with_a_notice(api: Caller, anyone: httpx.Client) -> None:
    # Given
    certificate = api.issued()
    # When
    answer = api.put(f"/certificates/{certificate['uuid']}/revoke", {"revocation_reason": "Wrong <name>"})
    # Then
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data.keys() == {"uuid", "status", "revoked_at", "revocation_reason", "public_verification_url"}
    assert (data["status"], data["revocation_reason"]) == ("revoked", "Wrong <name>")
    page = anyone.get(data["public_verification_url"])
    assert page.status_code == 200
    assert "This certificate was revoked" in page.text
    assert "Wrong &lt;name&gt;" in page.text


def test_a_revocation_needs_no_reason_and_no_body(api: Caller) -> None:
    answer = api.http.put(f"/certificates/{api.issued()['uuid']}/revoke")
    assert (answer.status_code, answer.json()["data"]["revocation_reason"]) == (200, None)
    assert errors(api.put(f"/certificates/{api.issued()['uuid']}/revoke", {"revocation_reason": 7})) == {
        "revocation_reason"
    }


def test_states_go_one_way(sandbox: Sandbox, api: Caller) -> None:
    # Given one certificate of each state
    draft = api.created("/certificates", api.certificate_body())
    revoked, expired = api.issued(), api.issued()
    api.put(f"/certificates/{revoked['uuid']}/revoke")
    assert sandbox.expire(expired["uuid"])
    # Then none of them can be revoked, and only the draft can be changed
    for certificate in (draft, revoked, expired):
        assert errors(api.put(f"/certificates/{certificate['uuid']}/revoke")) == {"status"}
    for certificate in (revoked, expired, api.issued()):
        assert errors(api.patch(f"/certificates/{certificate['uuid']}", {"finish": True})) == {"status"}
    assert not sandbox.expire(revoked["uuid"])
    statuses = [certificate["status"] for certificate in api.get("/certificates").json()["data"]]
    assert statuses == ["draft", "revoked", "expired", "issued"]


def test_a_patch_issues_a_draft_only_if_switched(sandbox: Sandbox, api: Caller) -> None:
    path = f"/certificates/{api.created('/certificates', api.certificate_body())['uuid']}"
    assert api.patch(path, ISSUE_G2).json()["data"]["status"] == "draft"
    sandbox.switch(patch_issues_draft=True)
    assert api.patch(path, ISSUE_G2).json()["data"]["status"] == "issued"


def test_certificates_are_found_by_status_and_by_each_entity(api: Caller) -> None:
    certificate, _ = api.issued(), api.created("/certificates", api.certificate_body())
    for entity in ("institution", "course", "student"):
        found = api.get("/certificates", **{f"where_{entity}_uuid": certificate[entity]["uuid"]}).json()["data"]
        assert [each["uuid"] for each in found] == [certificate["uuid"]]
    assert api.get("/certificates", where_status="issued", per_page=1).json()["meta"]["total"] == 1


def test_an_enrollment_of_another_student_is_refused(api: Caller) -> None:
    body = api.certificate_body()
    enrollment = api.enrollment(api.student(), {"uuid": body["course_uuid"]})
    assert errors(api.post("/certificates", body | {"enrollment_uuid": enrollment["uuid"]})) == {"enrollment_uuid"}


def test_a_student_with_a_snapshot_cannot_be_deleted_even_without_the_certificate(api: Caller) -> None:
    # Given
    issued, draft = api.issued(), api.created("/certificates", api.certificate_body())
    uuids = [issued["uuid"], draft["uuid"]]
    assert api.delete("/certificates/batch/destroy", {"uuids": uuids}).status_code == 204
    # When
    answers = [api.delete(f"/students/{each['student']['uuid']}") for each in (issued, draft)]
    # Then
    assert [answer.status_code for answer in answers] == [422, 204]
