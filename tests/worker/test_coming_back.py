"""When a message that could not be finished comes back."""

import io
import json
import math

import pytest

from dokstamp_sync.errors import Misconfigured, NotReady, OutOfTime, Retry, Throttled
from dokstamp_sync.messages import run_of
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Student
from dokstamp_sync.steps.work import Delivered, Work
from tests.worker.scene import COURSE, Scene, create, outcomes, student, uuid_of

SHARE = 0.75  # of a back-off, half-way between half of it and all of it, as the scene's randomness draws


@pytest.mark.parametrize(
    ("receives", "longest"), [(1, 10), (2, 20), (3, 40), (7, 640), (8, 900), (20, 900), (1000, 900)]
)
@pytest.mark.parametrize(
    "error", [Retry("503"), Misconfigured("403"), ValueError("unforeseen")], ids=lambda error: type(error).__name__
)
def test_without_a_hint_it_comes_back_after_a_back_off_that_doubles_up_to_the_cap(
    scene: Scene, receives: int, longest: int, error: Exception
) -> None:
    scene.step.script["ana"] = [error]
    assert scene.take("ana", receives=receives) is None
    assert scene.answers.hidden == [math.ceil(longest * SHARE)]


@pytest.mark.parametrize(("after", "seconds"), [(6, 8), (120, 120), (700.5, 701), (1e9, 900)])
def test_it_comes_back_no_earlier_than_dokstamp_asks(scene: Scene, after: float, seconds: int) -> None:
    # Given a DokStamp that names a time to wait, too long to be waited out; beyond a quarter of an hour nobody heeds it
    scene.step.script["ana"] = [Throttled("429", after=after)]
    # Then the message is hidden for so long, or for the back-off if that is longer
    assert scene.take("ana") is None
    assert scene.answers.hidden == [seconds]


def test_of_several_records_the_one_that_waits_longest_decides(scene: Scene) -> None:
    scene.step.script["ana"] = [Retry("reset", after=60)]
    scene.step.script["bia"] = [Retry("reset", after=300)]
    scene.step.script["caio"] = [OutOfTime("later")]
    assert scene.take("ana", "bia", "caio", "dora") is None
    assert scene.answers.hidden == [300]


def test_after_a_lost_answer_it_comes_back_when_the_lease_has_run_out(scene: Scene) -> None:
    # Given a POST whose answer is lost
    scene.api.trouble["/students"] = Retry("reset", definite=False)
    scene.step.script["ana"] = [create, create]
    # When its message is taken
    assert scene.take("ana") is None
    # Then nobody may post again until the lease has run out
    assert scene.answers.hidden == [scene.settings.lease_seconds]
    assert scene.row("ana").claim is not None


def test_nothing_is_sent_when_the_lease_has_run_out(scene: Scene) -> None:
    # Given a step that looks for longer than its lease lasts
    def late(work: Work[Student]) -> Delivered:
        scene.clock.sleep(scene.settings.lease_seconds)
        return create(work)

    scene.step.script["ana"] = [late, create]
    # When it comes to its writing call
    assert scene.take("ana") is None
    # Then nothing is sent, and the next worker may start at once
    assert scene.api.calls == []
    assert outcomes(scene.take("ana", receives=2)) == {"ana": "created"}


def test_a_record_whose_first_call_was_carried_out_never_passes_for_unchanged(scene: Scene) -> None:
    # Given a delivered record, and a change of which DokStamp took the first call and put off the second
    scene.take("ana")

    def half(work: Work[Student]) -> Delivered:
        work.api.change("/students/1", {})
        raise Throttled("429", after=60)

    scene.step.script["ana"] = [half]
    assert scene.take(student("ana", social_name="Ana"), run="run-2") is None
    # When the SIS says what it said at first
    answer = scene.take("ana", run="run-3")
    # Then it is delivered
    assert outcomes(answer) == {"ana": "updated"}


def test_after_a_definite_refusal_to_serve_the_next_worker_may_start_at_once(scene: Scene) -> None:
    scene.api.trouble["/students"] = Throttled("429", after=30)
    scene.step.script["ana"] = [create]
    assert scene.take("ana") is None
    assert scene.answers.hidden == [30]
    assert scene.row("ana").claim is None


