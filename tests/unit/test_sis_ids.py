"""What a record is called that brings no id of its own, or is in bad form; and that this fits where it is kept."""

from typing import Any

import pytest
from pydantic import ValidationError

from dokstamp_sync.mapping.row import row_id
from dokstamp_sync.order import Step
from dokstamp_sync.reading import apparent_sis_id, parse
from tests.support.sis import Json, example

INST, C, M, CM, G, H, S, E, D = Step
KEY_BYTES = 2048  # of a DynamoDB partition key
NOTHING: list[object] = [None, [], "CS", {}]


@pytest.mark.parametrize(
    ("step", "changes", "sis_id"),
    [
        (INST, {"sis_id": None}, "Vale"),
        (C, {}, "CS"),
        (M, {}, "M1"),
        (CM, {}, "CS"),
        (G, {}, "CS/Term 1"),
        (H, {}, "CS-1"),
        (S, {"sis_id": None, "email": "Ana@X.Example"}, "ana@x.example"),
        (E, {"sis_id": None}, "S1/CS"),
        (E, {"sis_id": None, "cohort_id": "CS-1"}, "S1/CS/CS-1"),
        (D, {}, "E1"),
        (D, {"enrollment_id": None, "student_id": "S1", "course_id": "CS"}, "S1/CS"),
        (D, {"enrollment_id": None, "student_id": "S1", "course_id": "CS", "cohort_id": "CS-1"}, "S1/CS/CS-1"),
        *[(step, {"sis_id": " own "}, "own") for step in Step],
    ],
)
def test_a_record_that_brings_no_id_is_called_by_what_names_it(step: Step, changes: Json, sis_id: str) -> None:
    assert parse(step, example(step, **changes)).sis_id == sis_id


@pytest.mark.parametrize(
    ("step", "record", "sis_id"),
    [
        (S, {"email": "Ana@X"}, "ana@x"),
        (S, {"sisId": " S1 ", "email": 5}, "S1"),
        (G, {"courseId": "CS", "name": "T", "order": "x"}, "CS/T"),
        (G, {"name": "T"}, None),
        (E, {"student_id": "S1", "course_id": "CS", "cohort_id": "K", "grade": 11}, "S1/CS/K"),
        (E, {"course_id": "CS"}, None),
        (C, {"name": "no code"}, None),
        (C, {"code": 5}, None),
        (D, {"pdf": "x"}, None),
        *[(C, nothing, None) for nothing in NOTHING],
    ],
)
def test_a_record_in_bad_form_is_called_by_what_can_be_read_of_it(step: Step, record: Any, sis_id: str | None) -> None:
    assert apparent_sis_id(step, record) == sis_id


@pytest.mark.parametrize("step", list(Step))
def test_what_a_record_in_bad_form_is_called_fits_into_the_key_of_a_table(step: Step) -> None:
    # Given a record whose ids are all far too long, which is one of the things that make it bad
    record = dict.fromkeys(("sis_id", "code", "name", "email", "course_id", "student_id"), "x" * 5000)
    # When it is named
    key_bytes = len(row_id(step, apparent_sis_id(step, record) or "").encode())
    # Then the name fits where it is kept
    assert key_bytes <= KEY_BYTES


def test_the_longest_id_that_is_made_up_of_others_fits_into_the_key_of_a_table() -> None:
    # Given an enrollment whose references are as long as they may be, in the widest characters
    parts = {"student_id": "𝔸" * 255, "course_id": "𝔹" * 255, "cohort_id": "ℂ" * 255}
    # When it is read, Then it is refused, or its id fits where it is kept
    try:
        record = parse(E, example(E, sis_id=None, **parts))
    except ValidationError:
        return
    assert len(row_id(E, record.sis_id).encode()) <= KEY_BYTES
