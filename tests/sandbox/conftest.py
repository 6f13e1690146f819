"""One sandbox for all tests of this folder, as new for each of them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.sandbox import NEIGHBOUR, Account, Sandbox, running_sandbox
from tests.sandbox.caller import Caller, stranger


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / "journal.jsonl"


@pytest.fixture(scope="session")
def served(journal: Path) -> Iterator[Sandbox]:
    with running_sandbox(journal=journal, generation="g2") as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _everything_is_kept(served: Sandbox, journal: Path) -> Iterator[None]:
    """Whatever a test does with the sandbox, one that is started again holds the same."""
    yield
    again = Sandbox(journal=journal)
    assert again.state == served.state
    assert again.store.contents == served.store.contents
    assert again.switches == served.switches


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Caller]:
    """The API for the tenant `sandbox`; its own log in is not in the call log."""
    with Caller(sandbox, Account()) as caller:
        sandbox.calls.clear()
        yield caller


@pytest.fixture
def neighbour(sandbox: Sandbox) -> Iterator[Caller]:
    """The same API for another tenant."""
    with Caller(sandbox, NEIGHBOUR) as caller:
        yield caller


@pytest.fixture
def anyone(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client without a token."""
    with stranger(sandbox) as client:
        yield client
