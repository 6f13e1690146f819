"""While DokStamp wants to be left alone, no function sends a call that is bound to fail; a short wait is waited out."""

import pytest

from dokstamp_sync.delivery.shared_pace import BRAKE
from dokstamp_sync.errors import Retry, Throttled
from dokstamp_sync.mapping.row import Row
from tests.worker.scene import Scene, create, outcomes


@pytest.fixture
def paused(scene: Scene) -> Scene:
    """A scene whose DokStamp has just asked one function to wait for a minute; another function takes over."""
    scene.take("zoe")
    scene.step.script["ana"] = [scene.asked_to_wait]
    assert scene.take("ana") is None
    scene.worker = scene.another_worker()
    scene.step.begun.clear()
    scene.answers.hidden.clear()
    scene.clock.sleep(20)
    return scene


def test_another_function_begins_nothing_before_the_pause_is_over(paused: Scene) -> None:
    # When another function receives a message during the pause
    assert paused.take("bia") is None
    # Then nothing was begun or claimed for it, and it stays hidden for what is left of the pause
    assert paused.step.begun == []
    assert "student#bia" not in paused.store.rows
    assert paused.answers.hidden == [40]


def test_a_record_that_needs_no_call_is_answered_during_the_pause(paused: Scene) -> None:
    assert outcomes(paused.take("zoe", run="run-2")) == {"zoe": "unchanged"}


def test_after_the_pause_everything_is_delivered(paused: Scene) -> None:
    paused.clock.sleep(40)
    assert outcomes(paused.take("ana", "bia", receives=2)) == {"ana": "created", "bia": "created"}


def test_a_short_wait_is_waited_out_with_nothing_claimed(scene: Scene) -> None:
    # Given a DokStamp that refuses a record's call once, and asks to wait for two seconds
    began = scene.clock()

    def refused(work: object) -> None:
        scene.brake.refuse(2)
        raise Throttled("429", after=2)

    scene.step.script["ana"] = [refused]  # type: ignore[list-item]
    # When a function takes the record with another one, Then both are delivered in the same receive, after the wait
    assert outcomes(scene.take("ana", "bia")) == {"ana": "created", "bia": "created"}
    assert scene.clock() - began >= 2
    assert scene.answers.hidden == []


def test_a_pause_that_cannot_be_written_down_sends_the_record_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a mapping that takes the claim, but not the pause
    write = scene.store.write

    def no_pause(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        if row.id == BRAKE:
            raise Retry("the mapping could not be written")
        return write(row, replaces, beside)

    monkeypatch.setattr(scene.store, "write", no_pause)
    scene.step.script["ana"] = [scene.asked_to_wait]
    # When DokStamp asks to wait, Then the record comes back
    assert scene.take("ana") is None
    assert len(scene.answers.hidden) == 1


def test_a_lost_answer_makes_nobody_else_wait(scene: Scene) -> None:
    # Given a record whose POST got no answer, so that it waits for its lease
    scene.api.trouble["/students"] = Retry("reset", definite=False)
    scene.step.script["ana"] = [create]
    assert scene.take("ana") is None
    # When another record comes, Then it is delivered
    assert outcomes(scene.take("bia")) == {"bia": "created"}
