"""Access tokens: asked for once, kept until shortly before they expire, renewed by force after a 401.

Source: [auth], both generations.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dokstamp_sync.errors import Misconfigured

RENEW_EARLY_SECONDS = 60.0
# The secret is read past its cache at most so often, however many calls are refused meanwhile.
READ_ANEW_SECONDS = 3.0
# For an answer that does not say how long its token lives.
SHORT_LIFE_SECONDS = 300.0
LONGEST_LIFE_SECONDS = 86_400
# What a header may hold.
_TOKEN = re.compile(r"[\x21-\x7e]+")

Credentials = Callable[[bool], Mapping[str, str]]
"""Answers the secret; True reads it anew, past any cache. Raises Misconfigured or Retry."""

Auth = Literal["client_credentials", "password"]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Where to ask for a token, and with what: ``form`` as a form, ``json`` as JSON."""

    path: str
    form: Mapping[str, str] | None = None
    json: Mapping[str, str] | None = None


def token_request(auth: Auth, secret: Mapping[str, str]) -> TokenRequest:
    """Client credentials at /oauth/token [auth g2], or e-mail and password at /auth/login [auth g1].

    Raises Misconfigured, naming the keys that the secret lacks.
    """
    wanted = ("client_id", "client_secret") if auth == "client_credentials" else ("email", "password")
    missing = [key for key in wanted if not secret.get(key)]
    if missing:
        raise Misconfigured(f"the credentials secret lacks {' and '.join(missing)} (authentication is {auth})")
    given = {key: secret[key] for key in wanted}
    if auth == "client_credentials":
        return TokenRequest("/oauth/token", form={"grant_type": "client_credentials", **given})
    return TokenRequest("/auth/login", json=given)


class Tokens:
    """One token at a time, shared by all threads."""

    def __init__(
        self,
        auth: Auth,
        credentials: Credentials,
        ask: Callable[[TokenRequest], Mapping[str, Any]],
        clock: Callable[[], float],
    ) -> None:
        self._auth = auth
        self._credentials = credentials
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0
        self._read_anew = float("-inf")

    def current(self) -> str:
        """A token that lives for a minute at least. Raises what asking for one raises."""
        with self._lock:
            if self._clock() >= self._good_until:
                self._renew(afresh=False)
            return self._token

    def after_refusal(self, refused: str) -> str:
        """Another token than the one just refused; asks for one unless another thread already has."""
        with self._lock:
            if self._token == refused:
                self._renew(afresh=True)
            return self._token

    def _renew(self, *, afresh: bool) -> None:
        """Asks for a token; once more if that is refused, and the secret has changed since it was last read."""
        secret: Mapping[str, str] | None = None
        try:
            secret = self._secret(afresh=afresh)
            return self._get(secret)
        except Misconfigured:
            newer = self._secret(afresh=True) if self._is_due else secret
            if newer is None or newer == secret:
                raise
        return self._get(newer)

    def _secret(self, *, afresh: bool) -> Mapping[str, str]:
        """The secret, past its cache if that is due."""
        anew = afresh and self._is_due
        if anew:
            # Also if that fails: else every call would ask a Secrets Manager that is out of order.
            self._read_anew = self._clock()
        return self._credentials(anew)

    @property
    def _is_due(self) -> bool:
        """Whether the secret may be read anew; see READ_ANEW_SECONDS."""
        return self._clock() - self._read_anew >= READ_ANEW_SECONDS

    def _get(self, secret: Mapping[str, str]) -> None:
        answer = self._ask(token_request(self._auth, secret))
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise Misconfigured("DokStamp answered the token request without an access_token")
        lasts = SHORT_LIFE_SECONDS
        if isinstance(life, int | float) and life > 0:
            lasts = float(min(life, LONGEST_LIFE_SECONDS))
        self._token = token
        self._good_until = self._clock() + max(lasts - RENEW_EARLY_SECONDS, lasts / 2)
