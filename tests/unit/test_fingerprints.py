"""When two records say the same: the fingerprint, which decides whether DokStamp is called."""

from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from dokstamp_sync.order import Step
from dokstamp_sync.reading import parse
from dokstamp_sync.records import Certificate
from tests.support.sis import EXAMPLES, Json, example
from tests.unit.plain_cases import PLAIN

FULL: dict[Step, Json] = {case.step: case.full for case in PLAIN} | {
    Step.COURSE_MODULES: {"course_id": "CS", "modules": [{"module_id": "A", "order": 1, "is_required": False}]},
    Step.MODULE_GROUP: {"course_id": "CS", "name": "T", "order": 1, "modules": [{"module_id": "A", "workload": 4}]},
    Step.CERTIFICATE: {"enrollment_id": "E1", "pdf": "s3://school-pdfs/a.pdf", "issued_at": "2026-01-01T00:00:00Z"},
}


def fingerprint(step: Step, record: Any) -> str:
    return parse(step, record).fingerprint()


def camel(value: Any) -> Any:
    if isinstance(value, list):
        return [camel(each) for each in value]
    return {to_camel(key): camel(each) for key, each in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("step", list(Step))
def test_spelling_order_of_keys_and_empty_values_make_no_difference(step: Step) -> None:
    # Given a record with every field
    plain = fingerprint(step, FULL[step])
    # When it is said in camelCase, backwards, and with what is empty spelt out
    camelled = camel(FULL[step])
    backwards = dict(reversed(FULL[step].items()))
    unsaid = dict.fromkeys(type(parse(step, FULL[step])).model_fields) | FULL[step]
    # Then it is the same record
    assert fingerprint(step, camelled) == fingerprint(step, backwards) == fingerprint(step, unsaid) == plain
    assert any(key != key.lower() for key in camelled)


@pytest.mark.parametrize("step", list(Step))
def test_every_field_that_dokstamp_gets_makes_a_difference(step: Step) -> None:
    # Given a record with every field
    whole = fingerprint(step, FULL[step])
    dropped = [name for name in FULL[step] if name not in ("sis_id", "issued_at") and name not in EXAMPLES[step]]
    # When one optional field is left out, Then it is another record
    for name in dropped:
        assert fingerprint(step, {key: value for key, value in FULL[step].items() if key != name}) != whole, name


@pytest.mark.parametrize(
    ("step", "one", "other"),
    [
        (Step.ENROLLMENT, {"grade": 7.5}, {"grade": "7.50"}),
        (Step.ENROLLMENT, {"grade": 10}, {"grade": "10.00"}),
        (Step.ENROLLMENT, {"grade": 0}, {"grade": 0.0}),
        (Step.ENROLLMENT, {"completion_status": "completed"}, {}),
        (Step.ENROLLMENT, {"enrolled_at": "2024-02-01"}, {"enrolled_at": "2024-02-01T09:30:00Z"}),
        (Step.COURSE, {"is_active": True}, {}),
        (Step.COURSE, {"workload_hours": 40}, {"workload_hours": "40"}),
        (Step.COURSE, {"name": "Computing"}, {"name": "  Computing "}),
        (Step.MODULE, {"modality": "presential"}, {"modality": "in_person"}),
        (Step.COHORT, {"modality": "remote"}, {"modality": "online"}),
        (Step.COHORT, {"start_date": "2024-02-01T00:00:00-03:00"}, {"start_date": "2024-02-01T03:00:00Z"}),
        (Step.COURSE_MODULES, {"modules": [{"module_id": "A"}]}, {"modules": [{"module_id": "A", "order": 1}]}),
        (Step.COURSE_MODULES, {}, {"modules": [{"moduleId": "M1", "isRequired": True}]}),
        (Step.CERTIFICATE, {"issued_at": "2026-01-01T00:00:00Z"}, {}),
        (Step.STUDENT, {"sis_id": "S1"}, {"sis_id": "another"}),
    ],
)
def test_another_way_to_say_the_same_is_the_same(step: Step, one: Json, other: Json) -> None:
    assert fingerprint(step, example(step, **one)) == fingerprint(step, example(step, **other))


@pytest.mark.parametrize(
    ("step", "one", "other"),
    [
        (Step.ENROLLMENT, {"grade": 7.5}, {"grade": 7.05}),
        (Step.ENROLLMENT, {"grade": 0}, {}),
        (Step.ENROLLMENT, {"grade": 1}, {"grade": 10}),
        (Step.COURSE, {"is_active": False}, {}),
        (Step.COURSE, {"institution_id": "MONTE"}, {}),
        (Step.COURSE_MODULES, {"modules": [{"module_id": "A"}, {"module_id": "B"}]}, {"modules": [{"module_id": "A"}]}),
        (Step.COURSE_MODULES, {"modules": []}, {}),
        (Step.CERTIFICATE, {"pdf": "s3://school-pdfs/b.pdf"}, {}),
    ],
)
def test_saying_something_else_is_another_record(step: Step, one: Json, other: Json) -> None:
    assert fingerprint(step, example(step, **one)) != fingerprint(step, example(step, **other))


def test_a_fingerprint_tells_nothing_of_the_record() -> None:
    # Given a student, When the fingerprint is taken, Then it is a digest
    found = fingerprint(Step.STUDENT, EXAMPLES[Step.STUDENT])
    assert len(found) == 64
    assert set(found) <= set("0123456789abcdef")


def test_revoking_is_not_issuing() -> None:
    revoke = parse(Step.CERTIFICATE, {"enrollment_id": "E1", "revoke": True})
    assert isinstance(revoke, Certificate)
    assert revoke.fingerprint() != fingerprint(Step.CERTIFICATE, EXAMPLES[Step.CERTIFICATE])
