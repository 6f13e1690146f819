"""What a record must and may say, section by section: required fields, bounds, forms, and refusals without values."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from dokstamp_sync.order import Step
from dokstamp_sync.problems import problems
from dokstamp_sync.reading import MODELS, parse
from dokstamp_sync.records import CourseModules, ModuleGroup
from tests.support.sis import EXAMPLES, Json, example

INST, C, M, CM, G, H, S, E, D = Step
REQUIRED = {
    INST: ["name", "country"],
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
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def refusal(step: Step, record: object, institution: str = "") -> str:
    """What is wrong with a record, as the SIS reads it."""
    with pytest.raises(ValidationError) as error:
        parse(step, record, institution)
    return json.dumps(problems(error.value, MODELS[step]))


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
        *[(step, "name", 255) for step in (INST, C, S, G)],
        *[(step, "code", 255) for step in (C, H)],
        *[(M, "name", 150), (M, "code", 20), (C, "description", 20_000)],
        *[(S, "email", 255), (E, "student_id", 255), (INST, "sis_id", 255)],
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
        (INST, "status", ["active", "inactive", "suspended"], ["closed"]),
        (S, "email", ["a@b", "ana+x@x.example"], ["ana", "a b@x", "a@b@c", "@x"]),
        (S, "date_of_birth", ["2000-01-31", "2000-01-31T00:00:00Z"], ["31/01/2000", "2000-02-30", "2000"]),
        (E, "completion_status", ["enrolled", "completed", "dropped"], ["passed"]),
        (E, "grade", [0, 10, 7.25, "7.25", "7.50"], [-0.01, 10.01, 7.255, "A", "NaN", "Infinity"]),
        (E, "enrolled_at", ["2024-02-01", "2024-02-01 10:00:00"], ["2024-02-31"]),
        (D, "pdf", ["s3://school-pdfs/a/b.pdf"], ["https://x/a.pdf", "s3://b", "s3://school-pdfs/", "s3:///a.pdf"]),
        (D, "template_id", [UUID, UUID.upper()], ["template-1", UUID[:-1]]),
        (G, "order", [0, 3], [-1, "first"]),
        (C, "is_active", [True, False, "true"], ["perhaps", 2]),
        (C, "name", ["Ação, 'x' & <y>"], ["line\nbreak", "nu\x00l", 5, ["x"]]),
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
    assert problem in refusal(INST, record)
    assert parse(INST, {"sis_id": "V", "uuid": UUID.upper()}).uuid == UUID  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"enrollment_id": None}, "enrollment_id is required, or student_id and course_id"),
        ({"enrollment_id": None, "student_id": "S1"}, "enrollment_id is required"),
        ({"student_id": "S1", "course_id": "CS"}, "may not stand with"),
        ({"pdf": None}, "pdf is required to issue, or revoke to revoke"),
        ({"revoke": True}, "not both"),
        ({"pdf": None, "revoke": False}, "revoke"),
        ({"revocation_reason": "Wrong"}, "only with revoke"),
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
