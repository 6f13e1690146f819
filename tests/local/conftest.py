"""One local stack for all tests of this folder: the template, deployed by the SAM CLI on the emulated AWS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import deploy
from local.locks import hold
from local.places import LOCAL
from local.stack import LocalStack
from tests.local.troubled import given_up, go_through, stopped
from tests.local.world import World
from tests.template.cloudformation import default

RECORDER = Path(__file__).with_name("recorder.py")
# Short enough to see a queue exhausted, and a message too old.
PARAMETERS = {
    "MaximumReceives": "5",
    "RetryBaseSeconds": "0.2",
    "RetryCapSeconds": "1",
    "PatienceSeconds": "4",
    "OldestMessageSeconds": "3",
}

ADDRESS = "somebody@school.example"
THRESHOLDS = ("OldestMessageSeconds", "RejectedPercent", "RejectedFromRecords")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/local/" in item.path.as_posix():
            item.add_marker(pytest.mark.local)
    # What is noted of all tests is judged after them.
    items.sort(key=lambda item: item.path.name == "test_recorded_run.py")


@pytest.fixture(scope="session")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the emulated IAM notes what it allows and refuses; see recorder.py."""
    return tmp_path_factory.mktemp("iam") / "decisions.jsonl"


@pytest.fixture(scope="session")
def world(decisions: Path) -> Iterator[World]:
    with LocalStack("tests", parameters=PARAMETERS, emulator_program=("-P", RECORDER, decisions)) as stack:
        yield World(stack)


@pytest.fixture(scope="session")
def alarms(world: World) -> None:
    """The alarms, deployed for the stack. They need its names alone."""
    given = {name: PARAMETERS.get(name) or str(default(name)) for name in THRESHOLDS} | {"AlarmEmail": ADDRESS}
    with hold(deploy.LOCK, wait=True):
        deploy.deploy_alarms(LOCAL, Path(world.info.logs) / "sam.log", world.info.endpoint_url, given)


@pytest.fixture(scope="session")
def delivered(world: World) -> str:
    """The ARN of the run that delivered one record of each kind; see troubled.py."""
    return str(world.execution(go_through(world))["executionArn"])


@pytest.fixture(scope="session")
def cut_off(world: World) -> dict[str, str]:
    """How a run can end badly -> the ARN of one that did."""
    return {"Failed": given_up(world), "Aborted": stopped(world)}


@pytest.fixture(autouse=True)
def _no_faults(world: World) -> Iterator[None]:
    yield
    world.heal()
