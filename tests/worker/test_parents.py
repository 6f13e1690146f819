"""The records that a record depends on: waited for, looked up, and named when they do not come."""

import pytest

from dokstamp_sync.errors import Misconfigured, NotReady, Rejected, Retry
from dokstamp_sync.mapping.row import Claim, Delivery, Row
from dokstamp_sync.mapping.run_notes import refused_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Reference
from tests.worker.scene import COURSE, NOON, Scene, outcomes, reasons, student, uuid_of

LATER = "2026-11-21T12:00:00Z"
MISSING = "course 'CS' is neither mapped nor in DokStamp"
COURSE_UUID = "11111111-1111-4111-8111-111111111111"


def refused(run: str, outcome: Outcome) -> Row:
    return Row("course#CS", refused=Delivery(run, NOON, "", outcome, "name: too long"))


def refused_by(run: str, outcome: Outcome) -> Row:
    """What a run notes of the course for those that depend on it."""
    return Row(refused_id(run), facts={"course#CS": outcome})


def test_a_record_waits_for_its_parent_while_the_others_are_delivered(waiting: Scene) -> None:
    # When a record's parent is not there yet
    assert waiting.take("ana", "bia") is None
    # Then it waits, unclaimed, and the others are delivered
    assert waiting.step.begun == ["bia"]
    assert waiting.row("ana").claim is None
    # And when the parent comes, the record follows
    waiting.put(Row("course#CS", uuid=COURSE_UUID))
    assert outcomes(waiting.take("ana", "bia", receives=2)) == {"ana": "created", "bia": "created"}


def test_when_patience_ends_the_record_is_blocked_with_the_parent_named_and_the_run_goes_on(waiting: Scene) -> None:
    # Given a record that has waited until just before the end
    assert waiting.take("ana") is None
    assert waiting.wait(3599, "ana", receives=2) is None
    # When patience ends
    waiting.clock.sleep(1)
    answer = waiting.take("ana", "bia", receives=3)
    # Then it is blocked, named and kept, and the run is answered
    assert outcomes(answer) == {"ana": "blocked", "bia": "created"}
    assert reasons(answer)["ana"] == MISSING
    assert waiting.refusals.kept["student#ana"].reason == MISSING


def test_patience_begins_when_the_parent_is_known_to_be_missing_and_anew_with_every_run(waiting: Scene) -> None:
    # Given a vendor that cannot be asked for longer than any patience
    waiting.api.trouble["/courses"] = Retry("503")
    assert waiting.take("ana") is None
    waiting.clock.sleep(36_000)
    # When it answers again, Then the record still waits
    waiting.api.trouble.clear()
    assert waiting.take("ana", receives=9) is None
    # And another run's record waits from its own beginning
    assert waiting.wait(3599, "ana", receives=9) is None
    assert waiting.take("ana", run="run-2") is None
    assert waiting.wait(3599, "ana", run="run-2", receives=2) is None


def test_the_last_receive_blocks_the_record_instead_of_sending_its_message_to_the_dead_letters(
    waiting: Scene,
) -> None:
    last = waiting.settings.maximum_receives
    assert waiting.take("ana", receives=last - 1) is None
    assert outcomes(waiting.take("ana", receives=last)) == {"ana": "blocked"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([refused("run-1", Outcome.REJECTED)], "course 'CS' was rejected"),
        ([refused("run-before", Outcome.REJECTED)], "course 'CS' was rejected"),
        ([refused_by("run-1", Outcome.BLOCKED)], "course 'CS' was blocked"),
        ([refused("run-before", Outcome.BLOCKED), refused_by("run-before", Outcome.BLOCKED)], None),
    ],
    ids=["rejected in this run", "rejected before", "blocked in this run", "blocked before"],
)
def test_a_record_whose_parent_was_refused_is_blocked_at_once_unless_that_was_only_blocked_in_an_earlier_run(
    waiting: Scene, rows: list[Row], said: str | None
) -> None:
    # Given what is known of the parent
    for row in rows:
        waiting.put(row)
    # When a record needs it, Then it is blocked without a call, or waits
    answer = waiting.take("ana")
    if said is None:
        assert answer is None
        return
    assert (outcomes(answer), reasons(answer)) == ({"ana": "blocked"}, {"ana": said})
    assert waiting.api.calls == []


