"""A dry run's records find what the run has planned, and are not in each other's way."""

from dokstamp_sync.order import Step
from dokstamp_sync.records import Student
from dokstamp_sync.steps.work import Delivered, Reference, Work
from tests.worker.scene import Scene, create, outcomes

DRY = {"dry_run": True}


def test_a_record_whose_parent_is_only_planned_is_planned_without_a_look_at_dokstamp(scene: Scene) -> None:
    # Given a record that a dry run would create, and another one that depends on it
    scene.step.needs["bia"] = Reference(Step.STUDENT, "ana")
    scene.step.script["ana"] = [create]
    assert outcomes(scene.take("ana", options=DRY)) == {"ana": "created"}
    # When the same run takes the other one, Then it would be created, and its step is not asked
    assert outcomes(scene.take("bia", options=DRY)) == {"bia": "created"}
    assert scene.step.begun == ["ana"]


def test_records_of_a_dry_run_that_share_a_row_do_not_wait_for_each_other(scene: Scene) -> None:
    # Given two records that follow one another, share a row, and would be created
    def share(work: Work[Student]) -> Delivered:
        work.shared.claim("attachments#1")
        return create(work)

    scene.step.lanes = {"ana": "one", "bia": "one"}
    scene.step.script.update(ana=[share], bia=[share])
    # When a dry run takes them, Then both are planned when its message has come once
    assert outcomes(scene.take("ana", "bia", options=DRY)) == {"ana": "created", "bia": "created"}
