"""The two kinds of messages: what they hold, what they are called, and what is refused as a whole."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from dokstamp_sync.messages import InboxMessage, StepMessage, read_json, run_of, stamp
from dokstamp_sync.order import Step
from dokstamp_sync.problems import problems
from tests.support.sis import EXAMPLES, Json

COURSE = EXAMPLES[Step.COURSE]
INBOX: Json = {"id": "m-1", "occurred_at": "2026-11-20T12:00:00Z", "courses": [COURSE]}
STEP: Json = {"run": "r1", "step": "course", "occurred_at": "2026-11-20T12:00:00Z", "options": {}, "records": [COURSE]}


def wrong(model: type[InboxMessage] | type[StepMessage], given: object) -> set[str]:
    """The fields that are refused."""
    with pytest.raises(ValidationError) as error:
        model.model_validate(given)
    return {each["field"] for each in problems(error.value, model)}


@pytest.mark.parametrize("step", list(Step))
def test_each_step_has_its_section_in_either_spelling(step: Step) -> None:
    # Given a message with one section
    camel = "".join(word.capitalize() if n else word for n, word in enumerate(step.section.split("_")))
    for section in (step.section, camel):
        # When it is read
        message = InboxMessage.model_validate({**INBOX, "courses": [], section: [EXAMPLES[step]]})
        # Then the records are that step's, and the steps are in their order
        assert message.sections()[step] == [EXAMPLES[step]]
        assert list(message.sections()) == list(Step)


def test_the_envelope_takes_both_spellings_and_has_options() -> None:
    # Given a message in camelCase
    given = {"id": "m-1", "occurredAt": "2026-11-20T09:00:00-03:00", "options": {"dryRun": True}, "courses": [COURSE]}
    # When it is read
    message = InboxMessage.model_validate(given)
    # Then its moment is in UTC and its options are known
    assert message.occurred_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert (message.options.dry_run, message.options.force) == (True, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"id": "  "}, "id"),
        ({"id": 5}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"occurred_at": None}, "occurred_at"),
        ({"occurred_at": "2026-11-20T12:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": []}, "occurred_at"),
        ({"options": {"forced": True}}, "options.forced"),
        ({"options": {"force": "perhaps"}}, "options.force"),
        ({"options": []}, "options"),
        ({"courses": {}}, "courses"),
        ({"courses": "CS"}, "courses"),
        ({"course": [COURSE]}, "course"),
        ({"institution": []}, "institution"),
        ({"courses": []}, ""),
        ({"courses": [COURSE] * 501}, ""),
    ],
)
def test_what_is_wrong_with_an_envelope_is_named(changes: Json, field: str) -> None:
    assert wrong(InboxMessage, INBOX | changes) == {field}


@pytest.mark.parametrize("given", [None, [], [INBOX], "text", 5, True], ids=repr)
def test_a_message_that_is_no_object_is_refused(given: object) -> None:
    assert wrong(InboxMessage, given) == {""}
    assert wrong(StepMessage, given) == {""}


def test_five_hundred_records_are_counted_over_all_sections() -> None:
    # Given messages with 500 and 501 records in two sections
    most = INBOX | {"courses": [COURSE] * 250, "modules": [{}] * 250}
    # When they are read, Then the second has too many
    assert sum(map(len, InboxMessage.model_validate(most).sections().values())) == 500
    assert wrong(InboxMessage, most | {"students": [{}]}) == {""}


@pytest.mark.parametrize("options", [None, {}, {"force": False}], ids=repr)
def test_a_step_message_may_come_without_options_and_token(options: Any) -> None:
    # Given a message as the SIS may put on a step's queue itself
    message = StepMessage.model_validate(STEP | {"options": options})
    # When it is read, Then nobody waits for it
    assert message.task_token is None
    assert not message.options.force


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"run": None}, "run"),
        ({"run": "x" * 81}, "run"),
        ({"step": "courses"}, "step"),
        ({"records": None}, "records"),
        ({"records": {}}, "records"),
        ({"occurred_at": "2026-11-20"}, "occurred_at"),
        ({"token": "t"}, "token"),
    ],
)
def test_what_is_wrong_with_a_step_message_is_named(changes: Json, field: str) -> None:
    assert wrong(StepMessage, STEP | changes) == {field}


def test_a_run_is_named_after_the_id_by_digest() -> None:
    # Given ids that a run's name may not hold, or that are personal
    ids = ["2026-11-20/cs/0001", "ana@x.example", "ção" * 80, "a", " a "]
    names = [run_of(each) for each in ids]
    # When runs are named, Then each has a name that Step Functions takes, the same every time
    assert all(len(name) == 40 and set(name) <= set("0123456789abcdef") for name in names)
    assert names == [run_of(each) for each in ids]
    assert len(set(names)) == 4
    assert names[3] == names[4] == InboxMessage.model_validate(INBOX | {"id": " a "}).run


def test_stamps_sort_as_time_does() -> None:
    # Given moments in several zones and precisions
    texts = ["2026-11-20T12:00:00Z", "2026-11-20T09:00:01-03:00", "2026-11-20T12:00:01.5Z", "2026-11-20T23:00:00+09:00"]
    moments = [InboxMessage.model_validate(INBOX | {"occurred_at": text}).occurred_at for text in texts]
    # When they are written down, Then the text sorts as the moments do
    assert sorted(map(stamp, moments)) == [stamp(moment) for moment in sorted(moments)]
    assert {len(stamp(moment)) for moment in moments} == {27}


NO_JSON = {"empty": "", "blank": " ", "open": "{", "python": "{'id': 1}", "surrogate": '"\\ud800"', "nul": "\x00"}
NO_JSON |= {"nan": '{"id": NaN}', "infinity": '{"id": Infinity}'}
NO_JSON |= {"deep list": "[" * 100_000, "deep object": '{"a":' * 100_000}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_not_json_is_a_value_error_and_nothing_else(body: str) -> None:
    with pytest.raises(ValueError, match="line"):
        read_json(body)


def test_json_is_read_as_it_is_written() -> None:
    assert read_json(json.dumps(INBOX, ensure_ascii=False)) == INBOX
