"""A DokStamp that means harm, or was taken over: none of its answers leads elsewhere, costs much, or is unforeseen."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dokstamp_sync.dokstamp import answers
from dokstamp_sync.dokstamp.client import MOST_PAGES
from dokstamp_sync.dokstamp.compare import says
from dokstamp_sync.dokstamp.lookups import find_course, uuid_of
from dokstamp_sync.errors import Misconfigured, Rejected, Retry
from tests.hostile.loopback import TOKEN_PATH, Loopback, answer, client_of, fields, serving

NO_UUIDS = ["", " ", ".", "..", "../../oauth/token", "a/b", "a?x=1", "a#b", "%2e%2e", "a\r\nX: 1", "é", "x" * 65]
NO_UUIDS_AT_ALL: list[Any] = [*NO_UUIDS, None, 5, True, ["u"], {"uuid": "u"}]
DEEP = "[" * 100_000
CUT_SHORT = b'{"data": "'


def endless() -> Iterator[bytes]:
    """A gigabyte, for as long as somebody listens."""
    yield answer(CUT_SHORT, Content_Length=str(2**30))
    for _ in range(1024):
        yield b"x" * 2**20


def test_no_more_is_read_of_an_answer_than_is_allowed() -> None:
    # Given an answer of a gigabyte
    with serving(lambda request: endless()) as server:
        # When it comes
        with client_of(server.url) as client, pytest.raises(Retry) as error:
            client.create("/institutions", {})
        # Then it is none, and most of it was never sent
        assert not error.value.definite
    assert server.sent < 4 * answers.MOST_BYTES


def test_an_answer_that_unpacks_to_more_than_is_allowed_is_none() -> None:
    # Given fifty megabytes in fifty kilobytes, which nobody asked to be packed
    bomb = answer(gzip.compress(CUT_SHORT + b"x" * 50 * 2**20), Content_Encoding="gzip")
    # When it comes, Then it is no answer
    with serving(lambda request: bomb) as server, client_of(server.url) as client, pytest.raises(Retry):
        client.get("/institutions/u1")
    assert fields(server.requests[-1])["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "body",
    [DEEP, '{"data":' * 100_000, '{"data": {"uuid": "u", "x": NaN}}', '{"data": {"uuid": "\\ud800"}}', "1" * 5000],
    ids=["deep list", "deep object", "NaN", "lone surrogate", "huge number"],
)
def test_json_that_readers_stumble_over_is_rubbish_and_no_crash(body: str) -> None:
    # Given such an answer, When something is created or listed, Then it is retried
    with serving(lambda request: answer(body.encode())) as server, client_of(server.url) as client:
        with pytest.raises(Retry):
            client.create("/institutions", {})
        with pytest.raises(Retry):
            list(client.pages("/institutions"))


@pytest.mark.parametrize("body", [DEEP, '{"message": "\\ud800"}', '{"errors": {"a": "' + "x" * 10**6 + '"}}'])
def test_a_refusal_in_such_json_is_a_refusal_with_a_short_reason(body: str) -> None:
    # Given a refusal that is hard to read, When it comes, Then the record is rejected, and the reason can be kept
    said = answer(body.encode(), status="422 No")
    with serving(lambda request: said) as server, client_of(server.url) as client, pytest.raises(Rejected) as refusal:
        client.create("/institutions", {})
    assert len(refusal.value.reason) <= 2000


def test_the_fields_of_a_refusal_may_be_logged_and_hold_no_words() -> None:
    # Given a refusal that names a person, and writes a log line of its own, where fields belong
    errors = dict.fromkeys(["email", "modules.0.uuid", "files[]", "ana@x.example", "Ana Souza", 'x\n{"level":1}'], "no")
    said = answer({"errors": errors}, status="422 No")
    with serving(lambda request: said) as server, client_of(server.url) as client, pytest.raises(Rejected) as refusal:
        client.create("/students", {})
    # Then the SIS may read all of it, and the log only what can be a field
    assert "Ana Souza: no" in refusal.value.reason
    assert refusal.value.fields == {"email", "modules.0.uuid", "files[]"}


@pytest.mark.parametrize("uuid", NO_UUIDS_AT_ALL, ids=repr)
def test_a_uuid_that_leads_elsewhere_is_none(uuid: Any) -> None:
    # Given a DokStamp that calls entities by addresses
    def entity(request: bytes) -> bytes:
        one = {"uuid": uuid, "code": "CS"}
        return answer({"data": [one] if request.startswith(b"GET /courses?") else one})

    with serving(entity) as server, client_of(server.url) as client:
        # When one is created or looked up, Then it is rubbish, and nothing was asked at that address
        with pytest.raises(Retry) as error:
            client.create("/courses", {})
        assert not error.value.definite
        with pytest.raises(Retry):
            find_course(client, "CS", None)
    assert uuid_of({"institution": {"uuid": uuid}}, "institution") is None
    assert {request.split(b" ")[1].split(b"?")[0] for request in server.requests} == {b"/oauth/token", b"/courses"}


def test_pages_without_end_come_to_one() -> None:
    # Given a list that has one more entity on every page
    pages = iter(range(10**9))
    with serving(lambda request: answer({"data": [{"uuid": f"u{next(pages)}"}], "meta": {"total": 10**9}})) as server:
        # When it is read
        with client_of(server.url) as client, pytest.raises(Retry, match="more than"):
            list(client.pages("/courses"))
        # Then that ends, and what was read does not pass for the list
        assert len(server.requests) == MOST_PAGES + 1


@pytest.mark.parametrize("status", ["301 A", "302 B", "303 C", "307 D", "308 E"])
@pytest.mark.parametrize("where", ["token", "call"])
def test_credentials_do_not_follow_to_another_host(status: str, where: str) -> None:
    # Given a DokStamp that sends everybody elsewhere
    elsewhere = Loopback(lambda request: answer({"access_token": "t", "data": {"uuid": "u"}}))
    moved = answer({}, status=status, Location=elsewhere.url + "/x")
    told = answer({"access_token": "t", "expires_in": 60})
    here = Loopback(lambda request: told if TOKEN_PATH in request.split(b"\r\n")[0] and where == "call" else moved)
    # When something is created
    with client_of(here.url) as client, pytest.raises(Misconfigured, match="base URL" if where == "call" else None):
        client.create("/institutions", {"name": "Vale"})
    elsewhere.close()
    here.close()
    # Then nobody went there
    assert elsewhere.requests == []
    assert len(here.requests) == (1 if where == "token" else 2)


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a b", "é", "\u2028", "", None, 5, ["a"]], ids=repr)
def test_a_token_that_is_no_token_is_never_sent(token: Any) -> None:
    # Given a DokStamp that gives out something else, When a call is made, Then it is not, and the set-up is at fault
    server = Loopback(lambda request: answer({"access_token": token, "expires_in": 3600}))
    with client_of(server.url) as client, pytest.raises(Misconfigured, match="without an access_token"):
        list(client.pages("/courses"))
    server.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("life", ["1" + "0" * 400, "1e400", "-1", "0", "true", '"soon"', "null", "[]"])
def test_a_token_that_lives_for_an_odd_time_is_used(life: str) -> None:
    # Given a token with an odd life, When a call is made, Then it is made
    told = answer(f'{{"access_token": "t", "expires_in": {life}}}'.encode())
    server = Loopback(lambda request: told if TOKEN_PATH in request.split(b"\r\n")[0] else answer({"data": []}))
    with client_of(server.url) as client:
        assert list(client.pages("/courses")) == []
    server.close()


ODD_VALUES: list[Any] = ["sNaN", "NaN", "-Infinity", "1e999999999", "0e-999999999", 10**4000, "9" * 5000, [], {}, [[]]]
ODD_VALUES += [True, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "T", "1E", "\x00"]


@pytest.mark.parametrize("found", ODD_VALUES, ids=lambda value: repr(value)[:20])
def test_a_value_that_cannot_be_compared_differs(found: Any) -> None:
    # Given an entity that shows an odd value, When it is compared with what is wanted, Then it says something else
    for wanted in (60, 7.25, "sNaN1", "2026-01-01T00:00:00.000000Z", "Ana"):
        for field in ("name", "start_date"):
            assert not says({"uuid": "u", field: found}, {field: wanted})


def test_an_answer_as_large_as_it_may_be_is_taken() -> None:
    # Given an entity of just the largest size
    filler = answers.MOST_BYTES - len(json.dumps({"data": {"uuid": "u", "x": ""}}))
    said = answer({"data": {"uuid": "u", "x": "x" * filler}})
    with serving(lambda request: said) as server, client_of(server.url) as client:
        # When it is read, Then it is whole
        assert len(client.get("/courses/u")["x"]) == filler
