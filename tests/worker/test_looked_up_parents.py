"""Parents that the mapping does not know: looked up in DokStamp by what names them, each kind in its own way."""

from collections.abc import Iterable
from typing import Any

import pytest

from dokstamp_sync.mapping.identity import key_id
from dokstamp_sync.mapping.row import Delivery, Row
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Delivered, Reference, Work
from tests.worker.scene import COURSE, NOON, Scene, outcomes, reasons


def of(**owners: str) -> dict[str, Any]:
    """What an entity says of those that it belongs to."""
    return {owner: {"uuid": uuid} for owner, uuid in owners.items()}


FOUND: dict[str, tuple[Reference, dict[str, Any], dict[str, str]]] = {
    "an institution by its name": (Reference(Step.INSTITUTION, "UFP"), {"name": "UFP"}, {}),
    "a course by its code": (COURSE, {"code": "CS"} | of(institution="i-1"), {"institution_uuid": "i-1"}),
    "a module by its code": (Reference(Step.MODULE, "M1"), {"code": "M1"} | of(institution="i-1"), {}),
    "a cohort by its code": (Reference(Step.COHORT, "K2"), {"code": "K2"} | of(course="c-1"), {"course_uuid": "c-1"}),
    "a student by the e-mail": (Reference(Step.STUDENT, "bia@x.example"), {"email": "Bia@x.example"}, {}),
    "an enrollment by student and course": (
        Reference(Step.ENROLLMENT, "S1/C1"),
        of(student="s-1", course="c-1") | {"completion_status": "dropped"},
        {"student_uuid": "s-1", "course_uuid": "c-1", "completion_status": "dropped"},
    ),
    "an enrollment by student, course and cohort": (
        Reference(Step.ENROLLMENT, "S1/C1/K1"),
        of(student="s-1", course="c-1", cohort="k-1"),
        {"student_uuid": "s-1", "course_uuid": "c-1", "cohort_uuid": "k-1"},
    ),
}


@pytest.fixture
def school(scene: Scene) -> Scene:
    """A student, a course and a cohort are mapped; ``ana`` needs what a test says."""
    for id_, uuid in (("student#S1", "s-1"), ("course#C1", "c-1"), ("cohort#K1", "k-1")):
        scene.put(Row(id_, uuid=uuid))
    return scene


@pytest.mark.parametrize("case", FOUND)
def test_what_somebody_made_by_hand_is_a_parent_and_tells_what_it_belongs_to(case: str, school: Scene) -> None:
    # Given an entity that no record is
    reference, entity, facts = FOUND[case]
    school.step.needs["ana"] = reference
    school.api.lists[f"/{reference.step.section}"] = [{"uuid": "found", **entity}]
    seen: list[Any] = []

    def deliver(work: Work[Any]) -> Delivered:
        seen.extend((parent.uuid, parent.facts) for parent in work.parents.values())
        return Delivered(Outcome.CREATED, "ana-1")

    # When a record names it by what names it in DokStamp
    school.step.script["ana"] = [deliver]
    assert outcomes(school.take("ana")) == {"ana": "created"}
    # Then it is the parent, and its facts are those that the record's step may need
    ((uuid, told),) = seen
    assert uuid == "found"
    assert told.items() >= facts.items()


ALONE = of(student="s-1", course="c-1")
IN_COHORT = of(student="s-1", course="c-1", cohort="k-1")


@pytest.mark.parametrize(
    ("step", "sis_id", "held"),
    [
        (Step.ENROLLMENT, "E1", ALONE),
        (Step.ENROLLMENT, "S1/C1", IN_COHORT),
        (Step.ENROLLMENT, "S1/C1/K1", ALONE),
        (Step.ENROLLMENT, "S1/C1/K1/x", IN_COHORT),
        (Step.ENROLLMENT, "S1/C1/K9", ALONE),
        (Step.ENROLLMENT, "S1/C9", of(student="s-1")),
        (Step.ENROLLMENT, "S9/C1", of(course="c-1")),
        (Step.ENROLLMENT, "REFUSED/C1", of(course="c-1")),
        (Step.STUDENT, "S9", {"email": "S9"}),
    ],
)
def test_an_id_that_names_nothing_to_look_for_waits_for_its_own_record(
    step: Step, sis_id: str, held: dict[str, Any], school: Scene
) -> None:
    # Given an entity that the id does not name, and a student that was refused
    school.put(Row("student#REFUSED", refused=Delivery("run-0", NOON, "", Outcome.REJECTED, "name: too long")))
    school.api.lists[f"/{step.section}"] = [{"uuid": "found", **held}]
    school.step.needs["ana"] = Reference(step, sis_id)
    # When a record names the id, Then it waits, and is blocked in the end
    assert school.take("ana") is None
    answer = school.take("ana", receives=school.settings.maximum_receives)
    assert outcomes(answer) == {"ana": "blocked"}
    assert reasons(answer) == {"ana": f"{step} '{sis_id}' is neither mapped nor in DokStamp"}


KEY = key_id(Step.COURSE, ("CS", "i-1"))


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([Row("course#OLD", uuid="old", key=KEY), Row(KEY, facts={"row": "course#OLD"})], "blocked"),
        ([Row("course#OLD", uuid="old", key="another"), Row(KEY, facts={"row": "course#OLD"})], "created"),
        ([Row("course#CS", intent={"key": KEY}), Row(KEY, facts={"row": "course#CS"})], "created"),
        ([Row("course#OLD", uuid="found"), Row("uuid#found", facts={"row": "course#OLD"})], "blocked"),
    ],
    ids=["it has the key", "it has given the key up", "it is the one that is named", "it is that entity"],
)
def test_whether_what_is_found_is_the_parent_depends_on_the_record_that_is_noted_for_it(
    rows: Iterable[Row], outcome: str, waiting: Scene
) -> None:
    # Given a course in DokStamp, and a record that the mapping notes for it
    for row in rows:
        waiting.put(row)
    waiting.api.lists["/courses"] = [{"uuid": "found", "code": "CS"} | of(institution="i-1")]
    # When another record needs the course
    answer = waiting.take("ana", receives=waiting.settings.maximum_receives)
    # Then it is taken for its parent unless it is another record's
    assert outcomes(answer) == {"ana": outcome}


def test_the_parents_of_a_message_are_read_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given three records that need a course each
    names = ("ana", "bia", "caio")
    for name in names:
        scene.step.needs[name] = Reference(Step.COURSE, name)
        scene.put(Row(f"course#{name}", uuid=f"of-{name}"))
    asked: list[str] = []
    read = scene.store.read

    def spy(ids: Iterable[str]) -> dict[str, Row]:
        listed = list(ids)
        asked.append(" ".join(sorted(each for each in listed if each.startswith("course#"))))
        return read(listed)

    monkeypatch.setattr(scene.store, "read", spy)
    # When they come in one message, Then the mapping is asked once for all of them
    assert scene.take(*names) is not None
    assert list(filter(None, asked)) == ["course#ana course#bia course#caio"]
