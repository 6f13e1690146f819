"""Somebody is told: of a set-up that is wrong, and of messages that nobody could deliver."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dokstamp_sync.order import Step
from tests.template.cloudformation import BY_DEFAULT, OBSERVABILITY, ROOT, default, of_type, raw
from tests.template.emitted import OF_AWS, emitted

ALARMS = of_type("AWS::CloudWatch::Alarm", of=OBSERVABILITY)
OURS: Any = {"Fn::Sub": "DokStampSync/${Stack}"}
OF_THE_STACK = {"scope": "stack"}
STEPS = [step.value.replace("_", "-") for step in Step]
USD_A_METRIC, USD_A_POLL, USD_A_SECRET, USD_A_MONTH = 0.10, 0.40 / 1_000_000, 0.40, 8.00
# Lambda polls a queue that is empty with five connections, each for twenty seconds.
POLLS_A_MONTH = 5 * 30.42 * 86_400 / 20


def deployed(name: dict[str, str]) -> str:
    """A name of template.yaml as observability.yaml, which is given the stack's name, says it."""
    return name["Fn::Sub"].replace("${AWS::StackName}", "${Stack}")


def names(kind: str, attribute: str) -> list[str]:
    """The names of what template.yaml makes of this type."""
    return [deployed(each[attribute]) for each in of_type(kind).values()]


