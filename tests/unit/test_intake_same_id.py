"""The same id is the same message: it starts nothing, sends nothing and brings no second result."""

import json
from collections.abc import Iterable

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.messages import run_of
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, calls, example

COURSES = (Step.INSTITUTION, Step.COURSE)


@pytest.mark.parametrize("option", [{}, {"force": True}, {"dry_run": True}], ids=["plain", "force", "dry run"])
@pytest.mark.parametrize("first", ["a run", "nothing new", "bad records alone"])
def test_the_same_id_is_the_same_message_also_after_a_result_without_a_run(
    first: str, option: Json, sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given a message that made a run, or had a result without one
    sis.has_said(*COURSES)
    said = {"a run": example(Step.COURSE, name="Other"), "nothing new": example(Step.COURSE)}
    record = said.get(first, {"code": "CS"})
    message = sis.message({Step.COURSE: [record]})
    pipeline.send(message)
    before = (len(pipeline.results), len(pipeline.runs), dict(pipeline.refusals.kept))
    sandbox.calls.clear()
    # When something new is sent under the same id
    new = example(Step.COURSE, code="NEW")
    for courses in ([new], [new, {"code": "BAD"}]):
        pipeline.intake.take(json.dumps(message | {"courses": courses, "options": option}), "message-2")
    # Then it sends nothing, brings no second result, and nothing of it is kept
    assert (len(pipeline.results), len(pipeline.runs), pipeline.refusals.kept) == before
    assert calls(sandbox) == []


def test_a_message_is_known_by_one_reading_of_the_mapping(
    sis: Sis, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a message with nothing new
    sis.has_said(*COURSES)
    message = sis.message({step: [example(step)] for step in COURSES})
    reads: list[set[str]] = []
    read = pipeline.store.read

    def noting(ids: Iterable[str]) -> dict[str, Row]:
        reads.append(set(ids))
        return read(reads[-1])

    monkeypatch.setattr(pipeline.store, "read", noting)
    # When it is taken, Then its records' rows and whether it was answered before are read at once, and then whether
    # what they were delivered below is still the same
    pipeline.send(message)
    assert reads == [{"institution#VALE", "course#CS", f"run#{run_of(message['id'])}"}, {"institution#VALE"}]