def test_a_worker_out_of_time_hands_back_at_once_what_it_has_not_begun(scene: Scene) -> None:
    # Given a worker whose time ends while the first of two records is delivered
    scene.step.lanes = {"ana": "lane", "bia": "lane"}

    def slowly(work: object) -> Delivered:
        scene.clock.sleep(100)
        return Delivered(Outcome.CREATED, uuid_of("ana"))

    scene.step.script["ana"] = [slowly]
    scene.worker.begin_before(scene.clock() + 100)
    # When the message is taken
    assert scene.take("ana", "bia") is None
    # Then the second is not begun, and comes back at once
    assert scene.step.begun == ["ana"]
    assert scene.answers.hidden == [0]
    # And the next worker takes up just that one
    scene.worker = scene.another_worker()
    assert outcomes(scene.take("ana", "bia", receives=2)) == {"ana": "created", "bia": "created"}
    assert scene.step.begun == ["ana", "bia"]


def test_a_record_that_waits_for_its_parent_comes_back_by_the_back_off_or_when_patience_ends(scene: Scene) -> None:
    # Given a record that waits for its parent
    scene.step.needs["ana"] = COURSE
    assert scene.take("ana", receives=4) is None
    assert scene.answers.hidden == [math.ceil(10 * SHARE)]
    # When it comes again ten seconds before its patience ends, Then its back-off ends with it
    assert scene.wait(3590, "ana", receives=10) is None
    assert scene.answers.hidden[-1] == 10


def test_the_records_of_a_large_message_come_back_after_one_draw_and_not_after_the_longest_of_many(
    scene: Scene,
) -> None:
    # Given many records that fail, and a randomness that draws something else each time
    draws = iter(range(1, 1000))
    scene.worker = scene.another_worker(lambda: next(draws) / 1000)
    names = [f"student{number}" for number in range(50)]
    for name in names:
        scene.step.script[name] = [Retry("503")]
    # When their message comes back, Then it waits by one draw
    assert scene.take(*names, receives=300) is None
    assert scene.answers.hidden == [math.ceil(450 * 1.001)]


def test_a_run_that_cannot_be_answered_is_answered_when_the_message_comes_back(scene: Scene) -> None:
    # Given a state machine that throttles
    scene.answers.trouble = [Retry("the run could not be answered (ThrottlingException)")]
    # When a message is done
    assert scene.take("ana") is None
    assert scene.answers.hidden == [math.ceil(10 * SHARE)]
    # Then it comes back, delivers nothing again, and answers
    assert outcomes(scene.take("ana", receives=2)) == {"ana": "created"}
    assert scene.step.begun == ["ana"]


@pytest.mark.parametrize("what", ["read", "keep"])
def test_a_mapping_or_outcomes_table_that_cannot_be_asked_hands_the_message_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    # Given a table out of reach
    def fail(*_: object) -> None:
        raise Retry("throttled")

    monkeypatch.setattr(scene.store if what == "read" else scene.refusals, what, fail)
    # When a message with a good and an invalid record is taken
    assert scene.take("ana", student("bia", email="nobody")) is None
    # Then nothing is answered and nothing is lost
    assert scene.answers.hidden == [math.ceil(10 * SHARE)]
    assert scene.answers.answered == []


@pytest.mark.parametrize("error", [ValueError, KeyError, RuntimeError])
def test_an_unforeseen_error_is_logged_by_its_place_and_without_what_it_says(
    scene: Scene, logged: io.StringIO, error: type[Exception]
) -> None:
    # Given a bug whose message holds a person's data
    def fail(work: object) -> Delivered:
        raise error("ana Souza, ana@school.example, 2000-01-31")

    scene.step.script["ana"] = [fail]
    # When its record is taken among others
    assert scene.take("ana", "bia") is None
    # Then the other one is delivered, the log says what happened where, and nothing personal
    assert scene.row("bia").uuid == uuid_of("bia")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    (found,) = [line for line in lines if line["message"] == "unforeseen error"]
    assert found["error"] == error.__name__
    assert "fail" in found["where"]
    assert (found["run"], found["step"]) == (run_of("run-1"), "student")
    for personal in ("Souza", "school.example", "2000-01-31"):
        assert personal not in logged.getvalue()


@pytest.mark.parametrize(
    "error",
    [Retry("503"), Misconfigured("403"), NotReady("course 'ana@school.example' is neither mapped nor in DokStamp")],
    ids=lambda error: type(error).__name__,
)
def test_the_log_names_a_record_by_a_digest_and_never_by_its_id(
    scene: Scene, logged: io.StringIO, error: Exception
) -> None:
    # Given a record whose id is an e-mail address
    record = {"name": "Ana Souza", "email": "ana@school.example", "date_of_birth": "2000-01-31"}
    scene.step.script["ana@school.example"] = [error]
    # When it is retried
    scene.take(record)
    # Then the log tells of it without naming it
    assert '"record":"' in logged.getvalue()
    assert "ana@school.example" not in logged.getvalue()
    assert "Souza" not in logged.getvalue()
