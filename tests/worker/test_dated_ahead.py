"""A step message that is dated ahead of the clock: whatever it says would make all that is said until then stale."""

import json
from datetime import UTC, datetime

import pytest

from dokstamp_sync.outcomes import Outcome
from tests.support.sis import Json
from tests.worker.scene import Scene, outcomes, student, uuid_of


@pytest.mark.parametrize("token", [{}, {"task_token": None}, {"task_token": ""}], ids=repr)
def test_a_message_of_the_future_that_no_run_waits_for_is_kept_and_dropped(scene: Scene, token: Json) -> None:
    # Given a message straight from the SIS that is dated more than a day ahead
    ahead = datetime.fromtimestamp(scene.clock() + 86_460, UTC).isoformat()
    body = {"run": "run-1", "step": "student", "occurred_at": ahead, "records": [student("ana")], **token}
    # When it is taken
    assert scene.receive(json.dumps(body)) == {}
    # Then it is kept for people with the reason, and nothing is delivered
    kept = scene.refusals.kept["message#message-1"]
    assert (kept.sis_id, kept.outcome) == (None, Outcome.REJECTED)
    assert kept.reason.startswith("occurred_at: ")
    assert "more than one day ahead" in kept.reason
    assert scene.step.begun == []
    assert scene.store.rows == {}


def test_a_message_of_a_run_was_checked_at_the_inbox_and_one_of_the_next_day_is_taken(scene: Scene) -> None:
    # Given a message of a run, whose worker has a clock that is wrong, When it is taken, Then it is delivered
    ahead = datetime.fromtimestamp(scene.clock() + 400_000, UTC).isoformat()
    assert outcomes(scene.take("ana", occurred_at=ahead)) == {"ana": "created"}
    # And so is a message straight from the SIS that is a day ahead at most
    soon = datetime.fromtimestamp(scene.clock() + 86_400, UTC).isoformat()
    assert scene.take("bia", occurred_at=soon, task_token=None) == {}
    assert scene.row("bia").uuid == uuid_of("bia")
