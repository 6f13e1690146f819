"""Who waits for a record is noted when it is blocked, and sent to the inbox again by whoever delivers that record."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from dokstamp_sync.errors import Rejected
from dokstamp_sync.mapping.refusals import Refused
from dokstamp_sync.mapping.row import Claim, Delivery, Row
from dokstamp_sync.messages import as_sent
from dokstamp_sync.observability import metrics
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from dokstamp_sync.reading import parse
from tests.support.sis import example
from tests.worker.scene import COURSE, NOON, Scene, outcomes, reasons, student

# As long as a mark stands for others, and as the index may lag, and as clocks may be apart.
SETTLED = 5 + 10 + 1
WANTED = "student#ana"
BLOCKED = RecordOutcome(Step.ENROLLMENT, "E", Outcome.BLOCKED, "student 'ana' is missing")


def course(scene: Scene) -> Row:
    return scene.store.rows["course#CS"]


def block(scene: Scene, name: str = "ana", **how: Any) -> dict[str, Any] | None:
    """Takes a record that needs the course when its patience is over."""
    scene.step.needs[name] = COURSE
    assert scene.take(name, **how) is None
    return scene.wait(3600, name, **how)


def wait_for_ana(scene: Scene, number: int = 1, run: str = "old", size: int = 0, **how: Any) -> None:
    """So many enrollments were blocked long ago, because there was no student ``ana``."""
    for place in range(number):
        said = example(Step.ENROLLMENT, sis_id=f"{run}-{place:03}", student_id="ana")
        said |= {"cohort_id": "x" * size, "course_id": "y" * size} if size else {}
        kept = as_sent(parse(Step.ENROLLMENT, said))
        scene.refusals.keep(Refused(f"enrollment#{run}-{place:03}", run, NOON, BLOCKED, kept, WANTED, **how))
    if WANTED not in scene.store.rows:
        scene.put(Row(WANTED, awaited=scene.clock() - SETTLED))


def sent(scene: Scene) -> list[dict[str, Any]]:
    return [json.loads(body) for body in scene.inbox.bodies]


def test_a_blocked_record_is_kept_with_what_it_waits_for_and_that_is_marked(scene: Scene) -> None:
    # When a record is blocked because its parent is missing
    assert outcomes(block(scene)) == {"ana": "blocked"}
    # Then both know of it
    assert course(scene) == Row("course#CS", course(scene).version, awaited=scene.clock())
    assert [each.id for each in scene.refusals.waiting_for("course#CS")] == ["student#ana"]
    assert scene.refusals.waiting_for("course#CS")[0].record == student("ana")


def test_a_record_that_is_rejected_waits_for_nobody(scene: Scene) -> None:
    scene.step.script["ana"] = [Rejected("name: too long")]
    assert outcomes(scene.take("ana")) == {"ana": "rejected"}
    assert [each.awaits for each in scene.refusals.items.values()] == [""]


def test_many_that_are_blocked_by_one_cost_one_mark(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a message of records that all need one course
    names = [f"s{place}" for place in range(200)]
    scene.step.needs = dict.fromkeys(names, COURSE)
    assert scene.take(*names) is None
    assert scene.wait(3590, *names) is None
    # When all are blocked
    scene.clock.sleep(10)
    written: list[str] = []
    write = scene.store.write

    def noting(row: Row, *rest: Any) -> Row:
        written.append(row.id)
        return write(row, *rest)

    monkeypatch.setattr(scene.store, "write", noting)
    scene.take(*names, receives=2)
    # Then the course is marked once, and all are found
    assert written.count("course#CS") == 1
    assert len(scene.refusals.waiting_for("course#CS")) == 200


def test_a_parent_that_comes_while_its_child_is_being_blocked_is_not_overlooked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a parent that is delivered just when its first child is kept as blocked
    keep = scene.refusals.keep
    scene.step.needs = dict.fromkeys(("ana", "bia"), COURSE)

    def keeping(*given: Any, **how: Any) -> None:
        keep(*given, **how)
        if "course#CS" not in scene.store.rows:
            scene.put(Row("course#CS", uuid="course"))

    monkeypatch.setattr(scene.refusals, "keep", keeping)
    # When its children's patience is over, Then they are delivered all the same, and nothing is kept of them
    assert scene.take("ana", "bia") is None
    assert outcomes(scene.wait(3600, "ana", "bia")) == {"ana": "created", "bia": "created"}
    assert scene.refusals.kept == {}
    assert course(scene).awaited is None


@pytest.mark.parametrize("outcome", [None, {"ana": "blocked"}], ids=["in between", "last"])
def test_a_parent_that_is_just_being_delivered_is_left_to_its_worker_as_long_as_the_message_can_come_again(
    outcome: dict[str, str] | None, scene: Scene
) -> None:
    # Given a parent that another worker has claimed
    scene.step.needs["ana"] = COURSE
    assert scene.take("ana") is None
    assert scene.wait(3590, "ana") is None
    scene.clock.sleep(10)
    claimed = scene.put(Row("course#CS", claim=Claim("other", scene.clock() + 60)))
    # When the child's patience is over
    answer = scene.take("ana", receives=scene.settings.maximum_receives if outcome else 2)
    # Then it waits until that worker is done; only at the end it is blocked, and the row marked
    assert (answer and outcomes(answer)) == outcome
    assert (course(scene) == claimed) == (outcome is None)
    assert outcome or scene.answers.hidden[-1] >= 60
    assert course(scene).claim == claimed.claim


def test_a_row_that_another_worker_has_claimed_is_left_as_it_is(scene: Scene) -> None:
    # Given a student who was delivered, and whom another worker is just delivering anew
    scene.take("ana")
    row = scene.row("ana")
    claim = Claim("other", scene.clock() + 60)
    claimed = scene.store.write(replace(row, awaited=scene.clock() - SETTLED, claim=claim), row)
    wait_for_ana(scene)
    # When a copy of the first message comes, Then what waits is sent, and the row is still that worker's
    assert outcomes(scene.take("ana", receives=2)) == {"ana": "created"}
    assert len(sent(scene)) == 1
    assert scene.row("ana") == claimed


def test_a_record_that_fits_into_no_inbox_message_says_that_it_has_to_be_sent_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a record that came on the step's own queue and is larger than what an inbox message holds
    monkeypatch.setattr("dokstamp_sync.delivery.refusing.MOST_STATE_BYTES", 15_800)
    # When it is blocked
    answer = block(scene)
    # Then its reason says so, and nobody is told that it waits
    assert reasons(answer)["ana"].endswith("could hold this record, so send it again yourself")
    assert (scene.refusals.waiting_for("course#CS"), "course#CS" in scene.store.rows) == ([], False)


def test_what_this_run_refused_and_another_one_has_delivered_since_blocks_nobody(scene: Scene) -> None:
    # Given a course that this run refused, and another run has delivered since
    scene.step.needs["ana"] = COURSE
    scene.put(Row("refused#run-1", facts={"course#CS": Outcome.REJECTED}))
    there = scene.put(Row("course#CS", uuid="course", applied=Delivery("run-2", NOON, "f", Outcome.CREATED, "")))
    # When a record of this run needs it, Then it is delivered
    assert outcomes(scene.take("ana")) == {"ana": "created"}
    # But where that was refused again, it is blocked
    again = Delivery("run-3", NOON, "g", Outcome.REJECTED, "")
    scene.store.write(replace(there, refused=again), there)
    scene.step.needs["bia"] = COURSE
    assert outcomes(scene.take("bia")) == {"bia": "blocked"}


def test_a_healing_is_counted_and_logged_without_anybody_s_data(
    scene: Scene, logged: io.StringIO, no_metrics_of_others: None
) -> None:
    # Given records that wait, When they are sent again
    wait_for_ana(scene, 3)
    scene.take("ana")
    # Then a metric and a line say how many
    assert metrics.metric_set["Healed"]["Value"] == [3]
    (line,) = (each for each in map(json.loads, logged.getvalue().splitlines()) if "sent again" in each["message"])
    assert line["records"] == 3
    assert "old-00" not in logged.getvalue()
