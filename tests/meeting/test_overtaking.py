"""What overtakes waits: a key that is handed on ends with whom the SIS says, whichever message comes first."""

from dataclasses import dataclass

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.meeting.conftest import Post
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live


@dataclass(frozen=True)
class HandedOn:
    """``field`` names the records of ``step``: X has ``old`` and gets ``new``, Y takes ``old``."""

    step: Step
    field: str
    old: str
    new: str

    def record(self, sis_id: str, key: str) -> Json:
        return example(self.step, **{"sis_id": sis_id, self.field: key, "modules": None})

    def held(self, sandbox: Sandbox) -> list[str]:
        table = "module_groups" if self.step is Step.MODULE_GROUP else self.step.section
        return sorted(each[self.field] for each in live(sandbox, table))


CASES = [
    HandedOn(Step.INSTITUTION, "name", "Old", "New"),
    HandedOn(Step.COURSE, "code", "A", "B"),
    HandedOn(Step.MODULE, "code", "A", "B"),
    HandedOn(Step.MODULE_GROUP, "name", "A", "B"),
    HandedOn(Step.COHORT, "code", "A", "B"),
    HandedOn(Step.STUDENT, "email", "a@x.example", "b@x.example"),
]
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.step.value)


def before(case: HandedOn, sis: Sis) -> None:
    """All that the records depend on, and X under its old key."""
    sis.has_said(*[step for step in (Step.INSTITUTION, Step.COURSE) if step.number < case.step.number])
    assert sis.say(case.step, case.record("X", case.old))["outcome"] == "created"


@EACH
@pytest.mark.parametrize("y_first", [True, False], ids=["Y comes first", "X comes first"])
def test_a_key_is_handed_on_in_two_messages(
    case: HandedOn, y_first: bool, sis: Sis, post: Post, sandbox: Sandbox
) -> None:
    # Given X, which gets a new key, and Y, which takes the old one
    before(case, sis)
    x = post.letter(case.step, 50, case.record("X", case.new))
    y = post.letter(case.step, 51, case.record("Y", case.old))
    # When they come in either order
    if y_first:
        assert y.comes() == "handed back"
    assert x.comes() == "updated"
    # Then both end as the SIS says
    assert y.comes_until_answered()[0]["outcome"] == "created"
    assert case.held(sandbox) == sorted([case.old, case.new])


@EACH
@pytest.mark.parametrize("y_first", [True, False], ids=["Y stands first", "X stands first"])
def test_a_key_is_handed_on_in_one_message(
    case: HandedOn, y_first: bool, sis: Sis, post: Post, sandbox: Sandbox
) -> None:
    # Given a DokStamp that takes its time to change X
    before(case, sis)
    sandbox.add_faults(Fault(kind="delay", method="PATCH", seconds=0.2))
    records = [case.record("X", case.new), case.record("Y", case.old)]
    # When one message says both, Then both are done when it has come once
    letter = post.letter(case.step, 50, *(records[::-1] if y_first else records))
    assert sorted(letter.comes().split(", ")) == ["created", "updated"]
    assert case.held(sandbox) == sorted([case.old, case.new])


def test_a_whole_chain_moves_on_in_one_message(sis: Sis, post: Post, sandbox: Sandbox) -> None:
    # Given four courses of which each takes the code of the next, and the last one gets a new one
    sis.has_said(Step.INSTITUTION)
    codes = ["A", "B", "C", "D"]
    sis.send({Step.COURSE: [example(Step.COURSE, sis_id=code, code=code, name=code) for code in codes]})
    moved = [example(Step.COURSE, sis_id=code, code=chr(ord(code) + 1), name=code) for code in codes]
    # When one message says so, Then it is so after the message has come once
    assert post.letter(Step.COURSE, 50, *moved).comes() == "updated, updated, updated, updated"
    held = {each["name"]: each["code"] for each in live(sandbox, "courses")}
    assert held == {"A": "B", "B": "C", "C": "D", "D": "E"}


@EACH
def test_two_that_claim_one_key_for_good_do_not_both_get_it(
    case: HandedOn, sis: Sis, post: Post, sandbox: Sandbox
) -> None:
    # Given X, which keeps its key
    before(case, sis)
    # When Y claims it as well, Then it waits, and is rejected in the end with a reason that names X
    letter = post.letter(case.step, 50, case.record("Y", case.old))
    assert letter.comes() == "handed back"
    (told,) = letter.comes_until_answered()
    assert told["outcome"] == "rejected"
    assert f"{case.step} 'X'" in told["reason"]
    assert case.held(sandbox) == [case.old]


