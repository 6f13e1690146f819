"""What there is to see: everything that can be red first, and all that the code counts."""

import json
import re
from typing import Any

from tests.template.cloudformation import BY_DEFAULT, OBSERVABILITY, of_type, raw
from tests.template.emitted import OF_AWS, emitted
from tests.template.test_alarms import ALARMS, OURS, names

# As CloudFormation fills them in.
KNOWN = {"${Stack}": "s", "${AWS::Region}": "r", "${AWS::Partition}": "aws", "${AWS::AccountId}": "1"}
ALARM_ARN = "arn:aws:cloudwatch:r:1:alarm:"


def filled(value: Any) -> str:
    """A name as it is deployed."""
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    for name, known in KNOWN.items():
        text = text.replace(name, known)
    return str(text)


def widgets() -> list[dict[str, Any]]:
    with_dashboard = BY_DEFAULT | {"HasDashboard"}
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard", with_dashboard, OBSERVABILITY).values()
    found: list[dict[str, Any]] = json.loads(filled(dashboard["DashboardBody"]))["widgets"]
    return found


def read() -> list[list[Any]]:
    """Every metric of every graph, with what ``...`` and ``.`` stand for."""
    found: list[list[Any]] = []
    for widget in widgets():
        before: list[Any] = []
        for each in widget["properties"].get("metrics", []):
            said = [part for part in each if isinstance(part, str)]
            if said[:1] == ["..."]:
                said = [*before[: -len(said) + 1], *said[1:]]
            before = [before[place] if part == "." else part for place, part in enumerate(said)]
            found += [before] if before else []
    return found


def test_there_is_a_dashboard_for_those_who_want_one() -> None:
    assert widgets()
    assert raw()["Parameters"]["Dashboard"]["Default"] == "false"
    assert raw(OBSERVABILITY)["Conditions"]["HasDashboard"] == {"Fn::Equals": [{"Ref": "Dashboard"}, "true"]}


def test_it_shows_every_alarm_before_any_graph() -> None:
    kinds = [each["type"] for each in widgets()]
    assert kinds == sorted(kinds)
    shown = [arn for widget in widgets() for arn in widget["properties"].get("alarms", [])]
    assert sorted(shown) == sorted(ALARM_ARN + filled(each["AlarmName"]) for each in ALARMS.values())


def test_its_rows_are_full() -> None:
    filled_so_far = 0
    for width in [each["width"] for each in widgets()]:
        filled_so_far = (filled_so_far + width) % 24 if filled_so_far + width <= 24 else -1
        assert filled_so_far >= 0, "a widget does not fit into its row"
    assert filled_so_far == 0


def test_it_shows_all_that_the_code_counts_and_nothing_else() -> None:
    # Given the metrics of ours that it reads, for the stack and by step
    ours = [each for each in read() if each[0] == filled(OURS)]
    assert all(each[2:] == ["scope", "stack"] for each in ours)
    searched = re.findall(r'\{"DokStampSync/s",service\} MetricName="(\w+)"', json.dumps(widgets()).replace('\\"', '"'))
    assert set(searched) == {"Rejected", "Blocked", "Retried"}
    # Then they are those that somebody emits, but for the sum of others
    assert {each[1] for each in ours} == emitted() - {"Judged"}


def test_what_it_reads_of_aws_exists() -> None:
    of_aws = [each for each in read() if each[0] != filled(OURS)]
    queues = {filled({"Fn::Sub": each}) for each in names("AWS::SQS::Queue", "QueueName")}
    assert {each[1] for each in of_aws} <= {name for known in OF_AWS.values() for name in known}
    assert {each[3] for each in of_aws if each[0] == "AWS/SQS"} == queues
    assert {each[3] for each in of_aws if each[0] == "AWS/States"} == {"arn:aws:states:r:1:stateMachine:s"}
