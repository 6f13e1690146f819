"""The client and its tokens: asked for once, renewed early or after a 401, and never in a loop."""

import pytest

from dokstamp_sync import __version__
from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.errors import Misconfigured, Retry
from local.sandbox import Fault, Sandbox
from tests.contract.conftest import Connect
from tests.support.pipeline import Clock

INSTITUTION = {"name": "Vale", "country": "Brazil"}
TOKEN = "^/(oauth/token|auth/login)$"


def token_calls(sandbox: Sandbox) -> list[str]:
    return [call.path for call in sandbox.calls if call.path in ("/oauth/token", "/auth/login")]


def test_the_token_is_asked_for_in_the_way_of_the_generation_and_kept(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a new client
    # When it makes several calls
    created = client.create("/institutions", INSTITUTION)
    client.get(f"/institutions/{created['uuid']}")
    list(client.pages("/institutions"))
    # Then it asked for one token, at the place of its mode
    path = "/auth/login" if sandbox.switches.generation == "g1" else "/oauth/token"
    assert token_calls(sandbox) == [path]


def test_every_call_names_the_tenant_and_the_program(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a new client
    # When it makes a call
    client.create("/institutions", INSTITUTION)
    # Then DokStamp can tell who called, for the token as well
    assert {call.tenant for call in sandbox.calls} == {"sandbox"}
    assert {call.user_agent for call in sandbox.calls} == {f"dokstamp-sync/{__version__}"}


def test_no_token_is_asked_for_before_the_first_call(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a new client, When nothing is called, Then nothing was asked
    assert sandbox.calls == []


@pytest.mark.parametrize(("left", "asked"), [(61, 1), (59, 2), (-10, 2)], ids=["fresh", "about to end", "ended"])
def test_a_token_is_renewed_a_minute_before_it_ends(
    left: int, asked: int, client: DokStamp, sandbox: Sandbox, clock: Clock
) -> None:
    # Given a token with so many seconds left
    sandbox.switch(token_seconds=3600)
    list(client.pages("/courses"))
    clock.sleep(3600 - left)
    # When the next call is made
    list(client.pages("/courses"))
    # Then a new one is asked for in the last minute, not before
    assert len(token_calls(sandbox)) == asked


def test_a_token_that_lives_less_than_a_minute_is_kept_for_half_its_life(
    client: DokStamp, sandbox: Sandbox, clock: Clock
) -> None:
    # Given tokens of forty seconds
    sandbox.switch(token_seconds=40)
    # When calls come at once, and after twenty-one seconds
    list(client.pages("/courses"))
    list(client.pages("/courses"))
    before = len(token_calls(sandbox))
    clock.sleep(21)
    list(client.pages("/courses"))
    # Then not every call asks for one
    assert (before, len(token_calls(sandbox))) == (1, 2)


def test_a_401_renews_the_token_once_and_repeats_the_call_once(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a token that was ended at DokStamp
    list(client.pages("/courses"))
    sandbox.gate.clear()
    sandbox.calls.clear()
    # When something is created
    client.create("/institutions", INSTITUTION)
    # Then it was tried twice and created once
    assert [call.status for call in sandbox.calls] == [401, 200, 201]
    assert len(sandbox.state["institutions"]["live"]) == 1


def test_a_401_that_stays_is_misconfigured_after_one_repeat(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a DokStamp that lets nobody in
    sandbox.add_faults(Fault(kind="status", path="^/courses$", status=401, times=None))
    # When a call is made
    with pytest.raises(Misconfigured, match="also with a new token") as error:
        list(client.pages("/courses"))
    # Then there was one renewal and one repeat
    assert error.value.definite
    assert len(token_calls(sandbox)) == 2
    assert len(sandbox.calls) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refused_token_request_is_misconfigured(status: int, client: DokStamp, sandbox: Sandbox) -> None:
    # Given a DokStamp that gives out no token
    sandbox.add_faults(Fault(kind="status", path=TOKEN, status=status, times=None))
    # When a call is made, Then nobody's record is at fault
    with pytest.raises(Misconfigured) as error:
        client.create("/institutions", INSTITUTION)
    assert error.value.definite
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
        {"kind": "html"},
        {"kind": "truncated"},
        {"kind": "reset_after"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_a_token_request_that_fails_leaves_the_call_definitely_unsent(
    fault: dict[str, object], client: DokStamp, sandbox: Sandbox
) -> None:
    # Given a DokStamp that cannot give out a token for now, which says nothing of the credentials
    sandbox.add_faults(Fault.model_validate({"path": TOKEN} | fault))
    # When something is to be created
    with pytest.raises(Retry) as error:
        client.create("/institutions", INSTITUTION)
    # Then it was certainly not, so that nobody has to wait for a lease
    assert error.value.definite
    assert [call.path for call in sandbox.calls if call.path == "/institutions"] == []
    assert len(token_calls(sandbox)) == 1


@pytest.mark.parametrize("missing", ["by_endpoint", "401", "404"])
def test_a_wrong_tenant_is_misconfigured_on_a_look_up(missing: str, connect: Connect, sandbox: Sandbox) -> None:
    # Given a tenant that is misspelt, and whatever DokStamp answers to that
    sandbox.switch(missing_tenant=missing)
    client = connect(dokstamp_tenant="sandbx")
    # When something is looked up, Then it is not taken for absent
    with pytest.raises(Misconfigured, match="tenant"):
        list(client.pages("/students", {"email": "ana@x.example"}))


@pytest.mark.parametrize("missing", ["by_endpoint", "401", "404"])
@pytest.mark.parametrize("path", ["/files", "/students"])
def test_a_wrong_tenant_never_rejects_a_record(path: str, missing: str, connect: Connect, sandbox: Sandbox) -> None:
    # Given a tenant that is misspelt, and whatever DokStamp answers to that
    sandbox.switch(missing_tenant=missing)
    client = connect(dokstamp_tenant="sandbx")
    # When something is created at an address without a uuid, Then the set-up is at fault and not the record
    with pytest.raises(Misconfigured, match="tenant"):
        client.create(path, {})


def test_a_403_is_misconfigured(client: DokStamp, sandbox: Sandbox) -> None:
    # Given credentials without the permission
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/institutions$", status=403))
    # When something is created, Then the record is not rejected
    with pytest.raises(Misconfigured, match="permissions") as error:
        client.create("/institutions", INSTITUTION)
    assert error.value.definite
