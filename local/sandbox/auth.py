"""Accounts and tokens. [auth] [tenancy]"""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from local.sandbox.answers import Answer
from local.sandbox.errors import ApiError, invalid
from local.sandbox.switches import Switches

OAUTH_SECONDS = 43_200
LOGIN_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant and the credentials of the one system that calls for it."""

    tenant: str = "sandbox"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    email: str = "sync@sandbox.example"
    password: str = "sandbox-password"


# A second tenant, so that isolation between tenants can be seen. [tenancy]
NEIGHBOUR = Account("neighbour", "neighbour-client", "neighbour-secret", "sync@neighbour.example", "neighbour-password")


@dataclass(frozen=True, slots=True)
class _Grant:
    account: Account
    expires_at: float
    is_refresh: bool


class Gate:
    """Gives out tokens and knows whose they are."""

    def __init__(self, accounts: tuple[Account, ...]) -> None:
        self.accounts = accounts
        self._grants: dict[str, _Grant] = {}

    def clear(self) -> None:
        """Ends every token."""
        self._grants.clear()

    def owner(self, authorization: str | None) -> Account:
        """The account whose live access token is in the `Authorization` header; otherwise 401. [errors]"""
        scheme, _, token = (authorization or "").partition(" ")
        grant = self._grants.get(token)
        if scheme.lower() != "bearer" or grant is None or grant.is_refresh or grant.expires_at <= time.time():
            raise ApiError(401)
        return grant.account

    def oauth_token(self, switches: Switches, form: Mapping[str, str]) -> Answer:
        """Client credentials for a flat `{token_type, expires_in, access_token}`. [auth g2]"""
        if not switches.accepts_oauth:
            raise ApiError(404)
        _require(form, "grant_type", "client_id", "client_secret")
        if form["grant_type"] != "client_credentials":
            raise invalid({"grant_type": ["The selected grant_type is invalid."]})
        for account in self.accounts:
            if (form["client_id"], form["client_secret"]) == (account.client_id, account.client_secret):
                return Answer(200, self._tokens(account, switches, OAUTH_SECONDS, with_refresh=False))
        raise ApiError(401)

    def login(self, switches: Switches, body: Mapping[str, Any]) -> Answer:
        """E-mail and password for a flat body with `refresh_token`. [auth g1]"""
        if not switches.accepts_login:
            raise ApiError(404)
        _require(body, "email", "password")
        for account in self.accounts:
            if (body["email"], body["password"]) == (account.email, account.password):
                return Answer(200, self._tokens(account, switches, LOGIN_SECONDS, with_refresh=True))
        raise ApiError(401)

    def refresh(self, switches: Switches, body: Mapping[str, Any]) -> Answer:
        """A refresh token for the same body as a login. It stays good. [auth g1]"""
        if not switches.accepts_login:
            raise ApiError(404)
        _require(body, "refresh_token")
        grant = self._grants.get(str(body["refresh_token"]))
        if grant is None or not grant.is_refresh:
            raise ApiError(401)
        return Answer(200, self._tokens(grant.account, switches, LOGIN_SECONDS, with_refresh=True))

    def logout(self, switches: Switches, authorization: str | None) -> Answer:
        """Ends the token. [auth g1]"""
        if not switches.accepts_login:
            raise ApiError(404)
        self.owner(authorization)
        del self._grants[(authorization or "").partition(" ")[2]]
        return Answer(200, {"message": "Successfully logged out"})

    def me(self, switches: Switches, authorization: str | None) -> Answer:
        """Who calls, and for which tenant: `data.tenant.domain` is the value for X-Tenant. [tenancy]"""
        account = self.owner(authorization)
        number = self.accounts.index(account) + 1

        def identity(kind: str) -> dict[str, Any]:
            # g1 has a numeric id in both places. [tenancy g1]
            marked = sha256(f"{kind}/{account.tenant}".encode()).hexdigest()
            uuid = f"{marked[:8]}-{marked[8:12]}-4{marked[13:16]}-8{marked[17:20]}-{marked[20:32]}"
            return {"id": number} if switches.generation == "g1" else {"uuid": uuid}

        tenant = {**identity("tenant"), "name": account.tenant.title(), "domain": account.tenant}
        return Answer(200, {"data": {**identity("user"), "name": "Sync", "email": account.email, "tenant": tenant}})

    def _tokens(self, account: Account, switches: Switches, seconds: int, *, with_refresh: bool) -> dict[str, Any]:
        seconds = seconds if switches.token_seconds is None else switches.token_seconds
        if switches.new_token_ends_others:
            self._grants = {
                token: grant for token, grant in self._grants.items() if grant.account != account or grant.is_refresh
            }
        expires_at = time.time() + seconds
        tokens = {"access_token": self._grant(_Grant(account, expires_at, is_refresh=False))}
        if with_refresh:
            tokens["refresh_token"] = self._grant(_Grant(account, expires_at, is_refresh=True))
        return {"token_type": "Bearer", "expires_in": seconds, **tokens}

    def _grant(self, grant: _Grant) -> str:
        """A token in the form of a JWT; its content means nothing here."""
        claims = {"aud": grant.account.client_id, "jti": str(uuid4()), "exp": int(grant.expires_at)}
        parts = [_encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims)]
        signature = hmac.digest(b"sandbox", ".".join(parts).encode(), "sha256")
        token = ".".join([*parts, _encoded(signature)])
        self._grants[token] = grant
        return token


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def _require(body: Mapping[str, Any], *names: str) -> None:
    missing = {name: [f"The {name} field is required."] for name in names if not body.get(name)}
    if missing:
        raise invalid(missing)