@pytest.mark.parametrize(("run", "outcome"), [("run-1", "blocked"), ("run-before", "created")])
def test_a_parent_whose_change_was_rejected_is_a_parent_for_other_runs_only(
    waiting: Scene, run: str, outcome: str
) -> None:
    # Given a mapped parent whose change was rejected
    rejected = Delivery(run, NOON, "", Outcome.REJECTED, "name: too long")
    waiting.put(Row("course#CS", uuid=COURSE_UUID, refused=rejected))
    waiting.put(refused_by(run, Outcome.REJECTED))
    # When a child comes, Then what its own message says of the parent must hold in DokStamp
    assert outcomes(waiting.take("ana")) == {"ana": outcome}


def test_a_child_of_a_record_that_was_invalid_in_a_direct_message_is_blocked_at_once(waiting: Scene) -> None:
    # Given a record that another one needs, refused by our own checks
    waiting.step.needs["bia"] = Reference(Step.STUDENT, "ana")
    waiting.step.needs.pop("ana")
    assert outcomes(waiting.take(student("ana", email="nobody"))) == {"ana": "rejected"}
    # When the other one comes
    answer = waiting.take("bia")
    # Then nobody waits for what was rejected
    assert outcomes(answer) == {"bia": "blocked"}


def test_a_blocked_record_is_delivered_when_it_is_said_again_and_its_parent_is_there(waiting: Scene) -> None:
    # Given a record that was blocked
    waiting.put(refused("run-1", Outcome.REJECTED))
    waiting.take("ana")
    # When its parent has come, and the SIS says it again
    before = waiting.store.rows["course#CS"]
    waiting.store.write(Row("course#CS", uuid=COURSE_UUID), before)
    # Then it is delivered, and not kept as blocked any more
    assert outcomes(waiting.take("ana", run="run-2")) == {"ana": "created"}
    assert waiting.refusals.kept == {}


def test_a_parent_that_another_worker_is_delivering_is_waited_for_and_not_looked_up(waiting: Scene) -> None:
    waiting.put(Row("course#CS", claim=Claim("another", waiting.clock() + 5)))
    assert waiting.take("ana") is None
    assert ("pages", "/courses") not in waiting.api.calls
    # And when patience ends, the record is blocked
    answer = waiting.take("ana", receives=waiting.settings.maximum_receives)
    assert (outcomes(answer), reasons(answer)) == ({"ana": "blocked"}, {"ana": "course 'CS' is being delivered"})


def test_a_record_whose_parent_names_a_student_that_this_run_refused_is_blocked_at_once(waiting: Scene) -> None:
    # Given an enrollment that is mapped, and whose student the same run refused
    waiting.step.needs["ana"] = Reference(Step.ENROLLMENT, "E1")
    waiting.put(Row("enrollment#E1", uuid=uuid_of("E1"), facts={"named": [["student", "S1"]]}))
    waiting.put(Row(refused_id("run-1"), facts={"student#S1": Outcome.REJECTED}))
    # When a record comes that names only the enrollment, Then what it stands on is not what the message says
    assert reasons(waiting.take("ana")) == {"ana": "student 'S1' was rejected"}
    assert outcomes(waiting.take("ana", run="run-2")) == {"ana": "created"}


def test_a_parent_in_neither_message_nor_mapping_is_looked_up_once_and_not_mapped(waiting: Scene) -> None:
    # Given a course that somebody created by hand, and two records that need it
    course = {"uuid": COURSE_UUID, "code": "CS", "institution": {"uuid": "i-1"}}
    waiting.api.lists["/courses"] = [course]
    waiting.step.needs["bia"] = COURSE
    # When they are taken
    assert outcomes(waiting.take("ana", "bia")) == {"ana": "created", "bia": "created"}
    # Then it was looked up once; but only the course's own record can say that it goes by this id
    assert waiting.api.calls == [("pages", "/courses")]
    assert "course#CS" not in waiting.store.rows


