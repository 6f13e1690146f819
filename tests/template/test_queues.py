"""Queues, functions and the run: nothing is lost, nothing is polled to death, nothing waits for ever."""

import json
from typing import Any

import pytest

from dokstamp_sync.order import Step
from tests.template.cloudformation import ROOT, WITH_KEY, default, of_type, outputs, raw
from tests.template.test_security import allowed_on

QUEUES = of_type("AWS::SQS::Queue")
FUNCTIONS = of_type("AWS::Serverless::Function")
SOURCES = {f"{step.logical_id}Queue": f"{step.logical_id}Function" for step in Step} | {"InboxQueue": "IntakeFunction"}


def dead_letters(source: str) -> str:
    return source.replace("Queue", "DeadLetterQueue")


def timeout(function: str) -> int:
    return int(FUNCTIONS[function].get("Timeout", raw()["Globals"]["Function"]["Timeout"]))


def event_of(function: str) -> dict[str, Any]:
    (event,) = FUNCTIONS[function]["Events"].values()
    return dict(event)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_exhausted_goes_to_the_queue_s_own_dead_letters(source: str) -> None:
    redrive = QUEUES[source]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters(source), "Arn"]}
    assert redrive["maxReceiveCount"] == {"Ref": "MaximumReceives"}


def test_a_message_is_tried_at_least_five_times() -> None:
    assert raw()["Parameters"]["MaximumReceives"]["MinValue"] >= 5
    assert default("MaximumReceives") >= 5


@pytest.mark.parametrize(("source", "function"), SOURCES.items())
def test_a_message_is_hidden_for_six_times_as_long_as_its_function_may_take(source: str, function: str) -> None:
    assert QUEUES[source]["VisibilityTimeout"] >= 6 * timeout(function)


@pytest.mark.parametrize("source", SOURCES)
def test_dead_letters_and_messages_are_kept_as_long_as_sqs_can(source: str) -> None:
    # Both count from when a message was sent; how much is left for a dead letter is in tests/unit/test_life.py
    for queue in (source, dead_letters(source)):
        assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("queue", sorted({*SOURCES, "ResultsQueue"}))
def test_the_outputs_name_a_queue_and_its_dead_letters(queue: str) -> None:
    for each in (queue, dead_letters(queue)):
        assert outputs()[f"{each}Url"] == {"Value": {"Ref": each}}


def test_a_run_waits_for_a_step_as_long_as_its_dead_letters_are_kept() -> None:
    machine = json.loads((ROOT / "statemachine" / "sync.asl.json").read_text(encoding="utf-8"))
    for step in Step:
        kept = QUEUES[f"{step.logical_id}DeadLetterQueue"]["MessageRetentionPeriod"]
        assert machine["States"][step.value]["TimeoutSeconds"] == kept


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_is_encrypted_with_a_key_of_aws_s_or_of_one_s_own(queue: str) -> None:
    assert QUEUES[queue]["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in QUEUES[queue]
    with_key = of_type("AWS::SQS::Queue", WITH_KEY)[queue]
    assert with_key["KmsMasterKeyId"] == {"Ref": "KmsKeyArn"}
    assert "SqsManagedSseEnabled" not in with_key


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_is_reached_over_tls_only(queue: str) -> None:
    # Given the policies of queues
    policies = [each for each in of_type("AWS::SQS::QueuePolicy").values() if {"Ref": queue} in each["Queues"]]
    # Then one is about this queue, and refuses everything without TLS
    (policy,) = policies
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("source", SOURCES)
def test_only_its_own_queue_may_put_anything_into_the_dead_letters(source: str) -> None:
    allowed = QUEUES[dead_letters(source)]["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    # By name, for a reference would go round in a circle
    name = QUEUES[source]["QueueName"]["Fn::Sub"]
    arn = f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"
    assert allowed["sourceQueueArns"] == [{"Fn::Sub": arn}]


def test_no_other_queue_exists_than_those_of_the_steps_the_inbox_and_the_results() -> None:
    assert set(QUEUES) == {*SOURCES, *map(dead_letters, SOURCES), "ResultsQueue", "ResultsDeadLetterQueue"}


def test_the_end_of_a_run_that_could_not_be_told_is_kept() -> None:
    # Given the function that EventBridge tells of runs that were cut off
    invoked = FUNCTIONS["ResultsFunction"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    # Then what it cannot pass on is kept as long as SQS can
    assert invoked == {"Type": "SQS", "Destination": {"Fn::GetAtt": ["ResultsDeadLetterQueue", "Arn"]}}
    assert QUEUES["ResultsDeadLetterQueue"]["MessageRetentionPeriod"] == 14 * 86_400
    assert "sqs:SendMessage" in allowed_on("ResultsRole", invoked["Destination"])


@pytest.mark.parametrize("function", SOURCES.values())
def test_a_batch_is_reported_message_by_message_and_polls_are_bounded(function: str) -> None:
    event = event_of(function)
    assert event["Type"] == "SQS"
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}
    assert "ReservedConcurrentExecutions" not in FUNCTIONS[function]


def test_a_function_has_time_for_several_calls_and_never_outlives_the_lease() -> None:
    assert timeout("CourseFunction") >= 3 * default("DeadlineSeconds")
    assert timeout("CourseFunction") < default("LeaseSeconds")
