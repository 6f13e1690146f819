"""The client and a DokStamp that misbehaves: every answer has a fate, and no call outlives its deadline."""

import socket
import time
from collections.abc import Iterator
from email.utils import formatdate

import httpx
import pytest

from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.errors import Misconfigured, NotFound, OutOfTime, Rejected, Retry, Throttled
from dokstamp_sync.settings import Settings
from local.sandbox import Fault, Sandbox
from tests.contract.conftest import Connect
from tests.support.pipeline import CREDENTIALS, Clock, a_brake

INSTITUTION = {"name": "Vale", "country": "Brazil"}
INSTITUTIONS = "^/institutions$"
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def create(client: DokStamp) -> str:
    return str(client.create("/institutions", INSTITUTION)["uuid"])


@pytest.fixture(autouse=True)
def token(client: DokStamp) -> None:
    """The client has its token, so that every fault meets the call itself."""
    list(client.pages("/courses"))


def fault(kind: str, **more: object) -> Fault:
    return Fault.model_validate({"kind": kind, "method": "POST", "path": INSTITUTIONS} | more)


def test_what_is_created_answers_with_its_uuid(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a healthy DokStamp
    # When something is created and read
    uuid = create(client)
    # Then both answers are the entity
    assert client.get(f"/institutions/{uuid}")["name"] == "Vale"
    assert sandbox.state["institutions"]["live"][0]["uuid"] == uuid


def test_a_404_on_an_entity_is_not_found_and_names_the_path(client: DokStamp) -> None:
    # Given a uuid that DokStamp does not know
    path = f"/institutions/{UNKNOWN}"
    # When it is read or changed, Then it is not found there
    with pytest.raises(NotFound) as read:
        client.get(path)
    with pytest.raises(NotFound) as changed:
        client.change(path, {"name": "x"})
    assert read.value.path == changed.value.path == path


def test_a_422_is_rejected_with_the_fields_and_the_vendors_words(client: DokStamp) -> None:
    # Given a body that DokStamp refuses
    # When it is sent
    with pytest.raises(Rejected) as refusal:
        client.create("/institutions", {"name": "x" * 256, "status": "closed"})
    # Then all is told
    assert refusal.value.status == 422
    assert refusal.value.fields == {"name", "country", "status"}
    assert "name: The name may not be greater than 255 characters." in refusal.value.reason


@pytest.mark.parametrize(
    "body", ["<h1>no</h1>", {"errors": []}, {"message": None}, {"errors": {"a": {"b": 1}}}, {"message": ["x"]}]
)
def test_a_refusal_in_any_form_is_rejected(body: object, client: DokStamp, sandbox: Sandbox) -> None:
    # Given a refusal that says little
    sandbox.add_faults(fault("status", status=409, body=body))
    # When it comes, Then it is a refusal all the same, with a reason
    with pytest.raises(Rejected) as refusal:
        create(client)
    assert refusal.value.status == 409
    assert len(refusal.value.reason) > len("POST /institutions answered 409: ")


def test_a_refusal_that_breaks_off_is_asked_for_again(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a body that DokStamp refuses, and an answer whose JSON ends in the middle
    sandbox.add_faults(Fault(kind="truncated", path="^/institutions$"))
    # When it is sent, Then it is tried again, at once, for it was surely not carried out
    with pytest.raises(Retry) as raised:
        client.create("/institutions", {"name": "x" * 256, "status": "closed"})
    assert raised.value.definite


@pytest.mark.parametrize(
    ("header", "after"),
    [({}, None), ({"Retry-After": "7"}, 7), ({"Retry-After": "soon"}, None), ({"Retry-After": "DATE"}, 9)],
    ids=["none", "seconds", "rubbish", "date"],
)
def test_a_429_waits_as_long_as_it_says(
    header: dict[str, str], after: float | None, client: DokStamp, sandbox: Sandbox, clock: Clock
) -> None:
    # Given a DokStamp that asks for fewer calls
    if header.get("Retry-After") == "DATE":
        header = {"Retry-After": formatdate(clock() + 9, usegmt=True)}
    sandbox.add_faults(fault("status", status=429, headers=header))
    # When something is created
    with pytest.raises(Throttled) as error:
        create(client)
    # Then it was certainly not carried out, and the wait is known where it was told
    assert error.value.definite
    assert error.value.after == (None if after is None else pytest.approx(after, abs=1))


def test_after_a_429_nothing_is_sent_until_the_time_is_over(client: DokStamp, sandbox: Sandbox, clock: Clock) -> None:
    # Given a DokStamp that asked to wait for seventy seconds
    sandbox.add_faults(fault("status", status=429, headers={"Retry-After": "70"}))
    with pytest.raises(Throttled):
        create(client)
    sandbox.calls.clear()
    # When the next calls come, forty seconds and eighty seconds later
    clock.sleep(40)
    with pytest.raises(Throttled) as held_back:
        list(client.pages("/courses"))
    sent_meanwhile = len(sandbox.calls)
    clock.sleep(40)
    create(client)
    # Then the first was held back without a call
    assert held_back.value.after == pytest.approx(30)
    assert held_back.value.definite
    assert sent_meanwhile == 0


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 599])
def test_a_trouble_of_the_server_is_retried(status: int, client: DokStamp, sandbox: Sandbox) -> None:
    # Given a server that is in trouble, and says when to come back
    sandbox.add_faults(fault("status", status=status, headers={"Retry-After": "5"}))
    # When something is created
    with pytest.raises(Retry) as error:
        create(client)
    # Then it is retried then; only a 425 says that it was not begun
    assert error.value.after == 5
    assert error.value.definite is (status == 425)
    assert not isinstance(error.value, Misconfigured)


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "html", "carry_out": True},
        {"kind": "truncated"},
        {"kind": "truncated", "content_length": "too_long"},
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "status", "status": 201, "body": {}, "carry_out": True},
        {"kind": "status", "status": 201, "body": {"data": []}, "carry_out": True},
        {"kind": "status", "status": 201, "body": {"data": {"uuid": None}}, "carry_out": True},
        {"kind": "status", "status": 200, "body": "", "carry_out": True},
    ],
    ids=["html", "truncated", "cut off", "reset before", "reset after", "no data", "a list", "no uuid", "no body"],
)
def test_an_answer_that_is_none_is_retried_and_not_definite(
    more: dict[str, object], client: DokStamp, sandbox: Sandbox
) -> None:
    # Given an answer that does not say what became of the call
    # The cases hold values of several types; pydantic checks each.
    sandbox.add_faults(fault(**more))  # type: ignore[arg-type]
    # When something is created, Then it may have been
    with pytest.raises(Retry) as error:
        create(client)
    assert not error.value.definite
    assert not isinstance(error.value, Misconfigured)


