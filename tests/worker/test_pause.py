"""While DokStamp wants to be left alone, no function sends a call that is bound to fail."""

import pytest

from dokstamp_sync.delivery.pause import PAUSE, Pause
from dokstamp_sync.errors import Retry, Throttled
from dokstamp_sync.mapping.row import Row
from tests.support.memory import MemoryStore
from tests.support.pipeline import Clock
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


def test_a_pause_that_could_not_be_written_down_still_holds_in_its_own_function(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a mapping that takes the claim, but not the pause
    write = scene.store.write

    def no_pause(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        if row.id == PAUSE:
            raise Retry("the mapping could not be written")
        return write(row, replaces, beside)

    monkeypatch.setattr(scene.store, "write", no_pause)
    scene.step.script["ana"] = [scene.asked_to_wait]
    # When DokStamp asks to wait, Then the record comes back as it would have, and the next one waits too
    assert scene.take("ana") is None
    assert scene.take("bia") is None
    assert scene.answers.hidden == [60, 60]
    assert scene.step.begun == ["ana"]


@pytest.mark.parametrize(("asked", "left"), [(10, 60), (100, 100)])
def test_the_later_of_two_ends_holds_for_everybody(asked: float, left: float) -> None:
    # Given two functions that know of a pause of a minute
    store, clock = MemoryStore(), Clock()
    one, another = (Pause(store, clock) for _ in range(2))
    one.note(60)
    another.learn(store.rows)
    # When one of them is asked to wait for another time
    another.note(asked)
    # Then whoever asks the mapping waits until the later moment
    newcomer = Pause(store, clock)
    newcomer.learn(store.rows)
    with pytest.raises(Throttled) as held_back:
        newcomer.heed()
    assert held_back.value.after == left


def test_two_functions_that_are_asked_at_the_same_moment_leave_one_pause() -> None:
    # Given two functions, neither of which knows of a pause
    store, clock = MemoryStore(), Clock()
    one, another = (Pause(store, clock) for _ in range(2))
    # When both are asked to wait, Then the slower one gives way
    one.note(60)
    another.note(70)
    assert store.rows[PAUSE].facts == {"until": clock() + 60}


def test_a_lost_answer_makes_nobody_else_wait(scene: Scene) -> None:
    # Given a record whose POST got no answer, so that it waits for its lease
    scene.api.trouble["/students"] = Retry("reset", definite=False)
    scene.step.script["ana"] = [create]
    assert scene.take("ana") is None
    # When another record comes, Then it is delivered
    assert outcomes(scene.take("bia")) == {"bia": "created"}
