"""Which DokStamp the local stack runs against: the one of the DOKSTAMP_ variables, else the sandbox."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.processes import Failed

# What a function needs to get out of a network that needs it; handed on only with a DokStamp outside.
LOOPBACK = "127.0.0.1"
NETWORK_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")

# As the template's DokStampBaseUrl.
AN_ADDRESS = re.compile(r"(https://[^\s/]+|http://(127\.0\.0\.1|localhost|host\.docker\.internal)(:\d+)?)(/\S*)?")

SANDBOX_CREDENTIALS = {
    "client_credentials": {"client_id": "sandbox-client", "client_secret": "sandbox-secret"},
    "password": {"email": "sync@sandbox.example", "password": "sandbox-password"},
}


@dataclass(frozen=True)
class DokStamp:
    """A DokStamp to run against. Without a `base_url` the local stack starts the sandbox."""

    base_url: str = ""
    tenant: str = "sandbox"
    auth: str = "client_credentials"
    issue: str = "finish"
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_sandbox(self) -> bool:
        return not self.base_url

    def secret(self) -> dict[str, str]:
        return dict(self.credentials or SANDBOX_CREDENTIALS[self.auth])

    def network(self) -> dict[str, str]:
        """The environment variables that functions need to reach it."""
        if self.is_sandbox:
            return {}
        wanted = (name for upper in NETWORK_VARIABLES for name in (upper, upper.lower()))
        found = {name: os.environ[name] for name in wanted if name in os.environ}
        return found | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK} if found else {}


def from_environment(environment: Mapping[str, str] = os.environ) -> DokStamp:
    """Reads the DOKSTAMP_ variables; raises Failed where they do not make sense together."""
    auth = environment.get("DOKSTAMP_AUTH") or "client_credentials"
    issue = environment.get("DOKSTAMP_ISSUE") or "finish"
    if auth not in SANDBOX_CREDENTIALS:
        raise Failed(f"DOKSTAMP_AUTH is {auth!r}; it can be client_credentials or password.")
    if issue not in ("finish", "status"):
        raise Failed(f"DOKSTAMP_ISSUE is {issue!r}; it can be finish or status.")
    base_url = (environment.get("DOKSTAMP_BASE_URL") or "").rstrip("/")
    if not base_url:
        return DokStamp(auth=auth, issue=issue)
    if not AN_ADDRESS.fullmatch(base_url):
        raise Failed("DOKSTAMP_BASE_URL must be a whole address that begins with https:// (here, http:// will do).")
    names = {name: f"DOKSTAMP_{name.upper()}" for name in SANDBOX_CREDENTIALS[auth]}
    missing = [name for name in ("DOKSTAMP_TENANT", *names.values()) if not environment.get(name)]
    if missing:
        raise Failed(f"DOKSTAMP_BASE_URL is set, so set {', '.join(missing)} as well (DOKSTAMP_AUTH is {auth}).")
    credentials = {name: environment[variable] for name, variable in names.items()}
    return DokStamp(base_url, environment["DOKSTAMP_TENANT"], auth, issue, credentials)
