"""What each alarm on AWS's own metrics is for happens, and is there under the name that the alarm reads.

MiniStack measures functions as CloudWatch does. Of queues and runs it measures nothing: there, what AWS makes the
metric of is looked at itself, in the queue or at the state machine that the alarm names.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dokstamp_sync.order import Step
from local.gaps import function_of
from local.parameters import STACK_NAME, STEPS
from tests.local.conftest import ADDRESS, PARAMETERS
from tests.local.deployed_alarms import measured, on, on_aws_metrics, url_of, waiting
from tests.local.troubled import exhausted_at_the_intake, school, wait_for
from tests.local.world import World

pytestmark = pytest.mark.usefixtures("alarms")

NO_EVENT = b"[]"
PROVOKED = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
    ("AWS/Lambda", "Errors"),
    ("AWS/States", "ExecutionsFailed"),
    ("AWS/States", "ExecutionsAborted"),
}


def test_every_alarm_on_a_metric_of_aws_is_provoked_here(world: World) -> None:
    found = {(each.namespace, each.metric) for each in on_aws_metrics(world)}
    # But for one: MiniStack has no limit of functions that run at once
    assert found - PROVOKED == {("AWS/Lambda", "Throttles")}
    assert found >= PROVOKED


def test_every_alarm_tells_the_address_and_is_on_the_dashboard(world: World) -> None:
    # Given the topic that was made for the address
    (told,) = world.stack.client("sns").list_subscriptions()["Subscriptions"]
    assert (told["Protocol"], told["Endpoint"]) == ("email", ADDRESS)
    # Then each deployed alarm tells it, when it begins and when it ends
    pages = world.cloudwatch.get_paginator("describe_alarms").paginate()
    alarms = [each for page in pages for each in page["MetricAlarms"]]
    assert alarms
    assert {tuple(each[when]) for each in alarms for when in ("AlarmActions", "OKActions")} == {(told["TopicArn"],)}
    # And the dashboard shows each, besides those on metric math
    (board,) = world.cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(world.cloudwatch.get_dashboard(DashboardName=board["DashboardName"])["DashboardBody"])
    shown = {arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])}
    assert {each["AlarmArn"] for each in alarms} <= shown
    missing = {arn.rpartition(":")[2] for arn in shown - {each["AlarmArn"] for each in alarms}}
    assert missing == {f"{STACK_NAME}-rejected", f"{STACK_NAME}-certificates-rejected"}


def red(world: World) -> set[str]:
    """The alarms in whose dead letters something waits."""
    alarms = on(world, "ApproximateNumberOfMessagesVisible")
    return {each.name for each in alarms if waiting(world, each.of) >= each.threshold}


def dead_letters_of(step: str) -> str:
    return f"{function_of(step)}-dead-letters"


@pytest.fixture
def no_dead_letters(world: World) -> Iterator[None]:
    def purge() -> None:
        for alarm in on(world, "ApproximateNumberOfMessagesVisible"):
            world.sqs.purge_queue(QueueUrl=url_of(world, alarm.of))

    purge()
    yield
    purge()


def put_on_step(world: World, step: str) -> None:
    """A record of that kind, past the inbox."""
    records = school(world, "REC")[Step(step).section]
    if step == "course_modules":
        # What is attached as it should be is left alone.
        records = [each | {"modules": []} for each in records]
    if step == "certificate":
        # An issued one is never changed.
        records = [{"enrollment_id": each["enrollment_id"], "revoke": True} for each in records]
    body = {"run": "alarms", "step": step, "occurred_at": "2026-11-23T00:00:00Z", "options": {"force": True}}
    world.sqs.send_message(QueueUrl=world.info.queues[step]["url"], MessageBody=json.dumps(body | {"records": records}))


@pytest.mark.usefixtures("no_dead_letters", "delivered")
def test_what_a_step_could_not_deliver_waits_where_its_alarm_looks(world: World) -> None:
    # Given records that were delivered before, and a DokStamp that takes no call: none of them is in doubt
    world.fail(kind="status", status=403, times=None)
    # When a message of one step is exhausted, Then that step's alarm sees it, and no other one
    put_on_step(world, "student")
    wait_for(lambda: red(world))
    assert red(world) == {dead_letters_of("student")}
    # And when those of all other steps are, Then all of theirs do
    for step in STEPS:
        if step != "student":
            put_on_step(world, step)
    wait_for(lambda: len(red(world)) == len(STEPS))
    assert red(world) == {dead_letters_of(step) for step in STEPS}


@pytest.mark.usefixtures("no_dead_letters")
def test_what_the_intake_could_not_take_comes_back_soon_and_at_last_waits_where_its_alarm_looks(world: World) -> None:
    # When the intake cannot take a message until it is exhausted, though the queue would hide it for minutes each time
    exhausted_at_the_intake(world)
    # Then the inbox's alarm sees it, and no other one
    assert red(world) == {dead_letters_of("inbox")}


@pytest.mark.usefixtures("no_dead_letters")
def test_an_end_that_nobody_could_be_told_of_waits_where_its_alarm_looks(world: World) -> None:
    # When the results function cannot take an event
    functions = world.functions
    functions.invoke(FunctionName=function_of("results"), InvocationType="Event", Payload=NO_EVENT)
    # Then the event goes where its alarm looks, and nowhere else
    wait_for(lambda: red(world))
    assert red(world) == {dead_letters_of("results")}


def test_a_function_that_fails_is_counted_where_its_alarm_reads(world: World) -> None:
    # Given an alarm for each function
    alarms = on(world, "Errors")
    assert {each.of for each in alarms} == {function_of(name) for name in (*STEPS, "intake", "results")}
    for alarm in alarms:
        before = {each: measured(world, each) for each in alarms}
        # When its function fails
        answer = world.functions.invoke(FunctionName=alarm.of, Payload=NO_EVENT)
        assert "FunctionError" in answer
        # Then that alarm's metric has one more, and no other one has
        more = {each for each in alarms if measured(world, each) > before[each]}
        assert (more, measured(world, alarm)) == ({alarm}, before[alarm] + 1)


@contextmanager
def event_sources_off(world: World) -> Iterator[None]:
    functions = world.functions
    sources = [each["UUID"] for each in functions.list_event_source_mappings()["EventSourceMappings"]]
    try:
        for uuid in sources:
            functions.update_event_source_mapping(UUID=uuid, Enabled=False)
        yield
    finally:
        for uuid in sources:
            functions.update_event_source_mapping(UUID=uuid, Enabled=True)


def test_a_message_that_nobody_takes_grows_too_old_where_its_alarm_looks(world: World) -> None:
    # Given the alarm of every queue that functions take, with the deployed threshold, and functions that take nothing
    alarms = [each for each in on(world, "ApproximateAgeOfOldestMessage") if each.of != function_of("results")]
    assert {each.of for each in alarms} == {function_of(step) for step in (*STEPS, "inbox")}
    assert {each.threshold for each in alarms} == {float(PARAMETERS["OldestMessageSeconds"])}
    with event_sources_off(world):
        # When a message has waited in each for longer than that
        urls = {each: url_of(world, each.of) for each in alarms}
        for each, url in urls.items():
            world.sqs.send_message(QueueUrl=url, MessageBody=each.name)
        time.sleep(float(PARAMETERS["OldestMessageSeconds"]) + 0.2)
        # Then it is there, and older than its alarm allows
        for each, url in urls.items():
            (message,) = world.sqs.receive_message(QueueUrl=url, AttributeNames=["SentTimestamp"])["Messages"]
            world.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            assert message["Body"] == each.name == f"{each.of}-too-old"
            assert time.time() - int(message["Attributes"]["SentTimestamp"]) / 1000 > each.threshold


@pytest.mark.parametrize("end", ["Failed", "Aborted"])
def test_a_run_that_ends_badly_is_one_of_the_state_machine_that_its_alarm_names(
    world: World, cut_off: dict[str, str], end: str
) -> None:
    # Given a run that came to this end
    (alarm,) = on(world, f"Executions{end}")
    assert alarm.name == f"{STACK_NAME}-runs-{end.lower()}"
    # Then it is one of those that the alarm's metric counts
    pages = world.states.get_paginator("list_executions").paginate(stateMachineArn=alarm.of, statusFilter=end.upper())
    assert cut_off[end] in [each["executionArn"] for page in pages for each in page["executions"]]
    assert alarm.threshold == 1
