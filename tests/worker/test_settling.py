"""What is written down of a record that is settled, or delivered after it was refused; and what is left alone."""

import io
import json
from dataclasses import replace

import pytest

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.errors import Rejected, Retry, Throttled
from dokstamp_sync.mapping.row import Claim, Conflict, Delivery, Row
from dokstamp_sync.observability import digest
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.worker.scene import Scene, create, outcomes, student

ELEVEN, NOON, ONE, TWO = (f"2026-11-20T{hour}:00:00.000000Z" for hour in (11, 12, 13, 14))


class Spy:
    """Remembers which rows were written, and which refusals were dropped."""

    def __init__(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[str] = []
        self.dropped: list[str] = []
        write, drop = scene.store.write, scene.refusals.drop

        def writing(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
            self.written.append(row.id)
            return write(row, replaces, beside)

        def dropping(id_: str, occurred_at: str) -> None:
            self.dropped.append(id_)
            drop(id_, occurred_at)

        monkeypatch.setattr(scene.store, "write", writing)
        monkeypatch.setattr(scene.refusals, "drop", dropping)


@pytest.fixture
def spy(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Spy:
    """Watches a scene in which ``ana`` was delivered at noon."""
    assert outcomes(scene.take("ana", occurred_at=NOON)) == {"ana": "created"}
    return Spy(scene, monkeypatch)


def refuse(scene: Scene, occurred_at: str) -> None:
    """A change of ``ana`` is refused."""
    scene.step.script["ana"] = [Rejected("name: too long")]
    changed = student("ana", social_name="Ana")
    assert outcomes(scene.take(changed, run="refused", occurred_at=occurred_at)) == {"ana": "rejected"}


def retried(logged: io.StringIO) -> list[tuple[str, str]]:
    """The errors because of which records are retried, as they are logged."""
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    return [(line["error"], line["reason"]) for line in lines if line["message"] == "record is retried"]


@pytest.mark.parametrize(
    ("record", "run", "occurred_at", "outcome"),
    [
        (student("ana"), "run-1", NOON, "created"),
        (student("ana"), "run-2", NOON, "unchanged"),
        (student("ana", social_name="A."), "run-2", ELEVEN, "stale"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_settled_record_that_tells_nothing_new_writes_nothing(
    record: dict[str, str], run: str, occurred_at: str, outcome: str, scene: Scene, spy: Spy
) -> None:
    assert outcomes(scene.take(record, run=run, occurred_at=occurred_at)) == {"ana": outcome}
    assert (spy.written, spy.dropped) == ([], [])


def test_what_is_said_again_later_holds_as_of_then_unless_it_is_a_dry_run(scene: Scene, spy: Spy) -> None:
    before = scene.row("ana")
    # When the same is said at one o'clock, Then a dry run leaves the row alone
    assert outcomes(scene.take("ana", run="run-2", occurred_at=ONE, options={"dry_run": True})) == {"ana": "unchanged"}
    assert scene.row("ana") == before
    # And another run notes that it holds since then
    assert outcomes(scene.take("ana", run="run-3", occurred_at=ONE)) == {"ana": "unchanged"}
    assert before.applied
    applied = replace(before.applied, occurred_at=ONE)
    assert scene.row("ana") == replace(before, applied=applied, version=scene.row("ana").version)


@pytest.mark.parametrize(("said", "taken_back"), [(NOON, False), (ONE, True), (TWO, True)])
def test_saying_again_what_holds_takes_back_refusals_that_are_not_newer(
    said: str, taken_back: bool, scene: Scene, spy: Spy
) -> None:
    # Given a change that was refused at one o'clock
    refuse(scene, ONE)
    # When what was delivered at noon is said again
    assert outcomes(scene.take("ana", run="run-3", occurred_at=said)) == {"ana": "unchanged"}
    # Then the refusal is kept only if it is newer
    assert scene.refusals.kept.keys() == (set() if taken_back else {"student#ana"})
    assert (scene.row("ana").refused is None) is taken_back


@pytest.mark.parametrize(("said", "taken_back"), [(NOON, False), (ONE, True), (TWO, True)])
def test_delivering_something_else_takes_back_refusals_that_are_not_newer(
    said: str, taken_back: bool, scene: Scene, spy: Spy
) -> None:
    # Given a change that was refused at one o'clock
    refuse(scene, ONE)
    # When another change is delivered
    assert outcomes(scene.take(student("ana", social_name="A."), run="run-3", occurred_at=said)) == {"ana": "updated"}
    # Then the refusal is kept only if it is newer
    assert scene.refusals.kept.keys() == (set() if taken_back else {"student#ana"})
    assert (scene.row("ana").refused is None) is taken_back


def test_the_outcomes_table_is_not_asked_about_a_record_that_was_never_refused(scene: Scene, spy: Spy) -> None:
    assert outcomes(scene.take("bia")) == {"bia": "created"}
    assert spy.dropped == []


def test_a_record_whose_row_keeps_changing_is_decided_upon_five_times_and_comes_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    # Given a row that somebody else writes whenever it is to be claimed
    tries: list[str] = []

    def lost(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        tries.append(row.id)
        raise Conflict(None)

    monkeypatch.setattr(scene.store, "write", lost)
    assert scene.take("ana") is None
    assert tries == ["student#ana"] * 5
    # And the log tells why it is retried
    assert retried(logged) == [("Occupied", "the record's row keeps changing")]


def test_the_log_tells_that_a_record_is_retried_because_another_worker_owns_it(
    scene: Scene, logged: io.StringIO
) -> None:
    # Given a record that another worker is at
    scene.put(Row("student#ana", claim=Claim("another", scene.clock() + 5)))
    # When it is taken, Then it comes back, and the log tells why
    assert scene.take("ana") is None
    assert retried(logged) == [("Occupied", "another worker owns this record")]


def test_a_record_that_changed_while_it_was_to_be_claimed_is_decided_upon_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given another worker that delivers something newer in between
    write = scene.store.write
    newer = Delivery("run-9", ONE, "other", Outcome.CREATED, "")

    def overtaken(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        monkeypatch.setattr(scene.store, "write", write)
        write(Row("student#ana", uuid="1", applied=newer), None)
        return write(row, replaces, beside)

    monkeypatch.setattr(scene.store, "write", overtaken)
    # Then the record is stale by now
    assert outcomes(scene.take("ana")) == {"ana": "stale"}
    assert scene.step.begun == []


@pytest.mark.parametrize(("after", "hidden"), [(None, 8), (3.0, 8), (60.0, 60)])
def test_after_a_lost_answer_it_comes_back_no_earlier_than_the_lease_and_dokstamp_allow(
    after: float | None, hidden: int, scene: Scene
) -> None:
    scene.api.trouble["/students"] = Throttled("503", after=after, definite=False)
    scene.step.script["ana"] = [create]
    assert scene.take("ana") is None
    assert scene.answers.hidden == [hidden]


def test_an_answer_that_is_lost_after_the_lease_has_run_out_makes_the_record_wait_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a stack without back-off, and a call that outlives the lease
    scene = Scene(retry_base_seconds=0)

    def late(path: str, body: object) -> Entity:
        scene.clock.sleep(scene.settings.lease_seconds)
        raise Retry("reset", definite=False)

    monkeypatch.setattr(scene.api, "create", late)
    scene.step.script["ana"] = [create]
    # When its answer is lost, Then the record comes back at once
    assert scene.take("ana") is None
    assert scene.answers.hidden == [0]


def test_the_log_tells_which_fields_of_which_record_dokstamp_refused(scene: Scene, logged: io.StringIO) -> None:
    scene.step.script["ana"] = [Rejected("no", status=422, fields=frozenset({"name", "email"}))]
    assert outcomes(scene.take("ana")) == {"ana": "rejected"}
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    (found,) = [line for line in lines if line["message"] == "record rejected"]
    told = (found["record"], found["status"], found["fields"])
    assert told == (digest(Step.STUDENT, "ana"), 422, ["email", "name"])
