"""A step message's records: each comes to its own fate, and the run is answered once all have one."""

import io
import json
import threading
from typing import Any

import pytest

from dokstamp_sync.errors import Misconfigured, Rejected, Retry, Throttled
from dokstamp_sync.messages import run_of
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Delivered
from tests.worker.scene import NOON, Scene, create, outcomes, reasons, student, uuid_of

LATER = [Retry("503"), Throttled("429", after=60), Misconfigured("403"), ValueError("unforeseen")]
STEP_MESSAGE = {"run": "run-1", "step": "student", "occurred_at": NOON, "options": {}, "records": []}


def test_the_run_is_answered_with_counts_and_every_record_in_the_order_of_the_message(scene: Scene) -> None:
    # Given a message of three records, one of which is refused
    scene.step.script["bia"] = [Rejected("email: invalid")]
    # When it is taken
    answer = scene.take("caio", "bia", "ana")
    # Then the answer has the shape that the run and the SIS rely on
    assert answer == {
        "counts": {"created": 2, "rejected": 1},
        "records": [
            {
                "step": "student",
                "sis_id": "caio",
                "outcome": "created",
                "uuid": uuid_of("caio"),
                "reason": "as scripted",
            },
            {"step": "student", "sis_id": "bia", "outcome": "rejected", "uuid": None, "reason": "email: invalid"},
            {"step": "student", "sis_id": "ana", "outcome": "created", "uuid": uuid_of("ana"), "reason": "as scripted"},
        ],
    }
    assert [token for token, _ in scene.answers.answered] == ["token-1"]


@pytest.mark.parametrize("error", LATER, ids=lambda error: type(error).__name__)
def test_while_one_is_retried_the_others_are_delivered_and_reported_again_with_it(
    scene: Scene, error: Exception
) -> None:
    # Given a record that cannot be delivered for now
    scene.step.script["bia"] = [error]
    # When its message is taken
    assert scene.take("ana", "bia", "caio") is None
    # Then the others are delivered, and the run has no answer yet
    assert {scene.row(name).uuid for name in ("ana", "caio")} == {uuid_of("ana"), uuid_of("caio")}
    assert scene.row("bia").applied is None
    assert scene.answers.answered == []
    # And when it comes back after the lease, only that one is delivered, and all are reported as created by this run
    scene.step.begun.clear()
    scene.clock.sleep(scene.settings.lease_seconds)
    answer = scene.take("ana", "bia", "caio", receives=2)
    assert scene.step.begun == ["bia"]
    assert outcomes(answer) == {"ana": "created", "bia": "created", "caio": "created"}
    assert reasons(answer)["ana"] == "as scripted"


def test_a_message_that_comes_twice_gives_the_same_answer_twice(scene: Scene) -> None:
    scene.step.script["bia"] = [Rejected("email: invalid")]
    first = scene.take("ana", "bia")
    assert scene.take("ana", "bia") == first
    assert sorted(scene.step.begun) == ["ana", "bia"]


def test_another_run_finds_the_record_unchanged(scene: Scene) -> None:
    scene.take("ana")
    assert outcomes(scene.take("ana", run="run-2")) == {"ana": "unchanged"}
    assert scene.step.begun == ["ana"]


def test_what_held_longer_is_not_overwritten_by_what_came_in_between(scene: Scene) -> None:
    # Given a record that is as at first, said again later
    scene.take("ana", occurred_at="2026-11-20T11:00:00Z")
    assert outcomes(scene.take("ana", run="run-2", occurred_at="2026-11-20T13:00:00Z")) == {"ana": "unchanged"}
    # When another word, of in between, comes late, Then it is stale
    assert outcomes(scene.take(student("ana", social_name="A."), run="run-3")) == {"ana": "stale"}


def test_a_message_straight_from_the_sis_needs_no_token(scene: Scene) -> None:
    # When a message without a task token is taken
    answer = scene.take("ana", task_token=None)
    # Then its records are delivered, and nobody is answered
    assert answer == {}
    assert scene.row("ana").uuid == uuid_of("ana")
    assert scene.answers.answered == []


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        "null",
        json.dumps(STEP_MESSAGE | {"step": "course"}),
        json.dumps(STEP_MESSAGE | {"step": "diploma"}),
        json.dumps(STEP_MESSAGE | {"unknown": 1}),
        json.dumps(STEP_MESSAGE | {"occurred_at": "yesterday"}),
        json.dumps(STEP_MESSAGE | {"occurred_at": "2026-11-20T12:00:00"}),
        json.dumps(STEP_MESSAGE | {"occurred_at": "0001-01-01T00:00:00+14:00"}),
        json.dumps({key: value for key, value in STEP_MESSAGE.items() if key != "run"}),
        "[" * 100_000,
    ],
)
def test_a_message_that_is_none_is_kept_and_dropped(scene: Scene, body: str) -> None:
    # When a body is taken that no step message is
    assert scene.receive(body) == {}
    # Then it is kept for people, and gone from the queue
    kept = scene.refusals.kept["message#message-1"]
    assert (kept.step, kept.sis_id, kept.outcome) == (Step.STUDENT, None, Outcome.REJECTED)
    assert kept.reason
    assert scene.step.begun == []


