"""What the model plays where records meet, and that its verdict sees whose everything is."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from dokstamp_sync.mapping.row import row_id
from dokstamp_sync.order import Step
from dokstamp_sync.reading import parse
from tests.model.meetings import FOR_GOOD, KINDS, MEETING
from tests.model.said import Message, Version
from tests.model.school import School
from tests.model.stage import Stage
from tests.model.verdict import verdict
from tests.model.world import World
from tests.support.memory import MemoryStore

SEEDS = range(100)


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_of_a_meeting_is_in_good_form(kind: str) -> None:
    # Given schools that may have this kind of meeting
    plots = [plot for seed in SEEDS for plot in School(Random(seed), frozenset({kind})).plots]
    # When their acts are told
    for plot in plots:
        for act in plot.acts:
            for (step, sis_id), said in act.says:
                # Then each record can be read, and is the one that it is kept under
                assert parse(step, said, "").sis_id == sis_id
    assert plots


def test_no_two_meetings_of_a_school_have_a_record_in_common() -> None:
    # Given schools that may have all kinds of meetings
    for seed in SEEDS:
        school = School(Random(seed), frozenset(KINDS))
        # When the records of their plots are counted
        keys = [key for plot in school.plots for key in plot.keys]
        # Then none is in two of them, nor one of the school's other records
        assert len(keys) == len(set(keys))
        assert not set(keys) & set(school.keys())


def test_a_patient_school_has_nothing_that_would_be_waited_for_without_end() -> None:
    # Given schools that may have all kinds of meetings
    schools = [School(Random(seed), frozenset(KINDS)) for seed in SEEDS]
    # When nobody loses patience there
    patient = [school for school in schools if school.traits.patient]
    # Then there is no conflict that stays
    assert patient
    assert not any(school.traits.meetings & FOR_GOOD for school in patient)


def test_every_meeting_that_is_played_is_told_to_the_end() -> None:
    for kind in sorted(MEETING):
        # Given a school with this kind of meeting, in good weather
        stage = _stage(next(seed for seed in SEEDS if School(Random(seed), frozenset({kind})).plots), kind)
        _tell_all(stage)
        for plot in stage.world.school.plots:
            stage.go_on(plot, 0, Random(1))
        # When it is played to the end
        findings = stage.play_to_the_end()
        # Then every act was told, and DokStamp says what the SIS says
        assert findings == [], kind
        assert all(plot.next is None for plot in stage.world.school.plots)


def test_the_verdict_sees_an_enrollment_of_somebody_else() -> None:
    # Given a school of which everything was delivered
    stage = _stage(1)
    _tell_all(stage)
    assert stage.play_to_the_end() == []
    # When one of its enrollments names another student in DokStamp
    table = stage.sandbox.store.tables
    moved = next(each for each in table["enrollments"].values() if each.values["cohort_uuid"])
    other = next(uuid for uuid in table["students"] if uuid != moved.values["student_uuid"])
    moved.values["student_uuid"] = other
    # Then the verdict says so
    assert [each.split()[0] for each in _judged(stage)] == ["whose"]


def test_the_verdict_sees_two_records_that_are_one_entity() -> None:
    # Given a school of which everything was delivered
    stage = _stage(1)
    _tell_all(stage)
    assert stage.play_to_the_end() == []
    # When the mapping knows one uuid for two of its courses
    store = stage.simulation.store
    ids = [row_id(Step.COURSE, sis_id) for sis_id in ("C1", "C2")]
    first, second = (store.read(ids)[each] for each in ids)
    store.write(replace(second, uuid=first.uuid), second)
    # Then the verdict says so
    assert {each.split()[0] for each in _judged(stage)} == {"whose"}


def _stage(seed: int, *meetings: str) -> Stage:
    random = Random(seed)
    return Stage(random, World(School(random, frozenset(meetings))), MemoryStore, seed=seed)


def _tell_all(stage: Stage) -> None:
    school = stage.world.school
    versions: list[Version] = [school.version(key, 0) for key in school.keys()]  # noqa: SIM118
    stage.tell(Message("all", 0, {"force": False, "dry_run": False}, {each.key: each for each in versions}))


def _judged(stage: Stage) -> list[str]:
    return verdict(stage.world, stage.simulation, stage.sandbox.state)
