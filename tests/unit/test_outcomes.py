"""Outcomes as the SIS reads them: counted, and short enough."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import REFUSED, Outcome, RecordOutcome, answer, count, shorten


def test_the_six_outcomes_are_those_of_the_contract() -> None:
    assert [each.value for each in Outcome] == ["created", "updated", "unchanged", "stale", "rejected", "blocked"]
    assert {Outcome.REJECTED, Outcome.BLOCKED} == REFUSED


def test_counts_name_only_what_occurs_in_a_fixed_order() -> None:
    assert count(["blocked", "created", "created", "stale"]) == {"created": 2, "stale": 1, "blocked": 1}
    assert list(count(["blocked", "stale", "created"])) == ["created", "stale", "blocked"]
    assert count([]) == {}


def test_an_outcome_has_an_address_only_where_there_is_one() -> None:
    # Given outcomes with and without an address
    plain = RecordOutcome(Step.COURSE, "CS", Outcome.CREATED, "new", "u-1")
    issued = RecordOutcome(Step.CERTIFICATE, "E1", Outcome.CREATED, "issued", "u-2", "https://v.example/1")
    # When they are told, Then just the second has the key
    base = {"step": "course", "sis_id": "CS", "outcome": "created", "uuid": "u-1", "reason": "new"}
    assert plain.as_json() == base
    assert issued.as_json()["public_verification_url"] == "https://v.example/1"


def test_an_answer_keeps_the_order_of_the_records() -> None:
    # Given outcomes of several records, one of which has no id
    outcomes = [
        RecordOutcome(Step.COURSE, "B", Outcome.UPDATED, "changed", "u-1"),
        RecordOutcome(Step.COURSE, None, Outcome.REJECTED, "records[1]: code: Field required"),
    ]
    # When they are answered
    told = answer(outcomes)
    # Then they are counted and told in that order
    assert told["counts"] == {"updated": 1, "rejected": 1}
    assert [row["sis_id"] for row in told["records"]] == ["B", None]
    assert told["records"][1]["uuid"] is None


def issued(count: int, address: str, reason: str = "issued") -> list[RecordOutcome]:
    return [RecordOutcome(Step.CERTIFICATE, f"E{n}", Outcome.CREATED, reason, "u", address) for n in range(count)]


@pytest.mark.parametrize(("count", "room"), [(1, 1400), (3, 450), (6, 200), (500, 200)])
def test_an_address_has_more_room_where_there_are_few_of_them(count: int, room: int) -> None:
    # Given addresses that just fit, When they are answered, Then each is whole, beside its reason
    address = "https://v.example/".ljust(room, "x")
    for row in answer(issued(count, address))["records"]:
        assert (row["public_verification_url"], row["reason"]) == (address, "issued")


@pytest.mark.parametrize("count", [1, 2, 500])
@pytest.mark.parametrize("address", ["https://v.example/" + "x" * 5000, "https://v.example/" + '"é' * 400])
def test_an_address_that_does_not_fit_is_left_out_whole_and_the_reason_says_where_it_is(
    count: int, address: str
) -> None:
    # Given addresses that are far too long, When they are answered, Then no part of one is told
    for row in answer(issued(count, address))["records"]:
        assert "public_verification_url" not in row
        assert row["reason"].startswith("issued; ")
        assert "address is too long to be told here" in row["reason"]
        assert "mapping" in row["reason"]
        assert "DokStamp" in row["reason"]


@pytest.mark.parametrize("length", [10, 66, 150, 199, 200, 201, 239, 240, 241, 5000])
def test_reason_and_address_never_take_more_than_their_room_together(length: int) -> None:
    # Given long reasons beside addresses of any length
    told = answer(issued(500, "https://v.example/".ljust(length, "x"), "the certificate cannot be changed " * 99))
    # When they are answered, Then an address is whole or absent, and the reason keeps its beginning
    for row in told["records"]:
        address = row.get("public_verification_url", "")
        assert len(address) in (0, max(length, 18))
        assert len(address) + len(row["reason"].encode()) <= 240
        assert row["reason"].startswith("the certificate cannot be change")


@given(st.text(max_size=300), st.integers(8, 200))
def test_a_shortened_text_fits_and_begins_as_the_whole(text: str, room: int) -> None:
    # Given any text, When it is shortened
    short = shorten(text, room)
    # Then it fits in bytes, is still text, and is whole where it can be
    encoded = text.encode(errors="ignore")
    assert len(short.encode()) <= room
    assert short == text if len(encoded) <= room else text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize("room", range(4, 12))
def test_no_character_is_cut_in_two(room: int) -> None:
    assert json.loads(json.dumps(shorten("çãé𝔸" * 10, room))).removesuffix("…") in "çãé𝔸" * 10
