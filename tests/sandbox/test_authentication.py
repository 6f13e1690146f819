"""Tokens, in both generations. [auth] [tenancy]"""

import httpx
import pytest

from local.sandbox import Account, Sandbox
from tests.sandbox.caller import Caller, errors, oauth_form

LOGIN = {"email": "sync@sandbox.example", "password": "sandbox-password"}
OAUTH = {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}


def test_client_credentials_buy_a_flat_answer_with_a_token_of_twelve_hours(
    sandbox: Sandbox, anyone: httpx.Client
) -> None:
    # When
    answer = anyone.post("/oauth/token", data=OAUTH)
    # Then
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"token_type", "expires_in", "access_token"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 43_200)
    assert body["access_token"].count(".") == 2


def test_a_login_buys_a_token_of_a_year_and_a_refresh_token(sandbox: Sandbox, anyone: httpx.Client) -> None:
    # Given
    sandbox.switch(generation="g1")
    # When
    body = anyone.post("/auth/login", json=LOGIN).json()
    # Then
    assert body.keys() == {"token_type", "expires_in", "access_token", "refresh_token"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 31_536_000)


@pytest.mark.parametrize("wrong", [{"client_secret": "no"}, {"client_id": "no"}])
def test_wrong_client_credentials_are_401(sandbox: Sandbox, wrong: dict[str, str], anyone: httpx.Client) -> None:
    answer = anyone.post("/oauth/token", data=OAUTH | wrong)
    assert answer.status_code == 401
    assert answer.json() == {"success": False, "message": "Unauthenticated."}


def test_a_wrong_password_is_401_in_the_older_form(sandbox: Sandbox, anyone: httpx.Client) -> None:
    sandbox.switch(generation="g1")
    answer = anyone.post("/auth/login", json=LOGIN | {"password": "no"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


def test_a_token_request_must_be_a_form_and_name_its_grant(sandbox: Sandbox, anyone: httpx.Client) -> None:
    url = "/oauth/token"
    assert anyone.post(url, json=OAUTH).status_code == 400
    assert errors(anyone.post(url, data=OAUTH | {"grant_type": "password"})) == {"grant_type"}
    assert errors(anyone.post(url, data=oauth_form(Account()))) == {"grant_type"}


@pytest.mark.parametrize(
    ("switches", "statuses"),
    [
        ({"generation": "g2", "auth": "generation"}, [200, 404]),
        ({"generation": "g1", "auth": "generation"}, [404, 200]),
        ({"generation": "g2", "auth": "both"}, [200, 200]),
        ({"generation": "g2", "auth": "login"}, [404, 200]),
        ({"generation": "g1", "auth": "oauth"}, [200, 404]),
    ],
)
def test_each_generation_has_its_own_way_in_unless_switched(
    sandbox: Sandbox, anyone: httpx.Client, switches: dict[str, str], statuses: list[int]
) -> None:
    # Given
    sandbox.switch(**switches)
    # When
    answers = [anyone.post("/oauth/token", data=OAUTH), anyone.post("/auth/login", json=LOGIN)]
    # Then
    assert [answer.status_code for answer in answers] == statuses


def test_a_refresh_token_buys_a_new_pair_but_opens_nothing_itself(sandbox: Sandbox, anyone: httpx.Client) -> None:
    # Given
    sandbox.switch(generation="g1")
    first = anyone.post("/auth/login", json=LOGIN).json()
    # When
    renewed = anyone.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
    # Then
    assert renewed.status_code == 200
    assert renewed.json()["access_token"] != first["access_token"]
    me = anyone.get("/auth/me", headers={"Authorization": f"Bearer {first['refresh_token']}"})
    assert me.status_code == 401
    wrong = anyone.post("/auth/refresh", json={"refresh_token": first["access_token"]})
    assert wrong.status_code == 401


def test_a_logout_ends_the_token(sandbox: Sandbox) -> None:
    # Given
    sandbox.switch(generation="g1")
    caller = Caller(sandbox, Account())
    assert caller.get("/courses").status_code == 200
    # When
    answer = caller.post("/auth/logout")
    # Then
    assert (answer.status_code, answer.json()) == (200, {"message": "Successfully logged out"})
    assert caller.get("/courses").status_code == 401


def test_me_tells_the_tenant_by_uuid_or_in_the_older_form_by_number(sandbox: Sandbox, api: Caller) -> None:
    # Given
    api.http.headers.pop("X-Tenant")
    # When
    newer = api.get("/auth/me").json()["data"]
    sandbox.switch(generation="g1")
    older = api.get("/auth/me").json()["data"]
    # Then
    assert newer.keys() == {"uuid", "name", "email", "tenant"}
    assert newer["tenant"].keys() == {"uuid", "name", "domain"}
    assert newer["tenant"]["domain"] == older["tenant"]["domain"] == "sandbox"
    assert older["id"] == older["tenant"]["id"] == 1


def test_a_token_ends_when_its_time_is_over(sandbox: Sandbox) -> None:
    # Given
    sandbox.switch(token_seconds=0)
    caller = Caller(sandbox, Account())
    # When
    answer = caller.get("/courses")
    # Then
    assert answer.status_code == 401
    # And a new one of usual length opens again
    sandbox.switch(token_seconds=None)
    caller.authenticate()
    assert caller.get("/courses").status_code == 200


@pytest.mark.parametrize(("ends_others", "status"), [(False, 200), (True, 401)])
def test_a_new_token_leaves_the_older_one_alone_unless_switched(
    sandbox: Sandbox, api: Caller, ends_others: bool, status: int
) -> None:
    sandbox.switch(new_token_ends_others=ends_others)
    Caller(sandbox, Account())
    assert api.get("/courses").status_code == status


def test_all_tokens_end_at_the_control_endpoint_and_survive_a_reset(
    sandbox: Sandbox, api: Caller, anyone: httpx.Client
) -> None:
    sandbox.reset()
    assert api.get("/courses").status_code == 200
    assert anyone.delete("/_sandbox/tokens").status_code == 204
    assert api.get("/courses").status_code == 401
