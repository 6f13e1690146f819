"""Two records with one key never create twice, however slow the POST."""

import threading
from typing import Any

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.meeting.conftest import Post
from tests.support.memory import Noted
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live, pdf

NEEDS = (Step.INSTITUTION, Step.COURSE, Step.STUDENT)
TWINS: dict[Step, str] = {step: step.section for step in Step if step not in (Step.COURSE_MODULES, Step.CERTIFICATE)}
EACH = pytest.mark.parametrize("step", TWINS)


def twins(step: Step) -> list[dict[str, Any]]:
    return [example(step, sis_id=name, modules=None) for name in ("X", "Y")]


def prepare(step: Step, sis: Sis, sandbox: Sandbox) -> None:
    """What the step needs, and a DokStamp that sees no harm in two of a kind and takes its time."""
    sandbox.switch(cohort_code_scope="course")
    needed = [each for each in NEEDS if each.number < step.number]
    if needed:
        sis.has_said(*needed)
    sandbox.add_faults(Fault(kind="delay", method="POST", path=f"/{_path(step)}$", seconds=0.3, times=9))


def _path(step: Step) -> str:
    return "groups" if step is Step.MODULE_GROUP else TWINS[step]


@EACH
def test_of_twins_in_one_message_one_is_created(step: Step, sis: Sis, post: Post, sandbox: Sandbox) -> None:
    # Given two records with one key
    prepare(step, sis, sandbox)
    before = len(live(sandbox, TWINS[step]))
    # When one message says both
    told = post.letter(step, 50, *twins(step)).comes_until_answered()
    # Then one is created, the other one waits and is rejected
    assert sorted(each["outcome"] for each in told) == ["created", "rejected"]
    assert len(live(sandbox, TWINS[step])) == before + 1


@EACH
def test_of_twins_in_two_messages_at_once_one_is_created(step: Step, sis: Sis, post: Post, sandbox: Sandbox) -> None:
    # Given two records with one key, in two messages
    prepare(step, sis, sandbox)
    before = len(live(sandbox, TWINS[step]))
    letters = [post.letter(step, 50, each) for each in twins(step)]
    # When two workers take them at once
    threads = [threading.Thread(target=letter.comes) for letter in letters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then one is created, the other one is rejected in the end
    told = [letter.comes_until_answered()[0]["outcome"] for letter in letters]
    assert sorted(told) == ["created", "rejected"]
    assert len(live(sandbox, TWINS[step])) == before + 1


@pytest.mark.parametrize("step", [*TWINS, Step.CERTIFICATE])
def test_a_created_record_takes_three_writes_and_a_certificate_four(
    step: Step, sis: Sis, sandbox: Sandbox, pipeline: Pipeline, tmp_path: Any
) -> None:
    # Given all that a record needs
    pdf(tmp_path, "ana.pdf")
    needed = [each for each in (*NEEDS, Step.ENROLLMENT) if each.number < step.number]
    if needed:
        sis.has_said(*needed)
    # When it is created
    noted = Noted(pipeline.store)
    pipeline.store = noted
    head = {"run": "r", "step": step.value, "occurred_at": "2026-12-01T00:00:00Z"}
    assert pipeline.take(step, head | {"records": [example(step, modules=None)]})["counts"] == {"created": 1}
    # Then the mapping is written as often as before keys were held
    most = {Step.CERTIFICATE: 4, Step.MODULE_GROUP: 6}
    assert len(noted.written) <= most.get(step, 3)


@pytest.mark.parametrize(("changes", "most"), [({"name": "New"}, 2), ({"code": "NEW"}, 3)], ids=["name", "code"])
def test_a_changed_record_takes_two_writes_and_one_that_gets_another_key_three(
    changes: Json, most: int, sis: Sis, pipeline: Pipeline
) -> None:
    # Given a course
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    # When it is changed
    noted = Noted(pipeline.store)
    pipeline.store = noted
    head = {"run": "r", "step": "course", "occurred_at": "2026-12-01T00:00:00Z"}
    changed = example(Step.COURSE, sis_id="CS", **changes)
    assert pipeline.take(Step.COURSE, head | {"records": [changed]})["counts"] == {"updated": 1}
    # Then it was claimed and completed, and only another key is noted in between
    assert len(noted.written) == most