@EACH
@pytest.mark.parametrize("messages", [1, 2])
def test_a_swap_is_never_done_by_half(
    case: HandedOn, messages: int, sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given X and Y, each with a key
    before(case, sis)
    sis.say(case.step, case.record("Y", case.new))
    swapped = [case.record("X", case.new), case.record("Y", case.old)]
    held = _held_by(case, sandbox, pipeline)
    # When they exchange them
    letters = [post.letter(case.step, 50, *swapped)]
    if messages == 2:
        letters = [post.letter(case.step, 50, each) for each in swapped]
    for _ in range(400):
        for letter in letters:
            if not letter.answers:
                letter.comes()
    told = {each["sis_id"]: each for letter in letters for each in letter.answers[0]["records"]}
    # Then both are rejected, each reason names the other and says what to do, and nothing has changed
    assert {each["outcome"] for each in told.values()} == {"rejected"}
    assert f"{case.step} 'Y'" in told["X"]["reason"]
    assert f"{case.step} 'X'" in told["Y"]["reason"]
    assert all("third" in each["reason"] and "message of its own" in each["reason"] for each in told.values())
    assert _held_by(case, sandbox, pipeline) == held
    # And it is done by way of a third key
    third = "third@x.example" if case.step is Step.STUDENT else "Third"
    for sis_id, key in (("X", third), ("Y", case.old), ("X", case.new)):
        assert sis.say(case.step, case.record(sis_id, key))["outcome"] == "updated"
    assert _held_by(case, sandbox, pipeline) == {"X": case.new, "Y": case.old}


def _held_by(case: HandedOn, sandbox: Sandbox, pipeline: Pipeline) -> dict[str, str]:
    table = "module_groups" if case.step is Step.MODULE_GROUP else case.step.section
    keys = {each["uuid"]: each[case.field] for each in live(sandbox, table)}
    rows = pipeline.store.read([f"{case.step.value}#X", f"{case.step.value}#Y"])
    return {id_.partition("#")[2]: keys[row.uuid or ""] for id_, row in rows.items()}


def test_an_enrollment_is_handed_on_as_well(sis: Sis, post: Post, sandbox: Sandbox) -> None:
    # Given E1 of Ana, which turns out to be Bia's, and E2, which is Ana's
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.STUDENT, Step.ENROLLMENT)
    sis.say(Step.STUDENT, example(Step.STUDENT, sis_id="S2", name="Bia", email="bia@x.example"))
    taken = post.letter(Step.ENROLLMENT, 51, example(Step.ENROLLMENT, sis_id="E2"))
    # When E2 comes first, Then it waits for E1
    assert taken.comes() == "handed back"
    assert sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, student_id="S2"))["outcome"] == "updated"
    assert taken.comes() == "created"
    assert len(live(sandbox, "enrollments")) == 2


@pytest.mark.parametrize("given_up", [True, False])
def test_a_code_of_another_course_s_cohort_is_waited_for(
    given_up: bool, sis: Sis, post: Post, sandbox: Sandbox
) -> None:
    # Given a DokStamp whose cohort codes are unique within the tenant, and another course's cohort with the code
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    sis.say(Step.COURSE, example(Step.COURSE, code="LAW", name="Law"))
    theirs = sis.say(Step.COHORT, example(Step.COHORT, sis_id="theirs", course_id="LAW"))
    ours = post.letter(Step.COHORT, 51, example(Step.COHORT, sis_id="ours"))
    # When ours comes first, Then it waits
    assert ours.comes() == "handed back"
    # And it is created when theirs is renamed, or rejected with a reason that names theirs, which is left as it is
    if given_up:
        sis.say(Step.COHORT, example(Step.COHORT, sis_id="theirs", code="L-1", course_id="LAW"))
    (told,) = ours.comes_until_answered()
    assert told["outcome"] == ("created" if given_up else "rejected")
    assert given_up or "cohort 'theirs'" in told["reason"]
    codes = {each["uuid"]: each["code"] for each in live(sandbox, "cohorts")}
    assert (codes[theirs["uuid"]], len(codes)) == (("L-1", 2) if given_up else ("CS-1", 1))


def test_a_key_that_somebody_uses_in_dokstamp_by_hand_is_not_given_twice(
    sis: Sis, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given a course that somebody made by hand with the code that ours is to get
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    institution = live(sandbox, "institutions")[0]["uuid"]
    pipeline.dokstamp.create("/courses", {"name": "By hand", "code": "NEW", "institution_uuid": institution})
    # When ours is renamed, Then it is rejected with what to do
    told = sis.say(Step.COURSE, example(Step.COURSE, sis_id="CS", code="NEW"))
    assert told["outcome"] == "rejected"
    assert "rename or delete one of the two" in told["reason"]


def test_a_dry_run_tells_that_a_key_is_handed_on(sis: Sis, sandbox: Sandbox) -> None:
    # Given a course, and a message in which it gets a new code while another one takes the old one
    sis.has_said(Step.INSTITUTION)
    sis.say(Step.COURSE, example(Step.COURSE, sis_id="X", code="A"))
    records = [example(Step.COURSE, sis_id="Y", code="A"), example(Step.COURSE, sis_id="X", code="B")]
    # When it is tried out, Then it is said what would be done
    told = sis.send({Step.COURSE: records}, options={"dry_run": True})
    assert {id_: each["outcome"] for id_, each in told.items()} == {"course#X": "updated", "course#Y": "created"}
