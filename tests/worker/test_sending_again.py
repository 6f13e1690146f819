"""Whoever delivers a record that others wait for sends these to the inbox again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dokstamp_sync.errors import Retry
from dokstamp_sync.intake.check import check
from dokstamp_sync.messages import MOST_BYTES, run_of
from tests.worker.scene import NOON, Scene, outcomes, student
from tests.worker.test_healing import SETTLED, WANTED, sent, wait_for_ana


def test_whoever_delivers_an_awaited_record_sends_what_waits_for_it_to_the_inbox(scene: Scene) -> None:
    # Given two records of one run and one of another that wait for a student
    wait_for_ana(scene, 2, "old")
    wait_for_ana(scene, 1, "older", force=True)
    # When the student is delivered
    assert outcomes(scene.take("ana")) == {"ana": "created"}
    # Then each run has a message of its own, of the moment and with the option of the first one
    first, second = sorted(sent(scene), key=lambda each: str(each["heals"]))
    assert [each["sis_id"] for each in first["enrollments"]] == ["old-000", "old-001"]
    assert (first["heals"], first["occurred_at"], first["options"]) == ("old", NOON, {"force": False})
    assert (second["heals"], len(second["enrollments"]), second["options"]) == ("older", 1, {"force": True})
    # And the intake takes them
    assert [check(body).settled for body in scene.inbox.bodies] == [[], []]
    # And the student is awaited no more
    assert scene.row("ana").awaited is None


def test_a_record_for_which_nobody_waits_costs_no_question(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene.refusals, "waiting_for", _unexpected)
    assert outcomes(scene.take("ana", "bia")) == {"ana": "created", "bia": "created"}
    assert outcomes(scene.take("ana", run="run-2")) == {"ana": "unchanged"}


def _unexpected(awaits: str) -> Any:
    raise AssertionError("it was asked")


def test_a_mark_that_is_young_puts_the_question_off_for_the_index_may_lag(scene: Scene) -> None:
    # Given a student who is awaited only just now
    wait_for_ana(scene)
    scene.store.rows[WANTED] = replace(scene.row("ana"), awaited=scene.clock() - SETTLED + 9)
    # When it is delivered, Then its message has to come again, and nothing is sent yet
    assert scene.take("ana") is None
    assert (scene.answers.hidden, scene.inbox.bodies) == ([9], [])
    # And when it does, it says the same as it would have said, and what waits is sent
    scene.clock.sleep(9)
    assert outcomes(scene.take("ana", receives=2)) == {"ana": "created"}
    assert len(sent(scene)) == 1


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_worker_that_dies_on_the_way_leaves_it_to_the_next_one_under_the_same_names(
    taken: int, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two messages to send, and a worker that knows nothing of those that the inbox has taken
    wait_for_ana(scene, 1, "old")
    wait_for_ana(scene, 1, "older")
    send = scene.inbox.send

    def sending(bodies: Sequence[str]) -> None:
        monkeypatch.undo()
        send(bodies[:taken])
        raise Retry("the inbox could not be reached")

    monkeypatch.setattr(scene.inbox, "send", sending)
    # When the student is delivered and its message comes again
    assert scene.take("ana") is None
    assert outcomes(scene.take("ana", receives=2)) == {"ana": "created"}
    # Then all is sent; what was sent twice has one name, so that it is one run
    assert len(scene.inbox.bodies) == 2 + taken
    assert len({run_of(each["id"]) for each in sent(scene)}) == 2


def test_another_delivery_is_another_cause(scene: Scene) -> None:
    # Given what waits for a student, sent when that was delivered, and then blocked by it again
    wait_for_ana(scene)
    scene.take("ana")
    wait_for_ana(scene)
    scene.store.rows[WANTED] = replace(scene.row("ana"), awaited=scene.clock() - SETTLED)
    # When the student is delivered again
    scene.take(student("ana", social_name="Ana"), run="run-2", occurred_at="2026-11-21T12:00:00Z")
    # Then it is sent under another name
    assert len({each["id"] for each in sent(scene)}) == 2


def test_a_mark_that_was_made_meanwhile_is_not_removed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a student whose row another worker marks while the inbox is written to
    wait_for_ana(scene)

    def sending(bodies: Sequence[str]) -> None:
        row = scene.row("ana")
        scene.store.write(replace(row, awaited=scene.clock()), row)

    monkeypatch.setattr(scene.inbox, "send", sending)
    # When it is delivered, Then the new mark stays
    assert outcomes(scene.take("ana")) == {"ana": "created"}
    assert scene.row("ana").awaited == scene.clock()


@pytest.mark.parametrize(("number", "size", "messages"), [(500, 0, 1), (501, 0, 2), (1000, 250, 3)])
def test_many_are_sent_in_messages_that_the_intake_takes(number: int, size: int, messages: int, scene: Scene) -> None:
    # Given more records than one message may hold, or larger ones
    wait_for_ana(scene, number, size=size)
    # When the student is delivered
    scene.take("ana")
    # Then each record is in one message, and each message small enough
    assert sum(len(each["enrollments"]) for each in sent(scene)) == number
    assert len({each["id"] for each in sent(scene)}) == len(scene.inbox.bodies) == messages
    assert all(len(body.encode()) <= MOST_BYTES and check(body) for body in scene.inbox.bodies)