def test_with_a_default_institution_a_stranger_of_the_same_code_is_never_the_parent() -> None:
    # Given a stack with a default institution that is not there yet, and another one that has a course of that code
    scene = Scene(default_institution="UFP")
    scene.step.needs["ana"] = COURSE
    scene.api.lists["/courses"] = [{"uuid": uuid_of("stranger"), "code": "CS", "institution": {"uuid": "i-2"}}]
    # When the record is taken, Then it waits
    assert scene.take("ana") is None
    # And it waits when the default institution is there without the course
    scene.api.lists["/institutions"] = [{"uuid": "i-1", "name": "UFP"}]
    assert scene.take("ana", receives=2) is None
    # And it is delivered when the course is there
    scene.api.lists["/courses"].append({"uuid": COURSE_UUID, "code": "CS", "institution": {"uuid": "i-1"}})
    assert outcomes(scene.take("ana", receives=3)) == {"ana": "created"}


def test_a_parent_that_is_nowhere_is_looked_up_once_per_message_and_again_with_the_next(waiting: Scene) -> None:
    waiting.step.needs["bia"] = COURSE
    assert waiting.take("ana", "bia") is None
    assert waiting.api.calls == [("pages", "/courses")]
    assert waiting.take("ana", "bia", receives=2) is None
    assert waiting.api.calls == [("pages", "/courses")] * 2


def test_a_parent_in_the_mapping_is_not_looked_up(waiting: Scene) -> None:
    waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.take("ana")
    assert waiting.api.calls == []


@pytest.mark.parametrize("error", [Retry("503"), Misconfigured("403")], ids=lambda error: type(error).__name__)
def test_a_parent_that_could_not_be_asked_for_is_never_called_missing(waiting: Scene, error: Exception) -> None:
    # Given a look-up that fails, long after all patience has ended
    waiting.api.trouble["/courses"] = error
    waiting.clock.sleep(100_000)
    # Then the record is retried and not blocked, on the last receive as well
    assert waiting.take("ana", receives=waiting.settings.maximum_receives) is None
    assert waiting.refusals.kept == {}


def test_what_is_not_ready_inside_a_step_ends_as_the_step_says(scene: Scene) -> None:
    # Given a certificate, so to speak, that stays a draft
    scene.step.script["ana"] = [NotReady("still a draft", finally_=Outcome.REJECTED)] * 100
    assert scene.take("ana") is None
    assert scene.row("ana").claim is None
    # When patience ends, Then it is rejected
    assert outcomes(scene.wait(3600, "ana")) == {"ana": "rejected"}


@pytest.mark.parametrize("others", ["the same as before", "something older", "something that is refused as well"])
def test_what_another_run_says_of_a_parent_lets_no_child_past_its_own_message_s_refusal(
    scene: Scene, others: str
) -> None:
    # Given a delivered record, whose change a message says and is refused
    scene.take("ana")
    scene.step.script["ana"] = [Rejected("name: too long")]
    changed = student("ana", social_name="Ana")
    assert outcomes(scene.take(changed, run="run-2", occurred_at=LATER)) == {"ana": "rejected"}
    # When another run says something about the record before the message's next step comes
    if others == "the same as before":
        scene.take("ana", run="run-3")
    elif others == "something older":
        scene.take(student("ana", social_name="A."), run="run-3")
    else:
        scene.step.script["ana"] = [Rejected("name: too short")]
        scene.take(student("ana", social_name="A."), run="run-3")
    # Then a record of the same message that depends on it is blocked all the same
    scene.step.needs["bia"] = Reference(Step.STUDENT, "ana")
    assert outcomes(scene.take("bia", run="run-2", occurred_at=LATER)) == {"bia": "blocked"}
    # And what the SIS has to correct is still kept with its reason
    assert scene.refusals.kept["student#ana"].reason == "name: too long"


def test_what_was_refused_is_forgotten_when_something_newer_is_delivered(scene: Scene) -> None:
    scene.step.script["ana"] = [Rejected("name: too long")]
    scene.take("ana")
    assert outcomes(scene.take(student("ana", social_name="Ana"), run="run-2", occurred_at=LATER)) == {"ana": "created"}
    assert scene.refusals.kept == {}
    assert scene.row("ana").refused is None
