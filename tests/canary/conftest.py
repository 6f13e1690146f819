"""One stack of its own for the canaries: its secrets are canaries, too, and its functions log all that they can."""

from pathlib import Path

import pytest

from local.dokstamp import DokStamp
from local.stack import LocalStack
from tests.canary.planting import CLIENT_ID, CLIENT_SECRET
from tests.canary.troubles import Seen, go_through

# Short enough to see a queue exhausted.
PARAMETERS = {
    "LogLevel": "DEBUG",
    "MaximumReceives": "5",
    "RetryBaseSeconds": "0.2",
    "RetryCapSeconds": "1",
    "PatienceSeconds": "3",
    "LeaseSeconds": "3.5",
    "DeadlineSeconds": "2",
    "ProcessingSeconds": "0.5",
    "SkewSeconds": "0.5",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name == "test_canary.py" and "tests/canary/" in item.path.as_posix():
            item.add_marker(pytest.mark.local)


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What was to be seen of all of it; the stack is gone by then."""
    target = DokStamp(credentials={"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    sandbox = ("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    folder: Path = tmp_path_factory.mktemp("canary")
    with LocalStack("canary", target=target, parameters=PARAMETERS, sandbox_arguments=sandbox) as stack:
        return go_through(stack, folder)
