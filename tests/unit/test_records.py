"""What a record must and may say, section by section, and what it is called when it brings no id."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from dokstamp_sync.mapping.row import row_id
from dokstamp_sync.order import Step
from dokstamp_sync.records import CourseModules, ModuleGroup, apparent_sis_id, parse, problems
from tests.support.sis import EXAMPLES, Json, example

I, C, M, CM, G, H, S, E, D = Step
REQUIRED = {
    I: ["name", "country"],
    C: ["code", "name"],
    M: ["code", "name"],
    CM: ["course_id", "modules"],
    G: ["course_id", "name"],
    H: ["code", "course_id"],
    S: ["name", "email", "date_of_birth"],
    E: ["student_id", "course_id", "enrolled_at"],
    D: ["enrollment_id", "pdf"],
}
PAIRS = [(step, field) for step, fields in REQUIRED.items() for field in fields]
KEY_BYTES = 2048  # of a DynamoDB partition key
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def refusal(step: Step, record: object, institution: str = "") -> str:
    """What is wrong with a record, as the SIS reads it."""
    with pytest.raises(ValidationError) as error:
        parse(step, record, institution)
    return json.dumps(problems(error.value))


@pytest.mark.parametrize(("step", "field"), PAIRS)
@pytest.mark.parametrize("empty", ["left out", None, "", "   "], ids=repr)
def test_a_required_field_is_named_when_it_is_missing_or_empty(step: Step, field: str, empty: Any) -> None:
    # Given a record without one of its required fields
    record = {**EXAMPLES[step], field: empty}
    if empty == "left out":
        del record[field]
    # When it is read, Then the refusal names the field
    assert field in refusal(step, record)


@pytest.mark.parametrize("step", list(Step))
def test_an_unknown_key_is_named(step: Step) -> None:
    assert "favourite_colour" in refusal(step, {**EXAMPLES[step], "favourite_colour": "blue"})


@pytest.mark.parametrize("step", [CM, G])
def test_an_unknown_key_of_an_attachment_is_named_with_its_place(step: Step) -> None:
    record = example(step, modules=[{"module_id": "M1"}, {"module_id": "M2", "colour": "blue"}])
    assert "modules[1].colour" in refusal(step, record)


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("record", [None, [], "CS", 5, True], ids=repr)
def test_a_record_that_is_no_object_is_refused(step: Step, record: object) -> None:
    assert refusal(step, record)


@pytest.mark.parametrize(
    ("step", "field", "most"),
    [
        *[(I, "name", 255), (C, "name", 255), (M, "name", 150), (M, "code", 20), (C, "code", 255), (H, "code", 255)],
        *[(S, "name", 255), (S, "email", 255), (C, "description", 20_000), (E, "student_id", 255), (I, "sis_id", 255)],
    ],
)
def test_a_text_may_be_as_long_as_dokstamp_allows_and_no_longer(step: Step, field: str, most: int) -> None:
    # Given texts at the bound and beyond it
    text = "a@" + "x" * (most - 2) if field == "email" else "x" * most
    # When they are read, Then the first is taken and the second is refused by its field
    assert getattr(parse(step, example(step, **{field: text})), field) == text
    assert field in refusal(step, example(step, **{field: text + "x"}))


@pytest.mark.parametrize(
    ("step", "field", "good", "bad"),
    [
        (C, "workload_hours", [0, 3200, "40"], [-1, 1.5, "many", 10**9]),
        (M, "workload", [0, 90], [-1, 2.5]),
        (M, "credits", [0, 6], [-1]),
        (M, "level", ["undergraduate", "graduate", "technical", "open"], ["school", "Open"]),
        (M, "modality", ["in_person", "presential", "online", "remote", "hybrid"], ["evening", 5]),
        (H, "modality", ["in_person", "presential", "online", "remote", "hybrid"], ["evening", []]),
        (H, "start_date", ["2024-02-01T00:00:00Z", "2024-02-01T00:00:00-03:00"], ["soon", "2024-13-01T00:00:00Z"]),
        (I, "status", ["active", "inactive", "suspended"], ["closed"]),
        (S, "email", ["a@b", "ana+x@x.example"], ["ana", "a b@x", "a@b@c", "@x"]),
        (S, "date_of_birth", ["2000-01-31", "2000-01-31T00:00:00Z"], ["31/01/2000", "2000-02-30", "2000"]),
        (E, "completion_status", ["enrolled", "completed", "dropped"], ["passed"]),
        (E, "grade", [0, 10, 7.25, "7.25", "7.50"], [-0.01, 10.01, 7.255, "A", "NaN", "Infinity"]),
        (E, "enrolled_at", ["2024-02-01", "2024-02-01 10:00:00"], ["2024-02-31"]),
        (D, "pdf", ["s3://school-pdfs/a/b.pdf"], ["https://x/a.pdf", "s3://b", "s3://school-pdfs/", "s3:///a.pdf"]),
        (D, "template_id", [UUID, UUID.upper()], ["template-1", UUID[:-1]]),
        (G, "order", [0, 3], [-1, "first"]),
        (C, "is_active", [True, False, "true"], ["perhaps", 2]),
        (C, "name", ["Ação, 'x' & <y>"], ["line\nbreak", "nul\x00", 5, ["x"]]),
    ],
)
def test_a_value_is_taken_within_its_bounds_and_refused_outside(
    step: Step, field: str, good: list[Any], bad: list[Any]
) -> None:
    # Given values on both sides of the bounds, When they are read, Then each is told from the other
    for value in good:
        parse(step, example(step, **{field: value}))
    for value in bad:
        assert field in refusal(step, example(step, **{field: value}))


@pytest.mark.parametrize("field", ["status", "linkedin_organization", "uuid"])
def test_a_course_has_no_field_of_another_kind(field: str) -> None:
    assert field in refusal(C, example(C, **{field: "active"}))


@pytest.mark.parametrize(
    ("step", "changes", "sis_id"),
    [
        (I, {"sis_id": None}, "Vale"),
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
        *[(C, given, None) for given in (None, [], "CS", {})],
    ],
)
def test_a_record_in_bad_form_is_called_by_what_can_be_read_of_it(step: Step, record: Any, sis_id: str | None) -> None:
    assert apparent_sis_id(step, record) == sis_id


@pytest.mark.parametrize("step", list(Step))
def test_what_a_record_in_bad_form_is_called_fits_into_the_key_of_a_table(step: Step) -> None:
    # Given a record whose ids are all far too long, which is one of the things that make it bad
    record = {key: "x" * 5000 for key in ("sis_id", "code", "name", "email", "course_id", "student_id")}
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


@pytest.mark.parametrize("step", [C, M])
def test_the_stack_s_institution_stands_in_where_none_is_named(step: Step) -> None:
    # Given a record without an institution
    record = example(step, institution_id=None)
    # When it is read with and without a default, Then the default is taken, or the field is asked for
    assert parse(step, record, "VALE").institution_id == "VALE"  # type: ignore[attr-defined]
    assert parse(step, example(step, institution_id="MONTE"), "VALE").institution_id == "MONTE"  # type: ignore[attr-defined]
    assert "institution_id" in refusal(step, record)


@pytest.mark.parametrize("step", [CM, G])
def test_an_order_that_is_not_said_is_the_position(step: Step) -> None:
    # Given a list in which only one module has an order
    modules = [{"module_id": "A"}, {"moduleId": "B", "order": 9}, {"module_id": "C"}]
    # When it is read
    record = parse(step, example(step, modules=modules))
    # Then the others have their position, from 1
    assert isinstance(record, CourseModules | ModuleGroup)
    assert [(each.module_id, each.order, each.is_required) for each in record.modules] == [
        ("A", 1, True),
        ("B", 9, True),
        ("C", 3, True),
    ]


@pytest.mark.parametrize("step", [CM, G])
def test_a_module_named_twice_in_a_list_is_refused(step: Step) -> None:
    assert "twice" in refusal(step, example(step, modules=[{"module_id": "A"}, {"module_id": "A", "order": 5}]))


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"uuid": UUID}, "sis_id is required"),
        ({"sis_id": "V", "uuid": UUID, "name": "Vale"}, "nothing else"),
        ({"sis_id": "V", "uuid": "not-a-uuid"}, "uuid"),
        ({"sis_id": "V", "name": "Vale"}, "name and country"),
    ],
)
def test_an_institution_is_said_in_one_of_two_forms(record: Json, problem: str) -> None:
    assert problem in refusal(I, record)
    assert parse(I, {"sis_id": "V", "uuid": UUID.upper()}).uuid == UUID  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"enrollment_id": None}, "enrollment_id is required, or student_id and course_id"),
        ({"enrollment_id": None, "student_id": "S1"}, "enrollment_id is required"),
        ({"student_id": "S1", "course_id": "CS"}, "excludes"),
        ({"pdf": None}, "pdf is required to issue, revoke to revoke"),
        ({"revoke": True}, "not both"),
        ({"pdf": None, "revoke": False}, "revoke"),
        ({"revocation_reason": "Wrong"}, "goes with revoke"),
    ],
)
def test_a_certificate_is_issued_or_revoked_and_names_its_enrollment_once(changes: Json, problem: str) -> None:
    assert problem in refusal(D, example(D, **changes))


@pytest.mark.parametrize("step", list(Step))
def test_what_is_wrong_is_told_without_a_value(step: Step) -> None:
    # Given a record whose every value is wrong and personal
    fields = type(parse(step, EXAMPLES[step])).model_fields
    record: Json = {field: ["Ana Souza ana@x.example"] for field in fields} | {"modules": [{"order": "Ana Souza"}]}
    # When it is refused, Then no value is told
    told = refusal(step, record)
    assert "Ana" not in told
    assert "ana@" not in told
