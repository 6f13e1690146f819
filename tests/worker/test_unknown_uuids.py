"""A uuid that DokStamp does not know, or says so: it is believed when it was said twice, and of that uuid alone."""

from collections.abc import Callable

import pytest

from dokstamp_sync.errors import Misconfigured, NotFound, Rejected, Retry
from dokstamp_sync.mapping.row import Delivery, Row
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Student
from dokstamp_sync.steps.work import Delivered, Work
from tests.worker.scene import Scene, outcomes, reasons, uuid_of

COURSE_UUID = "11111111-1111-4111-8111-111111111111"
COURSE = f"/courses/{COURSE_UUID}"
ANA_UUID = "22222222-2222-4222-8222-222222222222"
APPLIED = Delivery("run-0", "2026-11-19T12:00:00.000000Z", "old", Outcome.CREATED, "")


def denied(path: str, times: int) -> list[Exception | Callable[[Work[Student]], Delivered]]:
    """So many tries that end with a 404 on that path."""
    return [NotFound("PATCH answered 404", path=path)] * times


def known(work: Work[Student]) -> Delivered:
    """Delivered to the entity that the mapping knows."""
    assert work.uuid == ANA_UUID
    return Delivered(Outcome.UPDATED, work.uuid)


def afresh(work: Work[Student]) -> Delivered:
    """Delivered as if the mapping knew none."""
    assert work.uuid is None
    return Delivered(Outcome.CREATED, uuid_of("ana"))


def test_a_404_that_is_not_repeated_is_not_believed(scene: Scene) -> None:
    # Given a mapped record whose uuid DokStamp denies once
    scene.put(Row("student#ana", uuid=ANA_UUID, applied=APPLIED))
    scene.step.script["ana"] = [*denied(f"/students/{ANA_UUID}", 1), known]
    # When it is taken, Then it stays the entity that it was
    assert outcomes(scene.take("ana")) == {"ana": "updated"}
    assert scene.row("ana").uuid == ANA_UUID


def test_a_record_that_dokstamp_denies_twice_is_synced_afresh(scene: Scene) -> None:
    scene.put(Row("student#ana", uuid=ANA_UUID, applied=APPLIED))
    scene.step.script["ana"] = [*denied(f"/students/{ANA_UUID}", 2), afresh]
    assert outcomes(scene.take("ana")) == {"ana": "created"}
    assert scene.row("ana").uuid == uuid_of("ana")


def test_a_record_that_dokstamp_no_longer_knows_is_synced_afresh_only_once(scene: Scene) -> None:
    # Given a mapped record whose uuid DokStamp does not know, whatever is done
    scene.put(Row("student#ana", uuid=ANA_UUID, applied=APPLIED))
    scene.step.script["ana"] = denied(f"/students/{ANA_UUID}", 3)
    # When it is taken
    answer = scene.take("ana")
    # Then it was tried afresh once, and is rejected; its uuid stays until something new is made in its place
    assert scene.step.begun == ["ana", "ana", "ana"]
    assert outcomes(answer) == {"ana": "rejected"}
    assert scene.row("ana").uuid == ANA_UUID


def test_a_404_on_the_record_s_own_uuid_below_a_parent_is_the_record_s_and_not_the_parent_s(waiting: Scene) -> None:
    # Given a mapped record that lives below its parent's path, as module groups do, and was deleted in DokStamp
    course = waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.put(Row("student#ana", uuid=ANA_UUID, applied=APPLIED))
    waiting.step.script["ana"] = [*denied(f"{COURSE}/groups/{ANA_UUID}", 2), afresh]
    # When its change meets the 404
    answer = waiting.take("ana")
    # Then the record is synced afresh, and the parent is left alone
    assert outcomes(answer) == {"ana": "created"}
    assert waiting.store.rows["course#CS"] == course


def test_a_parent_that_dokstamp_denies_once_is_still_the_parent(waiting: Scene) -> None:
    # Given a mapped course that is there, though DokStamp denies it once
    course = waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.step.script["ana"] = denied(f"{COURSE}/modules", 1)
    # When a record that needs it meets the 404
    assert waiting.take("ana") is None
    # Then the mapping still knows it, and the record is delivered when its message comes back
    assert waiting.store.rows["course#CS"] == course
    assert waiting.row("ana").claim is None
    assert outcomes(waiting.take("ana", receives=2)) == {"ana": "created"}


def test_a_parent_that_dokstamp_does_not_show_stays_mapped_and_is_waited_for(waiting: Scene) -> None:
    # Given a mapped course that DokStamp denies once, and whose own address it does not take
    course = waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.step.script["ana"] = denied(f"{COURSE}/modules", 1)
    waiting.api.trouble[COURSE] = Rejected("405", status=405)
    # When a record that needs it meets the 404, Then the mapping still knows the course
    assert waiting.take("ana") is None
    assert waiting.store.rows["course#CS"] == course


