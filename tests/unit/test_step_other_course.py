"""Steps 4 and 5 when a record names another course than it was delivered for: told so, and nothing is doubled."""

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.attaching import ATTACH, attached, course, group, groups_of, refuse
from tests.support.sis import Json, Sis, example, live, trash, writes

BOTH = pytest.mark.parametrize("step", [Step.COURSE_MODULES, Step.MODULE_GROUP])


@pytest.fixture(autouse=True)
def other_course(catalogue: None, sis: Sis) -> None:
    sis.say(Step.COURSE, example(Step.COURSE, code="LAW", name="Law"))


def said(step: Step, *modules: str, course_id: str = "CS") -> Json:
    """A group, or a course's list, under an id that does not tell the course."""
    record = group("Term 1", *modules) if step is Step.MODULE_GROUP else course(*modules)
    return record | {"sis_id": "X1", "course_id": course_id}


@BOTH
def test_what_names_another_course_is_rejected_before_anything_is_written(
    step: Step, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a delivered record
    sis.say(step, said(step, "M1"))
    sandbox.calls.clear()
    # When the SIS says it of another course
    row = sis.say(step, said(step, "M2", course_id="LAW"))
    # Then it is rejected with the reason, and stays what it was
    assert row["outcome"] == "rejected"
    assert "delivered for course 'CS'" in row["reason"]
    assert writes(sandbox) == []
    # And what it says of its own course is taken as before
    assert sis.say(step, said(step, "M2"))["outcome"] == "updated"
    assert list(attached(sandbox)) == ["M2"]


def test_a_list_of_which_a_part_was_refused_stays_in_its_course(sis: Sis, sandbox: Sandbox) -> None:
    # Given a list of which DokStamp attached one module and refused the other
    sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="MONTE", name="Monte"))
    sis.say(Step.MODULE, example(Step.MODULE, code="X1", name="Theirs", institution_id="MONTE"))
    sis.say(Step.COURSE_MODULES, said(Step.COURSE_MODULES, "M1", "X1"))
    # When the SIS says it of another course
    row = sis.say(Step.COURSE_MODULES, said(Step.COURSE_MODULES, "M1", course_id="LAW"))
    # Then it is rejected
    assert "delivered for course 'CS'" in row["reason"]
    assert len(sandbox.state["attachments"]) == 1


def test_a_group_that_was_refused_may_be_corrected_to_another_course(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group that DokStamp refused to make
    sandbox.add_faults(Fault(kind="status", status=422, method="POST", path="modules/groups$"))
    assert sis.say(Step.MODULE_GROUP, said(Step.MODULE_GROUP, "M1"))["outcome"] == "rejected"
    # When the SIS says it of another course
    row = sis.say(Step.MODULE_GROUP, said(Step.MODULE_GROUP, "M1", course_id="LAW"))
    # Then it is made there
    assert row["outcome"] == "created"
    assert len(live(sandbox, "module_groups")) == 1


def test_a_group_that_may_have_been_made_is_not_made_in_another_course(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group that was made without an answer, and a lease that has run out
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="modules/groups$"))
    sis.breaks_off(Step.MODULE_GROUP, said(Step.MODULE_GROUP, "M1"))
    # When the SIS says it of another course, and then of its own
    other = sis.say(Step.MODULE_GROUP, said(Step.MODULE_GROUP, "M1", course_id="LAW"))
    own = sis.say(Step.MODULE_GROUP, said(Step.MODULE_GROUP, "M1"))
    # Then there is one group, with its module
    assert "delivered for course 'CS'" in other["reason"]
    assert own["uuid"] == live(sandbox, "module_groups")[0]["uuid"]
    assert len(live(sandbox, "module_groups")) == 1
    assert groups_of(sandbox) == {"M1": "Term 1"}


@BOTH
def test_a_course_that_was_made_anew_in_dokstamp_is_the_same_course(step: Step, sis: Sis, sandbox: Sandbox) -> None:
    # Given a record of a course that somebody deleted, and that the sync made anew
    sis.say(step, said(step, "M1"))
    sandbox.switch(trashed_blocks_unique=False)
    trash(sandbox, "courses", live(sandbox, "courses")[0]["uuid"])
    sandbox.store.tables["attachments"].clear()
    assert sis.say(Step.COURSE, example(Step.COURSE, description="anew"))["outcome"] == "created"
    # When the record changes
    row = sis.say(step, said(step, "M1", "M2"))
    # Then it is delivered for the new one
    assert row["outcome"] != "rejected", row["reason"]
    assert list(attached(sandbox)) == ["M1", "M2"]


@BOTH
def test_a_course_that_got_another_id_is_the_same_course(
    step: Step, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a record of a course, which the SIS has called something else since
    sis.say(step, said(step, "M1"))
    for key in [key for key in rows if key == "course#CS" or rows[key].facts.get("row") == "course#CS"]:
        del rows[key]
    assert sis.say(Step.COURSE, example(Step.COURSE, sis_id="C-1"))["outcome"] == "unchanged"
    # When the record changes
    row = sis.say(step, said(step, "M1", "M2", course_id="C-1"))
    # Then it is delivered
    assert row["outcome"] == "updated"
    assert list(attached(sandbox)) == ["M1", "M2"]


@BOTH
def test_a_row_that_does_not_say_its_course_learns_it(
    step: Step, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a delivered record whose row was kept without its course, and a change that DokStamp refuses
    sis.say(step, said(step, "M1"))
    for name in ("course_id", "course_uuid"):
        rows[f"{step.value}#X1"].facts.pop(name, None)  # type: ignore[attr-defined]
    refuse(sandbox, ATTACH)
    assert sis.say(step, said(step, "M1", "M2"))["outcome"] == "rejected"
    # When the SIS says it of another course
    row = sis.say(step, said(step, "M1", "M2", course_id="LAW"))
    # Then it is rejected for that
    assert "delivered for course 'CS'" in row["reason"]
