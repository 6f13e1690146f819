"""What every store promises; see row.Store."""

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dokstamp_sync.mapping.row import Conflict, Row, Store, next_version
from tests.mapping.rows import ID, delivered, full

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(-1e6, 1e6).map(lambda x: round(x, 6))
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)


def said(row: Row) -> Row:
    """The row but for its version."""
    return dataclasses.replace(row, version="")


def test_a_row_that_nobody_wrote_is_simply_not_among_the_answers(store: Store) -> None:
    # Given a store with one row
    written = store.write(delivered(), None)
    # When it is asked for that one and for another
    rows = store.read([ID, "course#unknown"])
    # Then only the one comes back
    assert rows == {ID: written}


def test_nothing_is_read_where_nothing_is_asked_for(store: Store) -> None:
    store.write(delivered(), None)
    assert store.read([]) == {}


@pytest.mark.parametrize("row", [Row(ID), delivered(), full()], ids=["bare", "delivered", "full"])
def test_a_row_comes_back_as_it_was_written(store: Store, row: Row) -> None:
    # When a row is written
    written = store.write(row, None)
    # Then it is stored as answered, and only its version differs from what was given
    assert store.read([ID]) == {ID: written}
    assert said(written) == said(row)
    assert written.version not in ("", row.version)


def test_a_version_sorts_after_those_before_it(store: Store) -> None:
    # When a row is written again and again
    rows = [store.write(delivered(), None)]
    for _ in range(12):
        rows.append(store.write(rows[-1], rows[-1]))
    # Then its versions are in the order of writing
    versions = [row.version for row in rows]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("version", ["", "0f8c", "read-long-ago", "-"])
def test_a_version_in_any_other_form_counts_as_older(version: str) -> None:
    assert next_version(Row(ID, version), "x") == next_version(None, "x") == "000000000001-x"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.dictionaries(st.text(min_size=1, max_size=10), VALUES, max_size=4))
def test_whatever_a_step_remembers_comes_back_as_it_was(store: Store, facts: dict[str, Any]) -> None:
    before = store.read([ID]).get(ID)
    written = store.write(delivered(facts=facts), before)
    assert store.read([ID])[ID] == written
    assert dict(written.facts) == facts


def test_every_write_gives_the_row_another_version(store: Store) -> None:
    first = store.write(delivered(), None)
    second = store.write(first, first)
    third = store.write(second, second)
    assert len({first.version, second.version, third.version}) == 3


def test_a_row_that_exists_is_not_created_a_second_time(store: Store) -> None:
    # Given a row
    there = store.write(delivered(), None)
    # When somebody who knows of none writes one
    with pytest.raises(Conflict) as conflict:
        store.write(delivered(uuid="another"), None)
    # Then it learns how the row stands, and the row stands as it did
    assert conflict.value.current == there
    assert store.read([ID]) == {ID: there}


def test_a_row_that_was_written_meanwhile_is_not_overwritten(store: Store) -> None:
    # Given two who read the same row
    read = store.write(full(), None)
    # When one of them is faster
    faster = store.write(dataclasses.replace(read, uuid="faster"), read)
    with pytest.raises(Conflict) as conflict:
        store.write(dataclasses.replace(read, uuid="slower"), read)
    # Then the slower one learns how the row stands now, whole
    assert conflict.value.current == faster
    assert store.read([ID]) == {ID: faster}


def test_a_row_that_is_gone_is_not_brought_back_by_a_change(store: Store) -> None:
    # Given a row that somebody read before the table lost it
    lost = dataclasses.replace(delivered(), version="read-long-ago")
    # When it is changed
    with pytest.raises(Conflict) as conflict:
        store.write(dataclasses.replace(lost, uuid="new"), lost)
    # Then nothing is written, and the conflict says that there is nothing
    assert conflict.value.current is None
    assert store.read([ID]) == {}


def test_parts_that_a_row_no_longer_has_are_gone_from_the_store(store: Store) -> None:
    before = store.write(full(), None)
    after = store.write(dataclasses.replace(before, claim=None, intent=None, refused=None, facts={}), before)
    assert store.read([ID])[ID] == after
    assert (after.claim, after.intent, after.refused, after.facts) == (None, None, None, {})


@pytest.mark.parametrize("number", [100, 101, 250])
def test_more_rows_than_one_request_holds_are_all_read(store: Store, number: int) -> None:
    ids = [f"student#{place}@school.example" for place in range(number)]
    written = {each: store.write(Row(each), None) for each in ids}
    assert store.read([*ids, "student#nobody"]) == written


def test_an_id_that_is_asked_for_twice_is_no_error(store: Store) -> None:
    written = store.write(delivered(), None)
    assert store.read([ID, ID, ID]) == {ID: written}
