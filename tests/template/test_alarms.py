"""Somebody is told: of a set-up that is wrong, and of messages that nobody could deliver."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dokstamp_sync.order import Step
from tests.template.cloudformation import ROOT, default, of_type, raw, resources
from tests.template.emitted import OF_AWS, emitted

ALARMS = of_type("AWS::CloudWatch::Alarm")
OURS: Any = {"Fn::Sub": "DokStampSync/${AWS::StackName}"}
ENDS = ["intake", "results"]
WITH_DEAD_LETTERS = [*(step.logical_id for step in Step), "Inbox"]


def name_of(step: Step) -> str:
    return step.value.replace("_", "-")


def metrics(alarm: Any) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Namespace, name and dimensions of every metric that an alarm reads."""
    for each in [alarm] if "MetricName" in alarm else [each["MetricStat"]["Metric"] for each in _stats(alarm)]:
        yield each["Namespace"], each["MetricName"], {one["Name"]: one["Value"] for one in each["Dimensions"]}


def _stats(alarm: Any) -> list[Any]:
    return [each for each in alarm["Metrics"] if "MetricStat" in each]


def watching(namespace: Any, metric: str) -> dict[str, dict[str, Any]]:
    """The alarms on a metric, with its dimensions."""
    found = [(name, each) for name, alarm in ALARMS.items() for each in metrics(alarm)]
    return {name: dimensions for name, (space, of, dimensions) in found if (space, of) == (namespace, metric)}


def test_an_alarm_says_that_the_set_up_is_wrong() -> None:
    assert [name for name, alarm in ALARMS.items() if "'Misconfigured'" in str(alarm)]


@pytest.mark.parametrize("queue", [f"{row}DeadLetterQueue" for row in (*WITH_DEAD_LETTERS, "Results")])
def test_an_alarm_says_that_messages_wait_in_the_dead_letters(queue: str) -> None:
    watching = [name for name, alarm in ALARMS.items() if f"'{queue}'" in str(alarm) or f"{{{queue}." in str(alarm)]
    assert [name for name in watching if "ApproximateNumberOfMessagesVisible" in str(ALARMS[name])]


def test_an_alarm_says_that_a_queue_s_oldest_message_is_too_old() -> None:
    watched = watching("AWS/SQS", "ApproximateAgeOfOldestMessage")
    queues = [{"Fn::GetAtt": [f"{row}Queue", "QueueName"]} for row in WITH_DEAD_LETTERS]
    assert [each["QueueName"] for each in watched.values()] == queues
    assert {str(ALARMS[name]["Threshold"]) for name in watched} == {str({"Ref": "OldestMessageSeconds"})}
    # And a record that patiently waits for its parent is no reason
    assert default("OldestMessageSeconds") > default("PatienceSeconds")


@pytest.mark.parametrize("metric", ["Misconfigured", "Throttled", "Unforeseen", "Overdue", "Rejected"])
def test_every_step_is_watched_under_the_name_that_its_metrics_carry(metric: str) -> None:
    services = [each["service"] for each in watching(OURS, metric).values()]
    functions = of_type("AWS::Serverless::Function")
    carried = [
        functions[f"{step.logical_id}Function"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for step in Step
    ]
    assert carried == [name_of(step) for step in Step]
    assert [service for service in services if service not in ENDS] == carried


@pytest.mark.parametrize(
    ("metric", "ends"),
    [("Misconfigured", ENDS), ("Unforeseen", ENDS), ("Overdue", ["intake"]), ("Rejected", ["intake"])],
)
def test_the_functions_at_both_ends_of_a_run_are_watched_as_far_as_it_concerns_them(
    metric: str, ends: list[str]
) -> None:
    # Given that the results function has no queue in which a message could circle, and judges no records
    services = [each["service"] for each in watching(OURS, metric).values()]
    assert [service for service in services if service in ENDS] == ends
    # Then both are watched under the names that their metrics carry
    functions = of_type("AWS::Serverless::Function")
    for end in ENDS:
        own = functions[f"{end.capitalize()}Function"]["Environment"]["Variables"]
        assert own["POWERTOOLS_SERVICE_NAME"] == end


@pytest.mark.parametrize("step", list(Step))
def test_the_share_of_rejected_records_is_of_all_outcomes(step: Step) -> None:
    # Given the alarm's metrics by their ids
    alarm = ALARMS[f"{step.logical_id}RejectedAlarm"]
    read = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in _stats(alarm)}
    assert set(read.values()) == {"Created", "Updated", "Unchanged", "Stale", "Rejected", "Blocked"}
    # Then the sum has each of them once, none of them keeps it from being computed, and only the share is judged
    expressions = {each["Id"]: each["Expression"] for each in alarm["Metrics"] if "Expression" in each}
    assert sorted(re.findall(r"FILL\((\w+),0\)", expressions["all"])) == sorted(read)
    assert "${RejectedFromRecords}" in expressions["percent"]["Fn::Sub"]
    assert [each["Id"] for each in alarm["Metrics"] if each.get("ReturnData", True)] == ["percent"]