def test_a_parent_that_dokstamp_no_longer_knows_is_forgotten_and_waited_for(waiting: Scene) -> None:
    # Given a mapped course that was deleted in DokStamp, and two records that need it, one after the other
    facts = {"institution_uuid": "i-1"}
    waiting.put(Row("course#CS", uuid=COURSE_UUID, key="key#course#CS", facts=facts, applied=APPLIED))
    waiting.step.needs["bia"] = waiting.step.needs["ana"]
    waiting.step.lanes = {"ana": "one", "bia": "one"}
    waiting.step.script["ana"] = denied(f"{COURSE}/modules", 1)
    waiting.api.trouble[COURSE] = NotFound("404", path=COURSE)
    # When the first one meets the 404
    assert waiting.take("ana", "bia") is None
    # Then nothing is known of the course any more, and both records wait for it
    forgotten = waiting.store.rows["course#CS"]
    assert forgotten == Row("course#CS", version=forgotten.version)
    assert waiting.step.begun == ["ana"]
    assert waiting.row("ana").claim is None


def test_a_parent_that_was_made_again_meanwhile_is_not_forgotten(waiting: Scene) -> None:
    # Given a mapped course that was deleted in DokStamp, and is made again while a record that needs it is delivered
    before = waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.api.trouble[COURSE] = NotFound("404", path=COURSE)

    def overtaken(work: Work[Student]) -> Delivered:
        waiting.store.write(Row("course#CS", uuid=uuid_of("course")), before)
        raise NotFound("404", path=f"{COURSE}/modules")

    waiting.step.script["ana"] = [overtaken]
    # When that record meets the 404, Then it waits, and finds the course as it is now
    assert waiting.take("ana") is None
    assert waiting.store.rows["course#CS"].uuid == uuid_of("course")
    assert outcomes(waiting.take("ana", receives=2)) == {"ana": "created"}


@pytest.mark.parametrize(
    "trouble",
    [{COURSE: Retry("503")}, {COURSE: NotFound("404", path=COURSE), "/courses": Misconfigured("404 on a list")}],
    ids=["DokStamp fails", "the tenant is wrong"],
)
def test_a_parent_that_could_not_be_asked_for_again_is_not_forgotten(
    trouble: dict[str, Exception], waiting: Scene
) -> None:
    # Given a mapped course that DokStamp denies, and a DokStamp that then fails, or denies everything
    course = waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.step.script["ana"] = denied(f"{COURSE}/modules", 1)
    waiting.api.trouble.update(trouble)
    # When a record that needs it meets both
    assert waiting.take("ana") is None
    # Then the mapping still knows it, and the record can be claimed
    assert waiting.store.rows["course#CS"] == course
    waiting.api.trouble.clear()
    assert outcomes(waiting.take("ana", receives=2)) == {"ana": "created"}


def test_a_dry_run_that_meets_a_deleted_parent_leaves_the_mapping_alone(waiting: Scene) -> None:
    # Given a mapped course that was deleted in DokStamp
    before = waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.step.script["ana"] = denied(f"{COURSE}/modules", 1)
    waiting.api.trouble[COURSE] = NotFound("404", path=COURSE)
    # When a dry run meets the 404
    answer = waiting.take("ana", options={"dry_run": True})
    # Then it says so, and wrote nothing
    assert reasons(answer)["ana"] == "dry run: course 'CS' is gone from DokStamp"
    assert waiting.store.rows["course#CS"] == before


def test_a_parent_that_dokstamp_has_is_not_called_gone(waiting: Scene) -> None:
    # Given a mapped course below which DokStamp knows nothing
    waiting.put(Row("course#CS", uuid=COURSE_UUID))
    waiting.step.script["ana"] = denied(f"{COURSE}/modules", 100)
    # When patience ends, Then the SIS is told where to look
    assert waiting.take("ana") is None
    answer = waiting.wait(3600, "ana")
    assert reasons(answer)["ana"] == "DokStamp answered 404 below course 'CS', though it has it"


def test_a_row_that_was_shared_in_a_denied_try_is_claimed_anew(scene: Scene) -> None:
    # Given a record that shares a row with others, gives it back, and is denied then
    scene.put(Row("student#ana", uuid=ANA_UUID, applied=APPLIED))

    def share(work: Work[Student]) -> None:
        shared = work.shared.claim("attachments#1")
        work.api.change("/courses/1", {})
        shared.release()

    def refused(work: Work[Student]) -> Delivered:
        share(work)
        raise NotFound("404", path=f"/students/{ANA_UUID}")

    def taken(work: Work[Student]) -> Delivered:
        share(work)
        return known(work)

    scene.step.script["ana"] = [refused, taken]
    # When it is tried once more, Then it can write
    assert outcomes(scene.take("ana")) == {"ana": "updated"}


def test_a_404_on_anything_else_is_a_rejection(scene: Scene) -> None:
    scene.step.script["ana"] = [*denied(f"/templates/{COURSE_UUID}", 1), Rejected("never asked for")]
    assert reasons(scene.take("ana")) == {"ana": "PATCH answered 404"}
