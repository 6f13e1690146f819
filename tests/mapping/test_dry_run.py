"""What a dry run writes lies over the mapping: the run itself reads it, and nobody else."""

import pytest

from dokstamp_sync.mapping.dry_run import DryRunStore
from dokstamp_sync.mapping.row import Conflict, Row, Store
from tests.support.pipeline import Clock

ID = "course#CS"
NOTE = Row("key#course#CS", facts={"row": ID})


@pytest.fixture
def planned(store: Store, clock: Clock) -> DryRunStore:
    return DryRunStore(store, "run-1", clock)


def test_a_dry_run_reads_what_it_wrote_itself_and_else_what_the_mapping_has(store: Store, planned: DryRunStore) -> None:
    # Given a mapped course
    before = store.write(Row(ID, uuid="c-1"), None)
    assert planned.read([ID, "course#none"]) == {ID: before}
    # When a dry run writes something else about it, twice
    once = planned.write(Row(ID, uuid="c-2"), before)
    twice = planned.write(Row(ID, uuid="c-3"), once)
    # Then the run reads that, and the mapping is as it was
    assert planned.read([ID]) == {ID: twice}
    assert twice.uuid == "c-3"
    assert store.read([ID]) == {ID: before}


def test_what_a_dry_run_writes_expires_and_is_nothing_to_another_run(
    store: Store, planned: DryRunStore, clock: Clock
) -> None:
    # When a dry run writes a row
    stored = planned.write(Row(ID, uuid="c-1"), None)
    # Then DynamoDB removes it one day, and another dry run does not see it
    assert (stored.expires_at or 0) > clock()
    assert DryRunStore(store, "run-2", clock).read([ID]) == {}


def test_two_workers_of_one_dry_run_meet_as_they_would_in_earnest(planned: DryRunStore) -> None:
    # Given a row that a dry run wrote, and that was changed since
    first = planned.write(Row(ID), None)
    second = planned.write(Row(ID, uuid="c-1"), first)
    # When somebody replaces the first state of it, Then he is told how it stands now
    with pytest.raises(Conflict) as met:
        planned.write(Row(ID, uuid="c-2"), first)
    assert met.value.current == second


@pytest.mark.parametrize("in_earnest", [True, False])
def test_a_note_that_is_there_stands_in_the_way_of_a_second_one(
    store: Store, planned: DryRunStore, *, in_earnest: bool
) -> None:
    # Given a key's note, in the mapping or of the dry run itself
    (store if in_earnest else planned).write(NOTE, None)
    # When a record of the dry run brings the same note, Then neither the note nor the row is written
    with pytest.raises(Conflict) as met:
        planned.write(Row("course#other"), None, NOTE)
    assert met.value.current
    assert met.value.current.id == NOTE.id
    assert planned.read(["course#other"]) == {}
