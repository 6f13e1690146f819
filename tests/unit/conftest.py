"""A served sandbox for all tests of this folder, as new for each, and a pipeline and a SIS for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.attaching import Person, say_catalogue
from tests.support.memory import MemoryStore
from tests.support.pipeline import FolderPdfs, Pipeline, settings
from tests.support.sis import Sis, example, pdf

hypothesis.settings.register_profile("unit", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("unit")


@pytest.fixture(scope="session", autouse=True)
def no_tls(no_certificates: None) -> None:
    """No test here speaks TLS."""


@pytest.fixture
def pipeline(sandbox: Sandbox, tmp_path: Path) -> Iterator[Pipeline]:
    """PDFs are read from ``tmp_path``."""
    pipeline = Pipeline(settings(sandbox.url), pdfs=FolderPdfs(tmp_path))
    yield pipeline
    pipeline.dokstamp.close()


@pytest.fixture
def sis(pipeline: Pipeline) -> Sis:
    return Sis(pipeline)


@pytest.fixture
def rows(pipeline: Pipeline) -> dict[str, Row]:
    """The mapping's rows by id; what is taken out is forgotten."""
    assert isinstance(pipeline.store, MemoryStore)
    return pipeline.store.rows


@pytest.fixture
def catalogue(sis: Sis, sandbox: Sandbox) -> None:
    """A course and five modules, M1 to M5."""
    say_catalogue(sis, sandbox)


@pytest.fixture
def person(sis: Sis, sandbox: Sandbox, catalogue: None) -> Person:
    return Person(sis, sandbox)


@pytest.fixture
def graduate(sis: Sis, sandbox: Sandbox, tmp_path: Path) -> None:
    """A student who is enrolled in a cohort, and the PDF."""
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.COHORT, Step.STUDENT)
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, cohort_id="CS-1"))
    pdf(tmp_path, "ana.pdf")
    sandbox.calls.clear()


@pytest.fixture
def elsewhere(sandbox: Sandbox, pipeline: Pipeline) -> Iterator[Callable[..., Pipeline]]:
    """The same stack after somebody changed its settings."""
    made: list[Pipeline] = []

    def changed(**changes: Any) -> Pipeline:
        given = settings(sandbox.url, **changes)
        made.append(Pipeline(given, store=pipeline.store, clock=pipeline.clock, pdfs=pipeline.pdfs))
        return made[-1]

    yield changed
    for each in made:
        each.dokstamp.close()
