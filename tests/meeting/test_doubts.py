"""What may have been created under one key, and is corrected to another; and names of runs that are used again."""

import json

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.meeting.conftest import Letter, Post
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live, moment


@pytest.mark.parametrize("carried_out", [False, True], ids=["not carried out", "carried out"])
def test_what_was_mistyped_in_doubt_does_not_take_what_another_record_created_since(
    carried_out: bool, sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given X, sent under a mistyped code, whose answer was lost
    sis.has_said(Step.INSTITUTION)
    sandbox.add_faults(Fault(kind="status", status=503, method="POST", path="^/courses$", carry_out=carried_out))
    assert post.letter(Step.COURSE, 50, example(Step.COURSE, sis_id="X", code="A", name="X")).comes() == "handed back"
    pipeline.clock.sleep(100)
    # When Y, whose code that really is, comes, and then X's correction
    y = post.letter(Step.COURSE, 51, example(Step.COURSE, sis_id="Y", code="A", name="Y"))
    assert y.comes() == ("handed back" if carried_out else "created")
    x = post.letter(Step.COURSE, 52, example(Step.COURSE, sis_id="X", code="B", name="X"))
    told = x.comes_until_answered() + y.comes_until_answered()
    # Then both are there, each under its own code
    assert {each["outcome"] for each in told} == {"created"}
    assert sorted((each["code"], each["name"]) for each in live(sandbox, "courses")) == [("A", "Y"), ("B", "X")]


@pytest.mark.parametrize("step", [Step.COURSE, Step.STUDENT, Step.COHORT, Step.MODULE])
@pytest.mark.parametrize("broken_off", ["before the look-up", "before the change"])
def test_what_is_found_again_is_not_forgotten_when_its_correction_is_broken_off(
    broken_off: str, step: Step, sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a record, created under a mistyped key without our hearing of it
    sis.has_said(*(each for each in (Step.INSTITUTION, Step.COURSE) if each.number < step.number))
    wrong, right = ({"email": f"{key}@x.example"} if step is Step.STUDENT else {"code": key} for key in "ab")
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path=f"^/{step.section}$"))
    assert post.letter(step, 50, example(step, sis_id="X", **wrong)).comes() == "handed back"
    pipeline.clock.sleep(100)
    # When its correction finds it, and comes no further
    correction = post.letter(step, 51, example(step, sis_id="X", **right))
    if broken_off == "before the look-up":
        sandbox.add_faults(Fault(kind="status", status=503, method="GET", path=f"^/{step.section}$", skip=1))
    else:
        sandbox.add_faults(Fault(kind="reset_before", method="PATCH", path=f"^/{step.section}/"))
    assert correction.comes() == "handed back"
    pipeline.clock.sleep(100)
    # Then the next try goes on with it, and makes no second one
    correction.comes_until_answered()
    shown = [each["email" if step is Step.STUDENT else "code"] for each in live(sandbox, step.section)]
    assert [each for each in shown if each in (*wrong.values(), *right.values())] == list(right.values())


def test_what_is_found_again_is_not_given_the_name_of_another_record(
    sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given X, created under one name without our hearing of it, and Y under another one, where names may repeat
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="^/institutions$"))
    first = example(Step.INSTITUTION, sis_id="X", name="Old")
    assert post.letter(Step.INSTITUTION, 50, first).comes() == "handed back"
    pipeline.clock.sleep(100)
    sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="Y", name="New"))
    # When X is corrected to the name of Y
    (told,) = post.letter(Step.INSTITUTION, 51, first | {"name": "New"}).comes_until_answered()
    # Then it is rejected in the end, and keeps its name
    assert (told["outcome"], "institution 'Y'" in told["reason"]) == ("rejected", True)
    assert sorted(each["name"] for each in live(sandbox, "institutions")) == ["New", "Old"]