def metrics(alarm: Any) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Namespace, name and dimensions of every metric that an alarm reads."""
    for each in [alarm] if "MetricName" in alarm else [each["MetricStat"]["Metric"] for each in _stats(alarm)]:
        yield each["Namespace"], each["MetricName"], {one["Name"]: one["Value"] for one in each.get("Dimensions", [])}


def _stats(alarm: Any) -> list[Any]:
    return [each for each in alarm["Metrics"] if "MetricStat" in each]


def watching(namespace: Any, metric: str) -> dict[str, dict[str, Any]]:
    """The alarms on a metric, with its dimensions."""
    found = [(name, each) for name, alarm in ALARMS.items() for each in metrics(alarm)]
    return {name: dimensions for name, (space, of, dimensions) in found if (space, of) == (namespace, metric)}


def watched(namespace: Any, metric: str, dimension: str) -> list[str]:
    """The names of what alarms on this metric look at."""
    found = [each[dimension] for each in watching(namespace, metric).values()]
    return sorted(each["Fn::Sub"] if isinstance(each, dict) else each for each in found)


def test_the_alarms_watch_what_the_template_makes() -> None:
    # Given the names of the dead letters, and of all that functions take
    queues = names("AWS::SQS::Queue", "QueueName")
    taken = {each for each in queues if not each.endswith("-dead-letters")} - {"${Stack}-results"}
    # Then each of the first has an alarm on what waits, each of the second one on how long it has waited
    dead = watched("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName")
    assert dead == sorted(each for each in queues if each.endswith("-dead-letters"))
    too_old = watched("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName")
    assert too_old == sorted({*taken, "${Stack}-results"})
    # And each function has one on its deaths
    assert watched("AWS/Lambda", "Errors", "FunctionName") == sorted(names("AWS::Serverless::Function", "FunctionName"))


def test_a_message_that_functions_take_is_too_old_later_than_a_record_that_waits_for_its_parent() -> None:
    old = watching("AWS/SQS", "ApproximateAgeOfOldestMessage")
    taken = [ALARMS[name]["Threshold"] for name, looks in old.items() if looks["QueueName"] != RESULTS]
    assert taken == [{"Ref": "OldestMessageSeconds"}] * (len(Step) + 1)
    assert default("OldestMessageSeconds") > default("PatienceSeconds")


RESULTS = {"Fn::Sub": "${Stack}-results"}


def test_an_alarm_says_that_nobody_has_read_the_results_for_a_day() -> None:
    old = watching("AWS/SQS", "ApproximateAgeOfOldestMessage")
    (unread,) = [name for name, looks in old.items() if looks["QueueName"] == RESULTS]
    assert (ALARMS[unread]["Threshold"], ALARMS[unread]["Statistic"]) == (86_400, "Maximum")


@pytest.mark.parametrize("metric", ["Misconfigured", "Throttled", "Unforeseen", "Overdue"])
def test_what_wakes_the_same_person_wherever_it_happens_has_one_alarm_for_the_stack(metric: str) -> None:
    # Given that the functions count it for the whole stack (tests/worker/test_metrics.py)
    (alarm,) = watching(OURS, metric)
    assert watching(OURS, metric)[alarm] == OF_THE_STACK
    assert ALARMS[alarm]["Threshold"] == 1


def test_rejected_records_are_watched_at_the_intake_of_all_steps_and_of_the_certificates() -> None:
    looks = watching(OURS, "Rejected")
    assert looks == {
        "IntakeRejectedAlarm": {"service": "intake"},
        "RejectedAlarm": OF_THE_STACK,
        "CertificatesRejectedAlarm": {"service": "certificate"},
    }
    assert ALARMS["IntakeRejectedAlarm"]["Threshold"] == {"Ref": "RejectedFromRecords"}
    # And under the names that the metrics carry
    functions = of_type("AWS::Serverless::Function")
    for function, service in (("IntakeFunction", "intake"), ("CertificateFunction", "certificate")):
        assert functions[function]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == service


@pytest.mark.parametrize("alarm", ["RejectedAlarm", "CertificatesRejectedAlarm"])
def test_the_share_of_rejected_records_is_of_all_that_were_judged(alarm: str) -> None:
    # Given the alarm's metrics by their ids, both of the same functions
    read = {each["Id"]: each["MetricStat"]["Metric"] for each in _stats(ALARMS[alarm])}
    assert {name: each["MetricName"] for name, each in read.items()} == {"judged": "Judged", "rejected": "Rejected"}
    assert read["judged"]["Dimensions"] == read["rejected"]["Dimensions"]
    # Then hours of few records count as none, and only the share is judged
    (share,) = [each for each in ALARMS[alarm]["Metrics"] if "Expression" in each]
    wanted = "IF(judged >= ${RejectedFromRecords}, 100 * FILL(rejected,0) / judged, 0)"
    assert share == {"Id": "percent", "Expression": {"Fn::Sub": wanted}}
    assert all(each["ReturnData"] is False for each in _stats(ALARMS[alarm]))


def test_an_alarm_says_that_a_run_did_not_come_to_its_end() -> None:
    # Given the state machine, which has the stack's name
    (machine,) = of_type("AWS::StepFunctions::StateMachine").values()
    assert machine["StateMachineName"] == {"Ref": "AWS::StackName"}
    arn = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${Stack}"
    for end in ("Failed", "Aborted"):
        assert watching("AWS/States", f"Executions{end}") == {f"Runs{end}Alarm": {"StateMachineArn": {"Fn::Sub": arn}}}


def test_an_alarm_says_that_the_account_has_no_function_left_to_run() -> None:
    # Given functions that reserve nothing, so that they are refused when the whole account has used up its share
    assert all("ReservedConcurrentExecutions" not in each for each in of_type("AWS::Serverless::Function").values())
    assert watching("AWS/Lambda", "Throttles") == {"FunctionsThrottledAlarm": {}}


def test_no_alarm_waits_for_an_end_that_no_run_can_come_to() -> None:
    # Given a run without a time limit of its own, whose waits end before Step Functions ends it, after a year
    machine = json.loads((ROOT / "statemachine" / "sync.asl.json").read_text(encoding="utf-8"))
    waits = sum(state.get("TimeoutSeconds", 0) for state in machine["States"].values())
    assert "TimeoutSeconds" not in machine
    assert waits < 365 * 86_400
    # Then it cannot time out as a whole, and nobody is to be told of that
    assert not watching("AWS/States", "ExecutionsTimedOut")


AT_EVERY_TRY = [
    name
    for namespace, metric in ((OURS, "Misconfigured"), (OURS, "Unforeseen"), ("AWS/Lambda", "Errors"))
    for name in watching(namespace, metric)
]


@pytest.mark.parametrize("alarm", AT_EVERY_TRY)
def test_what_goes_wrong_at_every_try_is_red_within_a_quarter_of_an_hour_and_stays_red_between_two(alarm: str) -> None:
    # Given the longest pause between two tries: a back-off, or the queue's visibility if the function died
    hidden = {each["VisibilityTimeout"] for each in of_type("AWS::SQS::Queue").values() if "VisibilityTimeout" in each}
    pause = max(default("RetryCapSeconds"), *hidden)
    # Then a single try in the periods that are judged is enough, and there is one in them
    judged = ALARMS[alarm]
    assert (judged["DatapointsToAlarm"], judged["Threshold"]) == (1, 1)
    assert judged["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert judged["Period"] <= 900
    # Periods do not begin when a try does, and it takes time until one counts.
    assert (judged["EvaluationPeriods"] - 1) * judged["Period"] >= pause
    assert judged["EvaluationPeriods"] * judged["Period"] > pause + raw()["Globals"]["Function"]["Timeout"]


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_reads_metrics_that_somebody_emits(alarm: str) -> None:
    for namespace, metric, _ in metrics(ALARMS[alarm]):
        assert metric in (emitted() if namespace == OURS else OF_AWS[namespace])


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_tells_whoever_is_named_and_says_what_to_do(alarm: str) -> None:
    told = {"HasAlarmTopic": {"Ref": "AlarmTopicArn"}, "HasAlarmEmail": {"Ref": "Topic"}}
    for holds in (frozenset[str](), frozenset({"HasAlarmTopic"}), frozenset({"HasAlarmEmail"}), frozenset(told)):
        given = of_type("AWS::CloudWatch::Alarm", BY_DEFAULT | holds, OBSERVABILITY)[alarm]
        assert given["AlarmActions"] == given["OKActions"] == [told[each] for each in told if each in holds]
    assert given["TreatMissingData"] == "notBreaching"
    assert 'README.md, "When something is red"' in given["AlarmDescription"]
    assert "## When something is red" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_alarms_have_names_of_their_own() -> None:
    names = [str(alarm["AlarmName"]) for alarm in ALARMS.values()]
    assert len(set(names)) == len(names)


def test_only_alarms_on_metric_math_are_missing_on_the_emulated_aws() -> None:
    local = of_type("AWS::CloudWatch::Alarm", frozenset(), OBSERVABILITY)
    assert set(ALARMS) - set(local) == {name for name, alarm in ALARMS.items() if "Metrics" in alarm}


def test_the_template_hands_on_what_the_alarms_need() -> None:
    # Given what observability.yaml asks for, all but what only an emulated AWS sets
    (part,) = of_type("AWS::Serverless::Application").values()
    assert ROOT / part["Location"] == OBSERVABILITY
    asked = set(raw(OBSERVABILITY)["Parameters"]) - {"MetricMath"}
    # Then each is given the parameter of the same name, and the stack its own
    assert part["Parameters"] == {name: {"Ref": name} for name in asked} | {"Stack": {"Ref": "AWS::StackName"}}


def test_an_idle_stack_costs_at_most_eight_dollars_a_month_as_readme_says() -> None:
    # Given what costs though nothing is to be done
    alarms = len([one for alarm in ALARMS.values() for one in metrics(alarm)]) * USD_A_METRIC
    fed = [each["Events"].values() for each in of_type("AWS::Serverless::Function").values()]
    pollers = sum(event["Type"] == "SQS" for events in fed for event in events) * POLLS_A_MONTH * USD_A_POLL
    secrets = len(of_type("AWS::SecretsManager::Secret")) * USD_A_SECRET
    assert not of_type("AWS::CloudWatch::Dashboard", of=OBSERVABILITY)
    # Then it is little, and README says how it is made up
    total = alarms + pollers + secrets
    assert total <= USD_A_MONTH
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {f"{each:.2f}" for each in (alarms, pollers, secrets, total)} <= set(re.findall(r"\d+\.\d\d", readme))
