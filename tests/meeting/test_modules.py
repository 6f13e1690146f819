"""A group that somebody deleted in DokStamp by hand takes nobody else's modules off in silence."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.attaching import (
    ATTACH,
    FORCE,
    NO,
    Person,
    attached,
    course,
    group,
    groups_of,
    refuse,
    say_alone,
    say_catalogue,
)
from tests.support.sis import Json, Sis, calls

# Who else names the modules of G1: the record, how a reason shows it, and the group that they are in then.
HEIRS = {
    "the list": (course("M1", "M2"), "course_modules 'CS'", None),
    "another group": (group("G0", "M1", "M2"), "module_group 'CS/G0'", "G0"),
}
EACH_HEIR = pytest.mark.parametrize(("heir", "shown", "home"), HEIRS.values(), ids=HEIRS)
GONE = "module_group 'CS/G1' is gone from DokStamp"


@pytest.fixture
def person(sis: Sis, sandbox: Sandbox) -> Person:
    say_catalogue(sis, sandbox)
    return Person(sis, sandbox)


@EACH_HEIR
def test_what_the_next_one_is_refused_of_a_deleted_group_s_modules_is_told(
    heir: Json, shown: str, home: str | None, sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given a module that three records name, of which G1 was deleted by hand, and that DokStamp refuses to attach
    say_alone(sis, heir, group("G1", "M1"), group("G2", "M1"))
    person.deletes_group("G1")
    refuse(sandbox, ATTACH, "M1", times=2)
    # When G2, which has it, names another one instead
    row = sis.say(Step.MODULE_GROUP, group("G2", "M3"))
    # Then G2 is delivered, and its outcome tells what the next one lacks, and why
    assert groups_of(sandbox) == {"M2": home, "M3": "G2"}
    assert row["outcome"] == "updated"
    assert f"1 module that {shown} wants was refused: " in row["reason"]
    assert NO in row["reason"]
    assert GONE in row["reason"]
    # And when any record of the course is delivered, the next one gets it
    assert sis.say(Step.MODULE_GROUP, group("G2", "M4"))["reason"] == "changed; 2 attached, 1 detached"
    assert groups_of(sandbox) == {"M1": home, "M2": home, "M4": "G2"}


@pytest.mark.parametrize("refusal", ["all_or_nothing", "partial"])
@EACH_HEIR
def test_what_a_deleted_group_wanted_is_dropped_and_its_modules_fall_to_the_next_one_that_names_them(
    heir: Json, shown: str, home: str | None, refusal: str, sis: Sis, sandbox: Sandbox, person: Person
) -> None:
    # Given two modules that another record and G1 name, one of which G2 took, and G1 deleted by hand
    sandbox.switch(attach_refusal=refusal)
    say_alone(sis, heir, group("G1", "M2", "M1"))
    sis.say(Step.MODULE_GROUP, group("G2", "M1"))
    person.deletes_group("G1")
    # When G2 lets it go
    row = sis.say(Step.MODULE_GROUP, group("G2"))
    # Then both are where the other record has them, and the outcome says that G1 is gone
    assert groups_of(sandbox) == {"M1": home, "M2": home}
    assert [attached(sandbox)[code]["order"] for code in ("M1", "M2")] == [1, 2]
    assert row["outcome"] == "updated"
    assert GONE in row["reason"]
    # And nobody hears of G1 any more, nor asks for it, until it is sent again
    sandbox.calls.clear()
    row = sis.say(Step.MODULE_GROUP, group("G2", "M3"))
    assert row["reason"] == "changed; 1 attached, 0 detached"
    assert not [path for _, path in calls(sandbox) if path.endswith("/groups")]
    assert sis.say(Step.MODULE_GROUP, group("G1", "M2", "M1"), **FORCE)["outcome"] == "created"
    assert groups_of(sandbox) == {"M1": "G1", "M2": "G1", "M3": "G2"}


def test_a_forced_list_heals_what_was_done_by_hand(sis: Sis, sandbox: Sandbox, person: Person) -> None:
    # Given a list of four modules, of which a person detached one, moved one, and deleted the group of a third
    modules = course("M1", "M2", "M3", "M4")
    say_alone(sis, modules, group("G1", {"module_id": "M1", "order": 5}))
    person.deletes_group("G1")
    person.detaches("M2", "M3")
    person.attaches("M3", order=9)
    # When the list is sent again by force
    row = sis.say(Step.COURSE_MODULES, modules, **FORCE)
    # Then each module is where the list has it, and the outcome says that the group is gone
    assert groups_of(sandbox) == dict.fromkeys(("M1", "M2", "M3", "M4"))
    assert [attached(sandbox)[f"M{n}"]["order"] for n in range(1, 5)] == [1, 2, 3, 4]
    assert row["outcome"] == "updated"
    assert GONE in row["reason"]
    # And the group is not told again
    row = sis.say(Step.COURSE_MODULES, modules, **FORCE)
    assert row["reason"] == "4 attached, 0 detached"