@pytest.mark.parametrize("kind", ["delay", "delay_after", "drip"])
def test_no_call_outlives_the_total_deadline(kind: str, connect: Connect, sandbox: Sandbox) -> None:
    # Given a DokStamp that takes three seconds, in silence or byte by byte, and a deadline of a third of a second
    client = connect(deadline_seconds=0.35)
    list(client.pages("/courses"))
    sandbox.add_faults(fault(kind, seconds=3))
    # When something is created
    began = time.monotonic()
    with pytest.raises(Retry) as error:
        create(client)
    # Then the client gives up in time, and does not know what became of it
    assert 0.3 < time.monotonic() - began < 2.5
    assert not error.value.definite


def test_a_slow_answer_within_the_deadline_is_taken(client: DokStamp, sandbox: Sandbox) -> None:
    # Given an answer that drips for a while
    sandbox.add_faults(fault("drip", seconds=0.4))
    # When something is created, Then it is known
    assert create(client) == sandbox.state["institutions"]["live"][0]["uuid"]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_refused_connection_is_definite(closed_port: int, given: Settings, clock: Clock) -> None:
    # Given an address where nobody listens
    address = given.model_copy(update={"dokstamp_base_url": f"http://127.0.0.1:{closed_port}"})
    client = DokStamp(address, lambda afresh: CREDENTIALS, a_brake(clock), clock=clock)
    # When a call is made
    with pytest.raises(Retry, match="could not be reached") as error:
        create(client)
    client.close()
    # Then nothing can have been carried out, and it is nobody's fault yet
    assert error.value.definite
    assert not isinstance(error.value, Misconfigured)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_call_that_never_left_is_definite(error: type[httpx.TransportError], given: Settings, clock: Clock) -> None:
    # Given a network that fails before anything is sent, as a name that cannot be resolved or a TLS failure does
    def fails(request: httpx.Request) -> httpx.Response:
        if request.url.path in ("/oauth/token", "/auth/login"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        raise error("no", request=request)

    client = DokStamp(
        given, lambda afresh: CREDENTIALS, a_brake(clock), clock=clock, transport=httpx.MockTransport(fails)
    )
    # When something is created, Then it was certainly not
    with pytest.raises(Retry) as raised:
        create(client)
    assert raised.value.definite


def test_no_call_begins_that_could_last_beyond_the_workers_time(
    client: DokStamp, sandbox: Sandbox, given: Settings, clock: Clock
) -> None:
    # Given a worker with less time left than a call may take
    client.stop_at(clock() + given.deadline_seconds)
    sandbox.calls.clear()
    # When a call is made, Then it is handed back without being sent
    with pytest.raises(OutOfTime) as error:
        create(client)
    assert error.value.definite
    assert sandbox.calls == []


def test_reasons_hold_no_value_of_a_query(client: DokStamp, sandbox: Sandbox) -> None:
    # Given look-ups that fail in every way
    for more in ({"kind": "reset_after"}, {"kind": "html"}, {"kind": "status", "status": 500}, {"kind": "truncated"}):
        sandbox.add_faults(Fault.model_validate({"method": "GET", "path": "^/students$"} | more))
        # When a student is looked up, Then the reason, which is logged, does not say whom
        with pytest.raises(Retry) as error:
            list(client.pages("/students", {"email": "ana@x.example"}))
        assert "ana" not in error.value.reason
