"""Does DokStamp already say what we would send? What we would send decides how the two are compared."""

from typing import Any

import pytest

from dokstamp_sync.dokstamp.compare import says
from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.sis import Sis, example, live, writes


@pytest.mark.parametrize(
    ("field", "wanted", "shown"),
    [
        ("version", "2024.10", "2024.1"),
        ("tax_id", "012345", "12345"),
        ("code", "1e3", "1000"),
        ("code", "+5", "5"),
        ("name", "2024-01-01", "2024-01-01T00:00:00Z"),
        ("description", "2024-01-01T03:00:00Z", "2024-01-01T00:00:00-03:00"),
    ],
)
def test_a_text_is_the_same_only_if_every_character_is(field: str, wanted: str, shown: str) -> None:
    # Given a text that reads like another one's number or moment, When both are compared, Then they differ
    assert not says({field: shown}, {field: wanted})
    assert not says({field: wanted}, {field: shown})
    assert says({field: wanted}, {field: wanted})


@pytest.mark.parametrize("shown", [5, 5.0, True, ["5"], None])
def test_what_is_no_text_is_never_the_same_as_one(shown: Any) -> None:
    assert not says({"code": shown}, {"code": "5"})


@pytest.mark.parametrize(
    ("wanted", "shown"), [(8.5, "8.50"), (8.5, 8.5), (10.0, 10), (60, "60"), (60, 60.0), (0, "0.00"), (8.1, "8.10")]
)
def test_a_number_that_we_send_is_compared_as_a_number(wanted: float, shown: Any) -> None:
    assert says({"grade": shown}, {"grade": wanted})


@pytest.mark.parametrize(("wanted", "shown"), [(8.5, "8.05"), (1, True), (0, None), (0, ""), (0, False), (1, [1])])
def test_another_number_or_no_number_differs(wanted: float, shown: Any) -> None:
    assert not says({"grade": shown}, {"grade": wanted})


@pytest.mark.parametrize("field", ["date_of_birth", "enrolled_at", "completed_at", "start_date", "end_date"])
def test_a_date_is_the_midnight_that_it_begins_with(field: str) -> None:
    # Given a day that we would send in one of the fields that hold dates
    day = {field: "2024-02-01"}
    # When DokStamp shows it as a moment, Then it is the same only if it is that midnight in UTC
    for same in ("2024-02-01", "2024-02-01T00:00:00Z", "2024-02-01T00:00:00.000000Z", "2024-01-31T21:00:00-03:00"):
        assert says({field: same}, day), same
    for other in ("2024-02-02", "2024-02-01T00:00:01Z", "2024-02-01T00:00:00", None, "soon", ""):
        assert not says({field: other}, day), other


def test_a_field_that_dokstamp_does_not_show_differs() -> None:
    assert not says({}, {"name": "Computing"})
    assert says({"name": "Computing", "more": 1}, {"name": "Computing"})


def test_a_version_that_only_reads_like_the_same_number_is_changed(
    sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a course that DokStamp has with version 2024.1, and that the mapping does not know
    sis.has_said(Step.INSTITUTION)
    held = sis.say(Step.COURSE, example(Step.COURSE, version="2024.1"))
    del rows["course#CS"]
    sandbox.calls.clear()
    # When the SIS says version 2024.10
    row = sis.say(Step.COURSE, example(Step.COURSE, version="2024.10"))
    # Then DokStamp says so, too
    assert (row["outcome"], row["uuid"]) == ("updated", held["uuid"])
    assert [method for method, _ in writes(sandbox)] == ["PATCH"]
    assert live(sandbox, "courses")[0]["version"] == "2024.10"