def test_an_alarm_says_that_a_run_did_not_come_to_its_end() -> None:
    for end in ("Failed", "Aborted"):
        assert watching("AWS/States", f"Executions{end}") == {
            f"Runs{end}Alarm": {"StateMachineArn": {"Ref": "StateMachine"}}
        }


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
    assert (judged["DatapointsToAlarm"], judged["Threshold"]) == (1, 0)
    assert judged["Period"] <= 900
    # Periods do not begin when a try does, and it takes time until one counts.
    assert (judged["EvaluationPeriods"] - 1) * judged["Period"] >= pause
    assert judged["EvaluationPeriods"] * judged["Period"] > pause + raw()["Globals"]["Function"]["Timeout"]


def test_an_alarm_says_that_a_function_fails() -> None:
    watched = [each["FunctionName"] for each in watching("AWS/Lambda", "Errors").values()]
    assert sorted(each["Ref"] for each in watched) == sorted(of_type("AWS::Serverless::Function"))


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_reads_metrics_that_somebody_emits(alarm: str) -> None:
    for namespace, metric, _ in metrics(ALARMS[alarm]):
        assert metric in (emitted() if namespace == OURS else OF_AWS[namespace])


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_tells_the_topic_and_says_what_to_do(alarm: str) -> None:
    given = of_type("AWS::CloudWatch::Alarm", frozenset({"OnAws", "HasAlarmTopic"}))[alarm]
    assert given["AlarmActions"] == given["OKActions"] == [{"Ref": "AlarmTopicArn"}]
    assert "AlarmActions" not in ALARMS[alarm]
    assert given["TreatMissingData"] == "notBreaching"
    assert 'README.md, "When something is red"' in given["AlarmDescription"]
    assert "## When something is red" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_alarms_have_names_of_their_own() -> None:
    names = [str(alarm["AlarmName"]) for alarm in ALARMS.values()]
    assert len(set(names)) == len(names)


def test_only_alarms_on_metric_math_are_missing_on_the_emulated_aws() -> None:
    local = {name for name, each in resources(frozenset()).items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    assert set(ALARMS) - local == {name for name, alarm in ALARMS.items() if "Metrics" in alarm}
    assert raw()["Conditions"]["OnAws"] == {"Fn::Equals": [{"Ref": "AwsEndpointUrl"}, ""]}


def test_there_is_a_dashboard() -> None:
    assert len(of_type("AWS::CloudWatch::Dashboard")) == 1


def widgets() -> list[dict[str, Any]]:
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = dashboard["DashboardBody"]["Fn::ToJsonString"]["widgets"]
    return found


def test_the_dashboard_shows_every_alarm_before_any_graph() -> None:
    kinds = [each["type"] for each in widgets()]
    assert kinds == sorted(kinds)
    shown = [each["Fn::GetAtt"][0] for widget in widgets() for each in widget["properties"].get("alarms", [])]
    assert sorted(shown) == sorted(ALARMS)


def test_the_dashboard_s_rows_are_full() -> None:
    widths = [each["width"] for each in widgets()]
    filled = 0
    for width in widths:
        filled = (filled + width) % 24 if filled + width <= 24 else -1
        assert filled >= 0, "a widget does not fit into its row"
    assert filled == 0


def test_the_dashboard_shows_all_that_the_code_counts_and_nothing_else() -> None:
    text = json.dumps(widgets())
    assert set(re.findall(r'MetricName=\\"(\w+)\\"', text)) == emitted()
    plain = re.findall(r'\["(AWS/\w+)", "(\w+)"', text)
    assert plain
    assert [metric for namespace, metric in plain if metric not in OF_AWS[namespace]] == []
