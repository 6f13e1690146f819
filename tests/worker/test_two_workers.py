"""Several workers at one record at the same moment: one entity, and the latest word of the SIS holds."""

import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from dokstamp_sync.worker.batch import HandedBack, Received
from local.sandbox import Sandbox
from tests.support.memory import MemoryStore
from tests.support.pipeline import Pipeline, settings
from tests.worker.school import ANA, calls, names, outcome, students

OLDER, NEWER = "2026-11-20T11:00:00Z", "2026-11-20T13:00:00Z"
REIS = ANA | {"name": "Ana Reis"}


class MeetingStore(MemoryStore):
    """Lets nobody write before all have read: the worst moment for workers to meet."""

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._meeting = threading.Barrier(workers, timeout=20)
        self._expected = itertools.count(workers, -1)

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        if next(self._expected) > 0:
            self._meeting.wait()
        return super().write(row, replaces, beside)


def meeting(sandbox: Sandbox, workers: int) -> Pipeline:
    """A pipeline whose first workers meet. Its clock is put forward by each that is handed back, so leases are long."""
    return Pipeline(settings(sandbox.url, lease_seconds=600), store=MeetingStore(workers))


def at_once(pipeline: Pipeline, messages: Sequence[Mapping[str, Any]]) -> None:
    """Each message to a worker of its own, all at the same moment."""

    def take(message: Mapping[str, Any]) -> None:
        body = json.dumps({**message, "task_token": "token"})
        with suppress(HandedBack):
            pipeline.worker(Step.STUDENT).take(Received(message["run"], body, "handle", 1))

    with ThreadPoolExecutor(len(messages)) as pool:
        list(pool.map(take, messages))


@pytest.mark.parametrize("workers", [2, 4])
def test_messages_about_a_new_record_at_the_same_moment_create_one_entity(sandbox: Sandbox, workers: int) -> None:
    # Given as many runs that say the same new student, each at a worker of its own
    pipeline = meeting(sandbox, workers)
    messages = [students(ANA, run=f"run-{number}") for number in range(workers)]
    # When all workers have read the mapping before any of them writes
    at_once(pipeline, messages)
    ends = sorted(outcome(pipeline.take(Step.STUDENT, each))[0] for each in messages)
    # Then one of them creates the student, and the others find it as it should be
    assert ends == ["created", *["unchanged"] * (workers - 1)]
    assert names(sandbox) == ["Ana Souza"]
    assert calls(sandbox, "POST", "/students") == 1


def test_the_same_message_at_two_workers_is_delivered_once(sandbox: Sandbox) -> None:
    pipeline = meeting(sandbox, 2)
    message = students(ANA)
    at_once(pipeline, [message, message])
    assert outcome(pipeline.take(Step.STUDENT, message))[0] == "created"
    assert (names(sandbox), calls(sandbox, "POST", "/students")) == (["Ana Souza"], 1)


def test_of_two_words_at_the_same_moment_the_newer_one_holds(sandbox: Sandbox) -> None:
    # Given an older and a newer word about one student
    pipeline = meeting(sandbox, 2)
    older = students(ANA, run="older", occurred_at=OLDER)
    newer = students(REIS, run="newer", occurred_at=NEWER)
    # When both are worked on at once, and whoever was handed back comes again
    at_once(pipeline, [older, newer])
    for each in (newer, older):
        pipeline.take(Step.STUDENT, each)
    # Then DokStamp says the newer one
    assert names(sandbox) == ["Ana Reis"]


def test_what_is_older_never_wins_however_late_it_comes(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a student as the SIS says at one o'clock
    pipeline.take(Step.STUDENT, students(REIS, run="newer", occurred_at=NEWER))
    sandbox.calls.clear()
    # When what it said at eleven comes
    answer = pipeline.take(Step.STUDENT, students(ANA, run="older", occurred_at=OLDER))
    # Then it is stale, without a call
    assert outcome(answer)[0] == "stale"
    assert sandbox.calls == []
    assert names(sandbox) == ["Ana Reis"]


def test_what_held_longer_is_not_overwritten_by_what_came_in_between(sandbox: Sandbox, pipeline: Pipeline) -> None:
    # Given a student who is as at first, said again at one o'clock
    pipeline.take(Step.STUDENT, students(ANA, run="first", occurred_at=OLDER))
    assert outcome(pipeline.take(Step.STUDENT, students(ANA, run="again", occurred_at=NEWER)))[0] == "unchanged"
    # When a word of noon comes late
    answer = pipeline.take(Step.STUDENT, students(REIS, run="between"))
    # Then it is stale
    assert outcome(answer)[0] == "stale"
    assert names(sandbox) == ["Ana Souza"]


def test_what_is_unchanged_makes_no_call(sandbox: Sandbox, pipeline: Pipeline) -> None:
    pipeline.take(Step.STUDENT, students(ANA))
    sandbox.calls.clear()
    assert outcome(pipeline.take(Step.STUDENT, students(ANA, run="run-2")))[0] == "unchanged"
    assert sandbox.calls == []


def test_force_sends_what_is_unchanged(sandbox: Sandbox, pipeline: Pipeline) -> None:
    pipeline.take(Step.STUDENT, students(ANA))
    uuid = sandbox.state["students"]["live"][0]["uuid"]
    sandbox.calls.clear()
    answer = pipeline.take(Step.STUDENT, students(ANA, run="run-2", options={"force": True}))
    assert outcome(answer)[0] == "updated"
    assert calls(sandbox, "PATCH", f"/students/{uuid}") == 1
