"""What is wrong with a record, in sentences for people."""

from typing import Any

import pytest
from pydantic import ValidationError

from dokstamp_sync.messages import InboxMessage
from dokstamp_sync.order import Step
from dokstamp_sync.problems import problems, sentence
from dokstamp_sync.reading import MODELS, parse
from tests.support.sis import example

# Words of a validator, not of a person.
JARGON = ("Input", "String", "pattern", "Extra", "permitted", "validation", "instance", "Decimal", "'<")


def told(step: Step, **changes: Any) -> list[dict[str, str]]:
    """What is wrong with the sample record after these changes."""
    with pytest.raises(ValidationError) as raised:
        parse(step, example(step, **changes))
    return problems(raised.value, MODELS[step])


@pytest.mark.parametrize(
    ("step", "field", "value", "problem"),
    [
        (Step.STUDENT, "email", "nobody", "is not an e-mail address: a name, an @ and a domain"),
        (Step.STUDENT, "email", None, "is required"),
        (Step.STUDENT, "email", 7, "is not a text"),
        (Step.STUDENT, "name", "a\u0001b", "holds a character that no text of one line may hold, such as a line break"),
        (Step.STUDENT, "name", "x" * 256, "is longer than 255 characters"),
        (Step.STUDENT, "date_of_birth", "31/01/2000", "is not a date, such as 2026-11-29"),
        (Step.STUDENT, "date_of_birth", "2000-02-31", "is not a date, such as 2026-11-29"),
        (Step.STUDENT, "date_of_birth", True, "is not a date, such as 2026-11-29"),
        (Step.STUDENT, "e_mail", "x", "is not a key that is known here; was email meant?"),
        (Step.STUDENT, "shoe_size", 42, "is not a key that is known here"),
        (Step.COURSE, "workload_hours", "many", "is not a whole number, such as 60"),
        (Step.COURSE, "workload_hours", 1.5, "is not a whole number, such as 60"),
        (Step.COURSE, "workload_hours", True, "is not a whole number, such as 60"),
        (Step.COURSE, "workload_hours", -1, "is less than 0"),
        (Step.COURSE, "workload_hours", 100_001, "is more than 100000"),
        (Step.COURSE, "is_active", "perhaps", "is neither true nor false"),
        (Step.INSTITUTION, "status", "open", "is not 'active', 'inactive' or 'suspended'"),
        (Step.ENROLLMENT, "grade", "A+", "is not a number with at most two decimals, such as 9.5"),
        (Step.ENROLLMENT, "grade", "9.555", "is not a number with at most two decimals, such as 9.5"),
        (Step.ENROLLMENT, "grade", 11, "is more than 10"),
        (Step.CERTIFICATE, "pdf", "diploma.pdf", "is not the address of a PDF, such as s3://school-pdfs/2026/ana.pdf"),
        (Step.CERTIFICATE, "issued_at", "soon", "is not a moment, such as 2026-11-29T12:00:00Z"),
        (Step.COURSE_MODULES, "modules", "M1", "is not a list"),
    ],
)
def test_a_problem_says_what_is_expected_with_an_example(step: Step, field: str, value: Any, problem: str) -> None:
    assert told(step, **{field: value}) == [{"field": field, "problem": problem}]


def test_a_problem_within_a_list_names_its_place() -> None:
    found = told(Step.COURSE_MODULES, modules=[{"module_id": "M1"}, {"order": 1}, "M3"])
    assert sentence(found) == "modules[1].module_id: is required; modules[2]: is not an object with keys"


def test_what_two_fields_say_together_keeps_its_own_words() -> None:
    assert told(Step.CERTIFICATE, pdf=None) == [
        {"field": "", "problem": "pdf is required to issue, or revoke to revoke; not both"}
    ]


def test_a_message_without_an_offset_is_told_how_to_write_it() -> None:
    with pytest.raises(ValidationError) as raised:
        InboxMessage.model_validate({"id": "1", "occurred_at": "2026-11-29T12:00:00", "student": []})
    found = {each["field"]: each["problem"] for each in problems(raised.value, InboxMessage)}
    assert found["occurred_at"] == "has no time zone; write it with its offset, such as 2026-11-29T12:00:00Z"
    assert found["student"] == "is not a key that is known here; was students meant?"


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("value", [None, True, -1.5, "", "\u0001", "x" * 30_000, [], ["x"], {}, {"x": 1}], ids=repr)
def test_no_problem_is_told_in_the_words_of_a_validator(step: Step, value: Any) -> None:
    # Given each field of a record with a value that may be wrong for it
    for field in MODELS[step].model_fields:
        try:
            parse(step, {**example(step), field: value})
        except ValidationError as error:
            # Then what is told has none of a validator's words, and not the value
            for each in problems(error, MODELS[step]):
                assert not [word for word in JARGON if word in each["problem"]], each
                assert "x" * 20 not in each["problem"]
