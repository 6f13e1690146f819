"""Each function's sample event is what AWS would hand it, and together they are one story."""

import hashlib
import json
import re
import runpy

import pytest

from .samples import EVENTS, MOST_BYTES, MOST_RECORDS, STEPS, body, event, lines, references, sis_id, snake_case


@pytest.mark.parametrize("name", ["intake", *STEPS])
def test_an_event_is_what_sqs_hands_to_a_function(name: str) -> None:
    # Given a function's event
    (record,) = event(name)["Records"]
    queue = "inbox" if name == "intake" else name.replace("_", "-")
    # When its envelope is checked
    content = record["body"].encode()
    # Then digest, size and queue fit
    assert record["md5OfBody"] == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert len(content) <= MOST_BYTES
    assert record["eventSourceARN"] == f"arn:aws:sqs:us-east-1:123456789012:dokstamp-sync-{queue}"
    assert (record["eventSource"], record["awsRegion"], record["messageAttributes"]) == ("aws:sqs", "us-east-1", {})
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["SentTimestamp"] <= record["attributes"]["ApproximateFirstReceiveTimestamp"]


def test_the_intakes_event_carries_the_schools_first_message() -> None:
    # Given the intake's event
    received = event("intake")["Records"][0]["body"]
    # When it is compared with the school, Then it is the first message, letter by letter
    assert received == lines()[0]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_event_can_be_tried_by_itself(step: str) -> None:
    # Given a step's event
    message = body(step)
    # When its message is read
    count = len(message["records"])
    # Then it is complete, in snake_case, within the limits, and nobody waits for its answer
    assert set(message) == {"run", "step", "occurred_at", "options", "records"}
    assert message == snake_case(message)
    assert re.fullmatch("[0-9a-f]{40}", message["run"])
    assert message["step"] == step
    assert 1 <= count <= MOST_RECORDS


@pytest.mark.parametrize("step", STEPS)
def test_the_records_of_a_step_event_leave_nothing_to_default(step: str) -> None:
    # Given the fields that have a default
    defaults = {"course": "is_active", "enrollment": "completion_status", "certificate": "issued_at"}
    for record in body(step)["records"]:
        # When a record is read
        bare = {key: value for key, value in record.items() if key != "sis_id"}
        # Then they are filled in, and a sis_id of its own is either the default or the school's
        assert record["sis_id"] in {sis_id(step, bare), *own_ids(step)}
        assert step not in defaults or defaults[step] in record
        assert all({"module_id", "order", "is_required"} <= set(module) for module in record.get("modules", []))


def own_ids(step: str) -> set[str]:
    """The ids that the school gave to records of this step itself."""
    sections = [json.loads(line).get(STEPS[step], []) for line in lines()]
    return {record["sis_id"] for section in sections for record in section if "sis_id" in record}


def test_the_step_events_in_order_find_what_they_refer_to() -> None:
    # Given an empty DokStamp
    known: set[tuple[str, str]] = set()
    for step in STEPS:
        # When the steps' events come in order
        told = body(step)["records"]
        # Then each refers only to what earlier ones brought
        assert {pair for record in told for pair in references(step, record)} <= known
        known |= {(step, record["sis_id"]) for record in told}


def test_the_step_events_belong_to_one_run() -> None:
    # Given all step events, When their runs and times are collected, Then there is one of each
    assert len({(body(step)["run"], body(step)["occurred_at"]) for step in STEPS}) == 1


def test_the_aborted_execution_is_what_eventbridge_sends() -> None:
    # Given the event of a run that was stopped by hand
    aborted = event("results")
    # When it is read
    detail = aborted["detail"]
    # Then names, times and input are those of one execution, which has no output
    assert (aborted["source"], aborted["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    assert re.fullmatch("[0-9a-f]{40}", detail["name"])
    assert detail["status"] == "ABORTED"
    assert aborted["resources"] == [detail["executionArn"]]
    assert detail["executionArn"].split(":")[-2:] == ["dokstamp-sync", detail["name"]]
    assert detail["startDate"] < detail["stopDate"]
    assert isinstance(json.loads(detail["input"]), dict)
    assert detail["output"] is detail["error"] is detail["cause"] is None


def test_the_events_are_those_that_the_school_makes() -> None:
    # Given the generator
    build = runpy.run_path(str(EVENTS / "make_events.py"))["build"]
    # When it builds the events anew
    made = build()
    # Then they are the files that are kept
    assert {name: event(name.removesuffix(".json")) for name in made} == made
