"""A record that another worker is at: it is left alone, and its message comes back soon."""

import math

import pytest

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.row import Conflict, Delivery, Row
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Student
from dokstamp_sync.steps.work import Delivered, Work
from tests.worker.scene import Scene, create, outcomes, student

SHARE = 0.75  # of a back-off, half-way between half of it and all of it, as the scene's randomness draws


@pytest.fixture
def occupied() -> Scene:
    """A scene in which another worker has been at ``ana`` for a moment; no call is noted yet."""
    scene = Scene(lease_seconds=180)
    scene.api.trouble["/students"] = Retry("reset", definite=False)
    scene.step.script["ana"] = [create]
    scene.take("ana")
    scene.worker = scene.another_worker()
    scene.step.begun.clear()
    scene.api.calls.clear()
    return scene


def test_a_record_owned_by_another_worker_comes_back_later_and_makes_no_call(occupied: Scene) -> None:
    # When a second worker gets a record under the first one's lease, Then it leaves it alone
    assert occupied.take("ana", run="run-2", receives=2) is None
    assert occupied.step.begun == []
    assert occupied.api.calls == []
    assert occupied.answers.hidden[-1] == 20 * SHARE


@pytest.mark.parametrize(("answers", "longest"), [(True, 180 / 2), (False, 900)])
def test_after_an_outage_nobody_waits_long_for_another_worker(occupied: Scene, answers: bool, longest: float) -> None:
    # Given a message that was received very often
    if not answers:
        occupied.api.trouble["/institutions"] = Retry("503")
    # When another worker is at its record, Then it comes back soon if DokStamp answers, and else by its back-off
    assert occupied.take("ana", run="run-2", receives=300) is None
    assert occupied.answers.hidden[-1] == math.ceil(longest * SHARE)


def test_a_record_that_fails_waits_long_though_another_worker_is_at_another_one(occupied: Scene) -> None:
    occupied.step.script["bia"] = [Retry("500")]
    assert occupied.take("ana", "bia", run="run-2", receives=300) is None
    assert occupied.answers.hidden[-1] == 900 * SHARE
    assert occupied.api.calls == []


def test_a_conflict_over_a_shared_row_is_never_taken_for_the_record_s_own(scene: Scene) -> None:
    # Given a delivered record, and a step that loses a row that it shares with others to another worker
    scene.take("ana")
    own = scene.row("ana")

    def lose(work: Work[Student]) -> Delivered:
        newer = Delivery("run-9", "2030-01-01T00:00:00Z", "", Outcome.UPDATED, "")
        raise Conflict(Row("student#bia", uuid="1", applied=newer))

    scene.step.script["ana"] = [lose]
    # When it is taken again with a change, Then it comes back, for its own row is still claimed
    assert scene.take(student("ana", social_name="Ana"), run="run-2") is None
    # And when the lease has run out, it is delivered
    scene.clock.sleep(scene.settings.lease_seconds + 1)
    answer = scene.take(student("ana", social_name="Ana"), run="run-2", receives=2)
    assert outcomes(answer) == {"ana": "updated"}
    assert scene.row("ana").uuid == own.uuid