def test_of_a_corrected_record_and_another_one_with_its_name_one_is_created_though_they_meet(
    sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given X, put off under a mistyped name, where names may repeat, and Y with the right one
    sandbox.add_faults(Fault(kind="reset_before", method="POST", path="^/institutions$"))
    mistyped = example(Step.INSTITUTION, sis_id="X", name="Old")
    assert post.letter(Step.INSTITUTION, 50, mistyped).comes() == "handed back"
    pipeline.clock.sleep(100)
    y = post.letter(Step.INSTITUTION, 51, example(Step.INSTITUTION, sis_id="Y", name="New"))
    write = pipeline.store.write

    def met(row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        if row.id == "institution#X" and "New" in (row.intent or {}).get("key", ""):
            monkeypatch.setattr(pipeline.store, "write", write)
            y.comes()
        return write(row, replaces, beside)

    # When Y comes at the very moment at which X is to be noted under the right name
    monkeypatch.setattr(pipeline.store, "write", met)
    told = post.letter(Step.INSTITUTION, 52, mistyped | {"name": "New"}).comes_until_answered()
    # Then one of them is created, and the other one rejected
    assert sorted(each["outcome"] for each in told + y.comes_until_answered()) == ["created", "rejected"]
    assert [each["name"] for each in live(sandbox, "institutions")] == ["New"]


def nightly(pipeline: Pipeline, step: Step, record: Json, hour: int) -> Letter:
    """A message that the SIS itself puts on a step's queue, always under the same name."""
    head: Json = {"run": "nightly", "step": step.value, "occurred_at": moment(hour), "options": {}, "records": [record]}
    return Letter(pipeline, step, json.dumps(head))


def outcome(pipeline: Pipeline, row: str) -> str:
    found = pipeline.store.read([row])[row]
    return str(found.refused.outcome if found.refused else found.applied and found.applied.outcome)


def test_a_run_s_name_that_is_used_again_blocks_nothing_that_was_corrected(sis: Sis, pipeline: Pipeline) -> None:
    # Given a SIS that names all its messages to a step alike, and a student whom it got wrong
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    nightly(pipeline, Step.STUDENT, example(Step.STUDENT, date_of_birth="nope"), 10).comes()
    # When it sends the student corrected, and an enrollment, under the same name
    nightly(pipeline, Step.STUDENT, example(Step.STUDENT), 20).comes()
    nightly(pipeline, Step.ENROLLMENT, example(Step.ENROLLMENT), 20).comes()
    # Then both are delivered
    assert outcome(pipeline, "student#S1") == outcome(pipeline, "enrollment#E1") == "created"


def test_a_run_s_name_that_is_used_again_has_a_patience_of_its_own(sis: Sis, pipeline: Pipeline) -> None:
    # Given an enrollment that waited in vain
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    letter = nightly(pipeline, Step.ENROLLMENT, example(Step.ENROLLMENT), 10)
    while letter.comes() == "handed back":
        assert letter.receives < 1000
    assert outcome(pipeline, "enrollment#E1") == "blocked"
    pipeline.clock.sleep(5 * 86_400)
    # When it is sent again later under the same name, before its student, Then it waits again, and is delivered
    again = nightly(pipeline, Step.ENROLLMENT, example(Step.ENROLLMENT), 200)
    assert again.comes() == "handed back"
    sis.has_said(Step.STUDENT)
    assert again.comes() == "taken"
    assert outcome(pipeline, "enrollment#E1") == "created"


def test_the_notes_of_waiting_runs_do_not_pile_up(sis: Sis, post: Post, pipeline: Pipeline) -> None:
    # Given an enrollment whose student never comes
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    # When run after run waits for it in vain
    for hour in range(50, 54):
        post.letter(Step.ENROLLMENT, hour, example(Step.ENROLLMENT)).comes_until_answered()
    # Then its row keeps no note of them
    assert not pipeline.store.read(["enrollment#E1"])["enrollment#E1"].waiting


def test_the_notes_of_runs_that_must_have_ended_go_and_those_of_others_stay(
    sis: Sis, post: Post, pipeline: Pipeline
) -> None:
    # Given an enrollment whose student never comes
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    notes: list[set[str]] = []
    # When for a year a new run begins to wait every thirty days, whose message comes just once
    for hour in range(50, 62):
        assert post.letter(Step.ENROLLMENT, hour, example(Step.ENROLLMENT)).comes() == "handed back"
        notes.append(set(pipeline.store.read(["enrollment#E1"])["enrollment#E1"].waiting or {}))
        pipeline.clock.sleep(30 * 86_400)
    # Then its row always knew only of those that began in the last 127 days, for no run lasts longer
    runs = [f"letter-{number}" for number in range(1, 13)]
    assert notes == [set(runs[max(0, last - 4) : last + 1]) for last in range(12)]
