"""Files: by content, and for one certificate. [files] [errors]"""

from hashlib import sha256

import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, errors

PDF = b"%PDF-1.7 one"
PNG = b"\x89PNG\r\n\x1a\n rest"


def test_an_upload_answers_an_array_with_the_documented_fields(sandbox: Sandbox, api: Caller) -> None:
    # When
    answer = api.upload(PDF)
    # Then
    assert answer.status_code == 201
    [file] = answer.json()["data"]
    assert file == {
        "uuid": file["uuid"],
        "original_name": "0.pdf",
        "mime_type": "application/pdf",
        "size": len(PDF),
        "used_at": None,
    }
    assert sandbox.state["files"]["live"][0]["sha256"] == sha256(PDF).hexdigest()


def test_a_file_s_record_tells_where_its_content_is(api: Caller) -> None:
    uuid = api.upload(PDF).json()["data"][0]["uuid"]
    file = api.get(f"/files/{uuid}").json()["data"]
    assert file["extension"] == "pdf"
    assert api.http.get(file["file"]).content == PDF


def test_the_same_content_is_the_same_record_whatever_its_name(sandbox: Sandbox, api: Caller) -> None:
    # Given
    first = api.upload(PDF).json()["data"][0]
    # When
    again = api.http.post("/files", files=[("files[]", ("other.pdf", PDF, "application/pdf"))])
    # Then
    assert again.status_code == 201
    assert again.json()["data"] == [first]
    sandbox.switch(duplicate_file_status=200)
    assert api.upload(PDF).status_code == 200
    assert api.upload(PDF, b"%PDF-1.7 two").status_code == 201


def test_several_files_in_one_call_come_back_without_repetitions(api: Caller) -> None:
    data = api.upload(PDF, PDF, PNG).json()["data"]
    assert [file["mime_type"] for file in data] == ["application/pdf", "image/png"]


def test_content_is_known_within_a_tenant_only(api: Caller, neighbour: Caller) -> None:
    assert api.upload(PDF).json()["data"][0]["uuid"] != neighbour.upload(PDF).json()["data"][0]["uuid"]


def test_a_file_of_another_type_is_422_on_its_position_and_nothing_is_kept(sandbox: Sandbox, api: Caller) -> None:
    assert errors(api.upload(PDF, b"plain text")) == {"files.1"}
    assert sandbox.state["files"]["live"] == []


def test_an_upload_without_files_or_under_another_name_is_422(api: Caller) -> None:
    assert errors(api.http.post("/files", files={"file": ("a.pdf", PDF)})) == {"files"}
    assert errors(api.http.post("/files", files={"files[]": (None, "text")})) == {"files"}


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data"])
def test_an_upload_that_is_no_multipart_body_is_400(api: Caller, content_type: str) -> None:
    answer = api.http.post("/files", content=b'{"files": []}', headers={"Content-Type": content_type})
    assert answer.status_code == 400


def test_a_file_serves_one_certificate_only(api: Caller) -> None:
    # Given
    body = api.certificate_body()
    api.created("/certificates", body)
    # When
    answer = api.post("/certificates", body)
    # Then
    assert errors(answer) == {"file_uuid"}
    assert api.get(f"/files/{body['file_uuid']}").json()["data"]["used_at"] is not None


def test_content_uploaded_again_comes_back_as_used(api: Caller) -> None:
    file = api.upload(PDF).json()["data"][0]
    api.created("/certificates", api.certificate_body(file_uuid=file["uuid"]))
    assert api.upload(PDF).json()["data"][0]["used_at"] is not None


def test_a_file_can_be_renamed_and_deleted_unless_a_certificate_has_it(api: Caller) -> None:
    # Given
    free, body = api.file(), api.certificate_body()
    api.created("/certificates", body)
    # Then
    renamed = api.patch(f"/files/{free['uuid']}", {"original_name": "new.pdf"})
    assert renamed.json()["data"]["original_name"] == "new.pdf"
    assert api.delete(f"/files/{free['uuid']}").status_code == 204
    assert api.get(f"/files/{free['uuid']}/download").status_code == 404
    assert errors(api.delete(f"/files/{body['file_uuid']}")) == {"uuid"}
