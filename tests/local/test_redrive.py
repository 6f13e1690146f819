"""Dead letters, looked at and moved back by the commands' own code, on the deployed template."""

from pathlib import Path
from typing import Any

import pytest

from local import dead_letters, redrive
from local.follow import run_of
from local.letters import Lane, count, look
from tests.local.troubled import student, wait_for
from tests.local.world import World, outcomes


@pytest.fixture
def lane(world: World) -> Lane:
    """The student step's, without what other tests left in it."""
    queue = world.info.queues["student"]
    wait_for(lambda: world.is_empty(queue["url"]))
    world.sqs.purge_queue(QueueUrl=queue["dead_letter_url"])
    return Lane("student", queue["url"], queue["dead_letter_url"], world.sqs)


def log(world: World) -> str:
    """All that the functions have logged so far."""
    return Path(world.info.logs, "emulator.log").read_text()


def errors(text: str) -> list[str]:
    """What the functions logged as errors, or failed with."""
    return [line for line in text.splitlines() if '"level":"ERROR"' in line or "errorMessage" in line]


def taken(world: World, name: str) -> list[Any]:
    return [each for each in world.live("students") if each["email"] == f"{name}@example.edu"]


def test_a_run_resumes_where_it_stood_when_its_dead_letter_is_moved_back(
    world: World, lane: Lane, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a message of three kinds, and a DokStamp that always answers 500 where it is about students
    world.send(world.message(institutions=[{"sis_id": "RED", "name": "Redrive", "country": "Brazil"}]))
    world.send(world.message(courses=[{"code": "RED", "name": "Redrive", "institution_id": "RED"}]))
    world.fail(path="^/students", kind="status", status=500, times=None)
    enrollments = [{"student_id": name, "course_id": "RED", "enrolled_at": "2026-01-01"} for name in ("gil", "hal")]
    cohorts = [{"code": "RED-1", "course_id": "RED"}]
    message = world.message(cohorts=cohorts, students=[student("gil"), student("hal")], enrollments=enrollments)
    world.put(message)
    # When it is exhausted, Then its step's letter waits, and its run is open
    wait_for(lambda: count(lane) > 0)
    assert world.status(message) == "RUNNING"
    # And `make dead-letters` tells which run and how many records, and nothing of anybody
    dead_letters.show([(lane, count(lane), look(lane))])
    shown = capsys.readouterr().out
    assert run_of(message["id"]) in shown
    assert "gil" not in shown.lower()
    assert "example.edu" not in shown
    # And when DokStamp is well again and `make redrive` moves it back, where SQS cannot do that itself
    world.heal()
    before = len(world.calls())
    said: list[str] = []
    assert redrive.redrive(lane, said.append) == 1
    assert "If interrupted, one may be there twice" in said[0]
    # Then the run goes on where it stood, and every record is there once
    result = world.result(message)
    assert result["status"] == "completed"
    assert set(outcomes(result).values()) == {"created"}
    assert len(result["records"]) == 5
    assert world.ended(message) == "SUCCEEDED"
    assert [len(taken(world, name)) for name in ("gil", "hal")] == [1, 1]
    uuids = [taken(world, name)[0]["uuid"] for name in ("gil", "hal")]
    assert sorted(
        each["student_uuid"] for each in world.live("enrollments") if each["student_uuid"] in uuids
    ) == sorted(uuids)
    # And what was delivered before it failed was not sent again
    later = [f"{each['method']} {each['path']}" for each in world.calls()[before:] if each["method"] != "GET"]
    assert sorted({*later} - {"POST /oauth/token"}) == ["POST /enrollments", "POST /students"]
    assert (later.count("POST /enrollments"), later.count("POST /students")) == (2, 2)
    assert world.is_empty(lane.dead_letter_url)


def test_a_letter_that_is_there_twice_after_an_interrupted_redrive_delivers_nothing_twice(
    world: World, lane: Lane
) -> None:
    # Given a dead letter
    world.fail(path="^/students", kind="status", status=500, times=None)
    message = world.message(students=[student("ivo")])
    world.put(message)
    wait_for(lambda: count(lane) > 0)
    world.heal()
    # When a redrive is interrupted between sending and deleting it, and done once more after the run has ended
    interrupted = Interrupted(lane)
    with pytest.raises(KeyboardInterrupt):
        redrive.redrive(interrupted.lane, lambda _: None)
    assert outcomes(world.result(message)) == {("student", "ivo"): "created"}
    before = len(log(world))
    assert redrive.redrive(lane, lambda _: None) == 1
    # Then the second copy's token was answered before: it is done without an error, and nothing is left of it
    wait_for(lambda: "the run no longer waits for this answer" in log(world)[before:])
    wait_for(lambda: world.is_empty(lane.queue_url))
    assert world.is_empty(lane.dead_letter_url)
    assert len(taken(world, "ivo")) == 1
    assert errors(log(world)[before:]) == []


class Interrupted:
    """A lane on which nothing can be deleted: whoever tries is interrupted."""

    def __init__(self, lane: Lane) -> None:
        self._sqs = lane.sqs
        self.lane = Lane(lane.name, lane.queue_url, lane.dead_letter_url, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def delete_message(self, **_: Any) -> None:
        raise KeyboardInterrupt


def test_a_message_of_a_run_that_was_stopped_is_done_and_no_error(world: World, lane: Lane) -> None:
    # Given a run that is stopped while its step's message waits (MiniStack takes an answer to it; AWS does not, and
    # what the function does then is what it does about the second copy of a letter, above)
    world.fail(path="^/students", kind="status", status=503, times=None)
    message, start = world.message(students=[student("jan")]), len(log(world))
    world.put(message)
    wait_for(lambda: world.status(message) == "RUNNING" and "answered 503" in log(world)[start:])
    arn = world.execution(run_of(message["id"]))["executionArn"]
    before = len(log(world))
    world.states.stop_execution(executionArn=arn, error="Stopped", cause="by hand")
    # When DokStamp is well again
    world.heal()
    # Then the message is done: its record is delivered, it is gone, and not to the dead letters
    wait_for(lambda: bool(taken(world, "jan")))
    wait_for(lambda: world.is_empty(lane.queue_url))
    assert world.is_empty(lane.dead_letter_url)
    assert len(taken(world, "jan")) == 1
    # And no function has reported an error, and the SIS is told that the run failed
    assert errors(log(world)[before:]) == []
    assert world.result(message)["status"] == "failed"