@pytest.mark.parametrize(
    ("record", "sis_id", "reason"),
    [
        (student("bia", email="nobody"), "bia", "records[1]: email: "),
        (student("bia", shoe_size=38), "bia", "records[1]: shoe_size: "),
        (student("bia", date_of_birth="31/01/2000"), "bia", "records[1]: date_of_birth: "),
        ({"name": "Bia", "email": "BIA@school.example"}, "bia@school.example", "records[1]: date_of_birth: "),
        ("bia", None, "records[1]: "),
        ([], None, "records[1]: "),
    ],
)
def test_an_invalid_record_is_rejected_and_the_others_are_delivered(
    scene: Scene, record: Any, sis_id: str | None, reason: str
) -> None:
    # Given an invalid record straight from the SIS, between two good ones
    message = STEP_MESSAGE | {"records": [student("ana"), record, student("caio")], "task_token": "token-1"}
    # When they are taken
    answer = scene.receive(json.dumps(message))
    # Then it is rejected with its place, field and reason, kept for people, and the others are delivered
    assert answer is not None
    rejected = answer["records"][1]
    assert (rejected["sis_id"], rejected["outcome"]) == (sis_id, "rejected")
    assert rejected["reason"].startswith(reason)
    assert answer["counts"] == {"created": 2, "rejected": 1}
    assert scene.refusals.kept[f"student#{sis_id or 'message-1/1'}"].reason == rejected["reason"]


def test_records_of_one_lane_are_delivered_in_the_order_of_the_message(scene: Scene) -> None:
    # Given nine records that share a lane, the third of which fails
    names = [f"s{number}" for number in range(9)]
    scene.step.lanes = dict.fromkeys(names, "lane")
    scene.step.script["s2"] = [Retry("503")]
    # When they are taken
    scene.take(*names)
    # Then they went one after another, all of them
    assert scene.step.begun == names


def test_records_of_different_lanes_are_delivered_side_by_side(scene: Scene) -> None:
    # Given two records that only finish once both are under way
    meeting = threading.Barrier(2, timeout=20)

    def meet(work: Any) -> Delivered:
        meeting.wait()
        return Delivered(Outcome.CREATED, uuid_of(work.record.sis_id))

    scene.step.script["ana"], scene.step.script["bia"] = [meet], [meet]
    # Then both finish
    assert outcomes(scene.take("ana", "bia")) == {"ana": "created", "bia": "created"}


def test_a_record_said_twice_in_one_message_is_delivered_once_and_changed_once(scene: Scene) -> None:
    # When a direct message says a record twice, and the second time something else
    answer = scene.take("ana", "ana", student("ana", social_name="Ana"))
    # Then the first counts once, and the last word holds
    assert answer is not None
    assert [each["outcome"] for each in answer["records"]] == ["created", "created", "updated"]
    assert scene.step.begun == ["ana", "ana"]


def test_a_rejected_record_is_kept_with_its_reason_and_forgotten_once_it_is_delivered(scene: Scene) -> None:
    # Given a record that was rejected
    scene.step.script["ana"] = [Rejected("email: taken")]
    scene.take("ana")
    kept = scene.refusals.kept["student#ana"]
    assert (kept.outcome, kept.reason) == (Outcome.REJECTED, "email: taken")
    # When the SIS says it again, and it is delivered
    assert outcomes(scene.take("ana", run="run-2")) == {"ana": "created"}
    # Then nobody has to look after it any more
    assert scene.refusals.kept == {}


def test_the_outcomes_are_counted_once_per_message(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, int]] = []
    monkeypatch.setattr("dokstamp_sync.observability.count", lambda name, value=1: counted.append((name, value)))
    scene.step.script["bia"] = [Rejected("email: taken")]
    scene.take("ana", "bia", "caio")
    assert counted == [("Created", 2), ("Judged", 2), ("Rejected", 1), ("Judged", 1)]


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(scene: Scene) -> None:
    # Given a new record, and an invalid one
    scene.step.script["ana"] = [create]
    # When a dry run takes them
    answer = scene.take("ana", student("bia", email="nobody"), options={"dry_run": True})
    # Then it tells what would become of them, and neither DokStamp, mapping nor outcomes hold anything of them
    assert outcomes(answer) == {"ana": "created", "bia": "rejected"}
    assert reasons(answer)["ana"] == "dry run: would be created"
    assert scene.api.calls == []
    assert [row for row in scene.store.rows.values() if row.expires_at is None] == []
    assert scene.refusals.kept == {}


@pytest.mark.parametrize(
    ("run", "shown"), [(run_of("sis/1"), run_of("sis/1")), ("of ana@x.example", run_of("of ana@x.example"))]
)
def test_a_run_is_logged_by_its_name_and_one_that_the_sis_named_itself_by_its_digest(
    scene: Scene, logged: io.StringIO, run: str, shown: str
) -> None:
    # Given a step message of the state machine, or of the SIS, When it is taken
    scene.take("ana", run=run)
    # Then every line names its run, and nobody
    assert {json.loads(line)["run"] for line in logged.getvalue().splitlines()} == {shown}
    assert "ana@x.example" not in logged.getvalue()


def test_a_copy_of_a_message_that_was_answered_finds_its_refusals_though_another_run_was_refused_since(
    scene: Scene,
) -> None:
    # Given a record that one run was refused, and another one since
    scene.step.script["ana"] = [Rejected("the code is taken"), Rejected("the code is taken")]
    scene.take("ana")
    scene.take(student("ana", social_name="A."), run="run-2")
    # When a copy of the first message comes, and the record could be delivered now
    answer = scene.take("ana", receives=2)
    # Then it is what the SIS was told
    assert outcomes(answer) == {"ana": "rejected"}
    assert scene.step.begun == ["ana", "ana"]
    # And what is corrected is delivered, even in the same run
    assert outcomes(scene.take(student("ana", social_name="Ana"))) == {"ana": "created"}
