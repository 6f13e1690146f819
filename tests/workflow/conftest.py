"""A deployed state machine for each test, and one sandbox for those that deliver."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from local.sandbox import Sandbox
from tests.workflow.world import EMULATED, Runs, deploy


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Iterator[Runs]:
    with mock_aws(config=EMULATED):
        runs = deploy(monkeypatch, sandbox.url)
        yield runs
        runs.stop()


@pytest.fixture
def impatient_runs(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Iterator[Runs]:
    """Waits one second for an answer, where the definition waits for two weeks."""
    with mock_aws(config=EMULATED):
        runs = deploy(monkeypatch, sandbox.url, wait_seconds=1)
        yield runs
        runs.stop()
