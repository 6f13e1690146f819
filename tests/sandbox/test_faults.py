"""Each kind of fault, on the wire and in the state."""

import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from local.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller

STUDENT = {"name": "Ana", "email": "ana@x.example", "date_of_birth": "2000-01-31"}


def students(sandbox: Sandbox) -> int:
    return len(sandbox.state["students"]["live"])


def raw_answer(sandbox: Sandbox, api: Caller, path: str) -> bytes:
    """The bytes of the answer, up to the end of the connection; raises ConnectionResetError for a TCP reset."""
    address = urlsplit(sandbox.url)
    headers = "".join(f"{name}: {api.http.headers[name]}\r\n" for name in ("Authorization", "X-Tenant", "Accept"))
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


@pytest.mark.parametrize("carry_out", [False, True])
def test_a_status_is_answered_whether_or_not_the_call_is_carried_out(
    sandbox: Sandbox, api: Caller, carry_out: bool
) -> None:
    # Given
    fault = Fault(kind="status", status=503, headers={"Retry-After": "7"}, path="^/students$", carry_out=carry_out)
    sandbox.add_faults(fault)
    # When
    answer = api.post("/students", STUDENT)
    # Then
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"success": False, "message": "Service Unavailable"}
    assert students(sandbox) == int(carry_out)
    call = sandbox.calls[-1]
    assert (call.status, call.carried_out, call.fault) == (503, carry_out, "status")
    assert call.api_status == (201 if carry_out else None)


@pytest.mark.parametrize(("body", "text"), [({"error": "x"}, '{"error":"x"}'), ("<h1>no</h1>", "<h1>no</h1>")])
def test_a_status_can_come_with_a_body_of_one_s_own(sandbox: Sandbox, api: Caller, body: Any, text: str) -> None:
    sandbox.add_faults(Fault(kind="status", status=429, body=body))
    answer = api.get("/courses")
    assert (answer.status_code, answer.text) == (429, text)


@pytest.mark.parametrize(("kind", "carried_out"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_is_a_tcp_reset_without_a_byte_of_an_answer(
    sandbox: Sandbox, api: Caller, kind: Any, carried_out: bool
) -> None:
    # Given
    sandbox.add_faults(Fault(kind=kind, times=2))
    # Then
    with pytest.raises(ConnectionResetError):
        raw_answer(sandbox, api, "/students")
    with pytest.raises(httpx.ReadError):
        api.post("/students", STUDENT)
    assert students(sandbox) == int(carried_out)
    assert (sandbox.calls[-1].status, sandbox.calls[-1].carried_out) == (None, carried_out)
    assert api.get("/students").status_code == 200


@pytest.mark.parametrize(("kind", "done_meanwhile"), [("delay", 0), ("delay_after", 1)])
def test_a_delay_comes_before_or_after_the_call_is_carried_out(
    sandbox: Sandbox, api: Caller, kind: Any, done_meanwhile: int
) -> None:
    # Given a caller who gives up
    sandbox.add_faults(Fault(kind=kind, seconds=0.3))
    with pytest.raises(httpx.ReadTimeout):
        api.http.post("/students", json=STUDENT, timeout=0.1)
    # Then
    assert students(sandbox) == done_meanwhile
    # And it is carried out in the end, though nobody waits for it
    time.sleep(0.4)
    assert students(sandbox) == 1
    assert sandbox.calls[-1].carried_out


@pytest.mark.parametrize("kind", ["delay", "delay_after"])
def test_a_delayed_answer_is_the_right_one(sandbox: Sandbox, api: Caller, kind: Any) -> None:
    sandbox.add_faults(Fault(kind=kind, seconds=0.1))
    start = time.monotonic()
    assert api.post("/students", STUDENT).status_code == 201
    assert time.monotonic() - start >= 0.1


@pytest.mark.parametrize("carry_out", [False, True])
def test_html_is_a_good_status_with_a_page(sandbox: Sandbox, api: Caller, carry_out: bool) -> None:
    sandbox.add_faults(Fault(kind="html", carry_out=carry_out))
    answer = api.post("/students", STUDENT)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")
    assert students(sandbox) == int(carry_out)


def test_a_truncated_answer_of_right_length_is_no_json(sandbox: Sandbox, api: Caller) -> None:
    sandbox.add_faults(Fault(kind="truncated"))
    answer = api.post("/students", STUDENT)
    assert answer.status_code == 201
    assert answer.text.startswith('{"data":{')
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()
    assert students(sandbox) == 1


def test_a_truncated_answer_can_promise_more_than_comes(sandbox: Sandbox, api: Caller) -> None:
    # Given
    sandbox.add_faults(Fault(kind="truncated", content_length="too_long", times=2))
    # When
    head, _, body = raw_answer(sandbox, api, "/students").partition(b"\r\n\r\n")
    # Then
    assert head.startswith(b"HTTP/1.1 200")
    [length] = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert 0 < len(body) < length
    with pytest.raises(httpx.RemoteProtocolError):
        api.get("/students")


def test_a_drip_is_the_whole_answer_over_a_long_time(sandbox: Sandbox, api: Caller) -> None:
    # Given
    sandbox.add_faults(Fault(kind="drip", seconds=0.3))
    # When
    start = time.monotonic()
    with api.http.stream("POST", "/students", json=STUDENT) as answer:
        pieces = list(answer.iter_raw())
    # Then
    assert time.monotonic() - start >= 0.3
    assert len(pieces) > 50
    assert b'"ana@x.example"' in b"".join(pieces)


def test_a_fault_meets_only_what_it_describes(sandbox: Sandbox, api: Caller) -> None:
    # Given
    sandbox.add_faults(Fault(kind="status", method="post", path="^/students$", where="bia@x.example", times=None))
    # When
    answers = [
        api.post("/students", STUDENT),
        api.get("/students", where_email="bia@x.example"),
        api.post("/students", STUDENT | {"email": "bia@x.example"}),
        api.post("/students", STUDENT | {"email": "bia@x.example"}),
        api.post("/courses", {"name": "bia@x.example"}),
    ]
    # Then
    assert [answer.status_code for answer in answers] == [201, 200, 503, 503, 422]


def test_a_fault_waits_for_its_turn_and_is_spent(sandbox: Sandbox, api: Caller) -> None:
    # Given
    sandbox.add_faults(Fault(kind="status", status=500, skip=1, times=2), Fault(kind="status", status=502))
    # When
    statuses = [api.get("/courses").status_code for _ in range(5)]
    # Then
    assert statuses == [502, 500, 500, 200, 200]
    assert [(entry.matched, entry.used) for entry in sandbox.faults.entries] == [(3, 2), (1, 1)]


@pytest.mark.parametrize(("generation", "path"), [("g2", "/oauth/token"), ("g1", "/auth/login")])
def test_faults_meet_authentication_as_well(sandbox: Sandbox, anyone: httpx.Client, generation: str, path: str) -> None:
    sandbox.switch(generation=generation)
    sandbox.add_faults(Fault(kind="status", status=500, path=f"^{path}$"))
    assert anyone.post(path).status_code == 500
    assert anyone.post(path).status_code != 500


def test_faults_leave_the_sandbox_s_own_pages_alone(sandbox: Sandbox, anyone: httpx.Client) -> None:
    sandbox.add_faults(Fault(kind="status", times=None))
    pages = ("/_sandbox/state", "/_sandbox/health", "/", "/docs", "/openapi.json")
    assert {anyone.get(page).status_code for page in pages} == {200}
