"""A scene of fakes, one sandbox for all tests of this folder, and what was logged."""

import io
import logging
from collections.abc import Iterator

import pytest
from moto import mock_aws

from dokstamp_sync.observability import logger, metrics
from local.sandbox import Sandbox
from tests.support.pipeline import Pipeline, settings
from tests.worker.lambda_world import World, build_world
from tests.worker.scene import COURSE, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def waiting(scene: Scene) -> Scene:
    """A scene in which ``ana`` needs the course ``CS``."""
    scene.step.needs["ana"] = COURSE
    return scene


@pytest.fixture
def pipeline(sandbox: Sandbox) -> Iterator[Pipeline]:
    pipeline = Pipeline(settings(sandbox.url))
    yield pipeline
    pipeline.dokstamp.close()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Iterator[World]:
    """Emulated AWS around one step's function, and the sandbox as its DokStamp."""
    with mock_aws():
        yield build_world(monkeypatch, sandbox.url)


@pytest.fixture(autouse=True)
def no_metrics_of_others() -> Iterator[None]:
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged during the test, as it is written."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield text
    logging.getLogger(logger.service).removeHandler(handler)
