"""A served sandbox in each generation of the documentation, and clients for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.settings import Settings
from local.sandbox import Sandbox, running_sandbox
from tests.support.pipeline import CREDENTIALS, Clock, a_brake, settings

Connect = Callable[..., DokStamp]
MODES = {
    "g1": {"dokstamp_auth": "password", "dokstamp_issue": "status"},
    "g2": {"dokstamp_auth": "client_credentials", "dokstamp_issue": "finish"},
}


@pytest.fixture(scope="session", autouse=True)
def no_tls(no_certificates: None) -> None:
    """No test here speaks TLS."""


@pytest.fixture(scope="session", params=["g1", "g2"])
def served(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with running_sandbox(generation=request.param) as sandbox:
        yield sandbox


@pytest.fixture
def given(sandbox: Sandbox) -> Settings:
    """Settings for the sandbox's generation."""
    return settings(sandbox.url, **MODES[sandbox.switches.generation])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(given: Settings, clock: Clock) -> Iterator[Connect]:
    """Makes a client, with some settings changed."""
    clients = []

    def made(**changes: Any) -> DokStamp:
        client = DokStamp(given.model_copy(update=changes), lambda afresh: CREDENTIALS, a_brake(clock), clock=clock)
        clients.append(client)
        return client

    yield made
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Connect) -> DokStamp:
    return connect()
