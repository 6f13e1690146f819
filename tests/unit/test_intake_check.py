"""What the intake makes of a message before anything is asked or written: refused, sorted, and small enough."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dokstamp_sync.intake.check import Checked, Refused, check
from dokstamp_sync.messages import MOST_BYTES
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.support.sis import Json, example

HEAD: Json = {"id": "m-1", "occurred_at": "2026-11-20T12:00:00Z"}


def checked(**sections: list[Any]) -> Checked:
    return check(json.dumps(HEAD | sections))


def refused(body: str) -> Refused:
    with pytest.raises(Refused) as error:
        check(body)
    return error.value


def settled(found: Checked) -> list[tuple[str | None, str]]:
    return [(each.sis_id, each.outcome.value) for each in found.settled]


@pytest.mark.parametrize("body", ["", "rubbish", "{", "[" * 5000, "null", "[]", '"x"', "{}", '{"id": "\\ud800"}'])
def test_rubbish_is_refused_as_a_whole_and_told_what_it_is(body: str) -> None:
    # Given rubbish, When it is checked
    refusal = refused(body)
    # Then each error has a field and a problem in words, and no id is made up
    assert all(each.keys() == {"field", "problem"} and each["problem"] for each in refusal.errors)
    assert refusal.message_id is None


def test_every_wrong_field_of_the_envelope_is_named_at_once() -> None:
    # Given a message with several faults
    body = json.dumps({"id": "m-1", "occurred_at": "soon", "teachers": [], "courses": 5})
    # When it is checked
    refusal = refused(body)
    # Then all are told, and the message can be told by its id
    assert {each["field"] for each in refusal.errors} == {"occurred_at", "teachers", "courses"}
    assert refusal.message_id == "m-1"
    assert "teachers" in str(refusal)


def test_a_message_that_is_too_large_is_refused_without_being_read() -> None:
    # Given a message of one byte more than is allowed, in bytes and not in characters
    filler = "ç" * ((MOST_BYTES - len(json.dumps(HEAD))) // 2 + 1)
    # When it is checked
    refusal = refused(json.dumps(HEAD | {"courses": [filler]}, ensure_ascii=False))
    # Then it is told to split it
    assert "split it" in refusal.errors[0]["problem"]


def test_a_bad_record_is_rejected_by_itself_with_its_place_and_fields() -> None:
    # Given a bad record between two good ones
    bad = example(Step.COURSE, code="LAW", name=None, workload_hours=-1, colour="red")
    # When the message is checked
    found = checked(courses=[example(Step.COURSE), bad, example(Step.COURSE, code="ART")])
    # Then the others go their way, and the bad one tells where it is and what is wrong
    assert [record.sis_id for record in found.records[Step.COURSE]] == ["CS", "ART"]
    assert settled(found) == [("LAW", "rejected")]
    assert found.given == [bad]
    reason = found.settled[0].reason
    assert reason.startswith("courses[1]: ")
    assert all(field in reason for field in ("name", "workload_hours", "colour"))


@pytest.mark.parametrize("rubbish", [None, 5, "CS", [], [[]], {}], ids=repr)
def test_a_record_that_is_none_at_all_is_rejected_by_its_place(rubbish: Any) -> None:
    # Given something that is no record, When the message is checked, Then only the place can name it
    found = checked(courses=[rubbish], students=[example(Step.STUDENT)])
    assert settled(found) == [(None, "rejected")]
    assert found.settled[0].reason.startswith("courses[0]: ")
    assert len(found.records[Step.STUDENT]) == 1


def test_a_twin_that_says_the_same_is_unchanged() -> None:
    # Given one course said three times, in other words each time
    again = {"isActive": True, "name": " Computing", "institutionId": "VALE", "code": "CS", "area": ""}
    # When the message is checked
    found = checked(courses=[example(Step.COURSE), again, example(Step.COURSE, sis_id="CS")])
    # Then it goes its way once
    assert len(found.records[Step.COURSE]) == 1
    assert settled(found) == [("CS", "unchanged"), ("CS", "unchanged")]
    assert "says this twice" in found.settled[0].reason


def test_a_twin_that_says_something_else_is_rejected_and_the_first_one_counts() -> None:
    # Given one id said twice with two names
    found = checked(courses=[example(Step.COURSE), example(Step.COURSE, name="Other")])
    # When the message is checked, Then the first goes its way
    assert [record.model_dump()["name"] for record in found.records[Step.COURSE]] == ["Computing"]
    assert settled(found) == [("CS", "rejected")]


def test_the_same_id_in_two_sections_is_no_twin() -> None:
    # Given a course and a module of the same code
    found = checked(courses=[example(Step.COURSE)], modules=[example(Step.MODULE, code="CS")])
    # When the message is checked, Then both go their way
    assert settled(found) == []


def test_modules_that_a_group_claims_are_taken_out_of_the_course_s_list() -> None:
    # Given two courses with the same modules, one of which puts two of them into groups
    modules = [{"module_id": each} for each in ("A", "B", "C")]
    groups = [example(Step.MODULE_GROUP, name=name, modules=[{"module_id": name}]) for name in ("A", "C")]
    # When the message is checked
    found = checked(
        course_modules=[{"course_id": each, "modules": modules} for each in ("CS", "LAW")], module_groups=groups
    )
    # Then only that course's list is shorter, and the place of what is left is the one it was given
    left = {
        record.sis_id: [(each["module_id"], each["order"]) for each in record.model_dump()["modules"]]
        for record in found.records[Step.COURSE_MODULES]
    }
    assert left == {"CS": [("B", 2)], "LAW": [("A", 1), ("B", 2), ("C", 3)]}


def test_a_rejected_group_claims_nothing() -> None:
    # Given a group in bad form that names a module
    bad = example(Step.MODULE_GROUP, order="first", modules=[{"module_id": "A"}])
    # When the message is checked
    found = checked(course_modules=[{"course_id": "CS", "modules": [{"module_id": "A"}]}], module_groups=[bad])
    # Then the module stays in the course's list
    assert found.records[Step.COURSE_MODULES][0].model_dump()["modules"][0]["module_id"] == "A"
    assert [each.outcome for each in found.settled] == [Outcome.REJECTED]


def test_a_default_institution_is_filled_in() -> None:
    # Given a course that names no institution
    body = json.dumps(HEAD | {"courses": [example(Step.COURSE, institution_id=None)]})
    # When it is checked on a stack with a default and on one without
    found, without = check(body, "VALE"), check(body)
    # Then it has it, or is rejected by name
    assert found.records[Step.COURSE][0].model_dump()["institution_id"] == "VALE"
    assert "institution_id" in without.settled[0].reason


NOW = datetime(2026, 11, 19, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("ahead", ["2026-11-20T12:00:01Z", "2026-11-20T21:01:00+09:00", "2062-01-01T00:00:00Z"])
def test_a_message_that_is_dated_more_than_a_day_ahead_is_refused_and_told_why(ahead: str) -> None:
    # Given a message from the future, and another fault in it
    body = json.dumps(HEAD | {"occurred_at": ahead, "courses": [example(Step.COURSE)], "teachers": []})
    # When it is checked
    with pytest.raises(Refused) as error:
        check(body, now=NOW)
    # Then both are told, each by its field, and the message can be told by its id
    problems = {each["field"]: each["problem"] for each in error.value.errors}
    assert set(problems) == {"occurred_at", "teachers"}
    assert "more than one day ahead" in problems["occurred_at"]
    assert error.value.message_id == "m-1"


@pytest.mark.parametrize("moment", ["2026-11-20T12:00:00Z", "2026-11-19T12:00:00Z", "1999-01-01T00:00:00Z"])
def test_a_message_of_the_past_or_of_the_next_day_is_taken(moment: str) -> None:
    # Given a clock that may be wrong by up to a day, When a message is checked, Then it is taken
    body = json.dumps(HEAD | {"occurred_at": moment, "courses": [example(Step.COURSE)]})
    assert len(check(body, now=NOW).records[Step.COURSE]) == 1
