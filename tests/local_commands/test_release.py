"""`make deploy`: AWS is asked for what its API knows, and an update that turns an alarm red fails."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from local import release
from local.processes import Failed

NAME = "dokstamp-sync-prod"
COMPOSITE = f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{NAME}-update"
TRIGGERS = [{"Arn": COMPOSITE, "Type": "AWS::CloudWatch::CompositeAlarm"}]
VALUES = {"Runtime": "python3.13", "DokStampTenant": "school.example"}
# A parameter that the template has, and one that it had.
KEPT = {"PatienceSeconds", "DokStampTenant", "Forgotten"}


class Aws:
    """The three clients, which answer what they were told to, in order, and refuse what the API does not know."""

    def __init__(self, exits: ExitStack) -> None:
        self.stubs: dict[str, Stubber] = {}
        self.said: list[str] = []
        for service in ("cloudformation", "cloudwatch", "s3"):
            make: Any = boto3.client
            client = make(service, region_name="eu-west-1")
            self.stubs[service] = exits.enter_context(Stubber(client))
        output = {"OutputKey": "SourceBucket", "OutputValue": "artifacts"}
        self.answer("describe_stacks", self.stack("CREATE_COMPLETE", Outputs=[output]))
        self.answer("put_object", {}, service="s3")

    def client(self, service: str) -> Any:
        return self.stubs[service].client

    def answer(self, call: str, answer: Any, asked: Any = None, service: str = "cloudformation") -> None:
        self.stubs[service].add_response(call, answer, asked)

    def stack(self, status: str, **more: Any) -> Any:
        return {"Stacks": [{"StackName": NAME, "CreationTime": 0, "StackStatus": status, **more}]}

    def alarms(self, **states: str) -> None:
        """The alarms that are there, and their states."""
        found = [{"AlarmName": f"{NAME}-{name.replace('_', '-')}", "StateValue": states[name]} for name in states]
        self.answer("describe_alarms", {"MetricAlarms": found}, {"AlarmNamePrefix": f"{NAME}-"}, "cloudwatch")

    def watches(self, *names: str) -> None:
        """One alarm over these is made for CloudFormation, and taken away."""
        rule = " OR ".join(f'ALARM("{NAME}-{name}")' for name in names)
        name = f"{NAME}-update"
        asked = {"AlarmName": name, "AlarmRule": rule, "ActionsEnabled": False}
        self.answer("put_composite_alarm", {}, asked, "cloudwatch")
        self.answer("describe_alarms", {"CompositeAlarms": [{"AlarmArn": COMPOSITE}]}, service="cloudwatch")
        self.answer("delete_alarms", {}, {"AlarmNames": [name]}, "cloudwatch")

    def change(self, triggers: list[dict[str, str]], status: str, reason: str = "") -> None:
        asked = {
            "StackName": NAME,
            "ChangeSetName": ANY,
            "TemplateURL": ANY,
            "Parameters": [
                {"ParameterKey": "Runtime", "ParameterValue": "python3.13"},
                {"ParameterKey": "DokStampTenant", "ParameterValue": "school.example"},
                {"ParameterKey": "PatienceSeconds", "UsePreviousValue": True},
            ],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            "RollbackConfiguration": {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": 60},
        }
        self.answer("create_change_set", {}, asked)
        self.answer("describe_change_set", {"Status": status, "StatusReason": reason})

    def update(self, tmp_path: Path) -> None:
        packaged = tmp_path / "packaged.yaml"
        packaged.write_text("Resources: {}")
        release.Stack(self, NAME, self.said.append).update(packaged, KEPT, VALUES)  # type: ignore[arg-type]

    def is_asked_for_all(self) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with ExitStack() as exits:
        yield Aws(exits)


def test_an_update_is_taken_back_if_an_alarm_turns_red_that_was_not_before(aws: Aws, tmp_path: Path) -> None:
    # Given alarms of which one says nothing about a release, and one is red already
    aws.alarms(course_errors="OK", too_old="OK", unforeseen="INSUFFICIENT_DATA", misconfigured="ALARM")
    aws.watches("course-errors", "unforeseen")
    # And a change that CloudFormation carries out
    aws.change(TRIGGERS, "CREATE_COMPLETE")
    aws.answer("execute_change_set", {})
    aws.answer("describe_stacks", aws.stack("UPDATE_COMPLETE"))
    # When the stack is updated
    aws.update(tmp_path)
    # Then the others were watched for an hour, by one alarm that is gone now, and the red one is named
    aws.is_asked_for_all()
    assert "dokstamp-sync-prod-misconfigured" in aws.said[0]


def test_an_update_that_was_taken_back_is_a_failure(aws: Aws, tmp_path: Path) -> None:
    # Given an alarm that turns red during the update
    aws.alarms(course_errors="OK")
    aws.watches("course-errors")
    aws.change(TRIGGERS, "CREATE_COMPLETE")
    aws.answer("execute_change_set", {})
    for _ in range(2):
        aws.answer("describe_stacks", aws.stack("UPDATE_ROLLBACK_COMPLETE", StackStatusReason="alarm is red"))
    # When the stack is updated, Then it is said how that ended, and the alarm of the update is gone all the same
    with pytest.raises(Failed, match=r"UPDATE_ROLLBACK_COMPLETE\. alarm is red"):
        aws.update(tmp_path)
    aws.is_asked_for_all()


def test_a_stack_without_alarms_is_updated_unwatched_and_that_is_said(aws: Aws, tmp_path: Path) -> None:
    aws.alarms()
    aws.change([], "CREATE_COMPLETE")
    aws.answer("execute_change_set", {})
    aws.answer("describe_stacks", aws.stack("UPDATE_COMPLETE"))
    aws.update(tmp_path)
    aws.is_asked_for_all()
    assert "No alarm can be watched" in aws.said[0]


@pytest.mark.parametrize(
    ("reason", "fails"), [("The submitted information didn't contain changes.", False), ("Parameter x is wrong", True)]
)
def test_a_change_that_is_none_is_no_failure_and_one_that_is_refused_is_one(
    aws: Aws, tmp_path: Path, reason: str, fails: bool
) -> None:
    # Given a change set that CloudFormation does not take
    aws.alarms()
    aws.change([], "FAILED", reason)
    aws.answer("describe_change_set", {"Status": "FAILED", "StatusReason": reason})
    aws.answer("delete_change_set", {})
    # When the stack is updated, Then nothing is carried out, and only a refusal is a failure
    if fails:
        with pytest.raises(Failed, match="Parameter x is wrong"):
            aws.update(tmp_path)
    else:
        aws.update(tmp_path)
    aws.is_asked_for_all()


def test_the_first_deployment_is_sams_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an account without the stack
    commands: list[tuple[Any, ...]] = []
    monkeypatch.setattr(release, "_sam", lambda *arguments: commands.append(arguments))
    monkeypatch.setattr(release.Stack, "parameters", lambda _: None)
    # When the stage is deployed
    values = {"Runtime": "python3.12", "Architecture": "arm64", "DokStampTenant": "school.example"}
    release.release(boto3.Session(region_name="eu-west-1"), "dev", values, print)
    # Then SAM builds for the machine's Python and processor, and deploys that
    assert commands == [
        ("build", "--parameter-overrides", 'Runtime="python3.12"', 'Architecture="arm64"'),
        (
            *("deploy", "--config-env", "dev", "--no-confirm-changeset", "--parameter-overrides"),
            *('Runtime="python3.12"', 'Architecture="arm64"', 'DokStampTenant="school.example"'),
        ),
    ]


def test_every_stage_is_in_samconfig_and_has_a_stack_of_its_own() -> None:
    names = {release.stack_name(stage) for stage in release.STAGES}
    assert len(names) == len(release.STAGES)


def test_a_stage_or_a_parameter_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["release", "production"])
    with pytest.raises(Failed, match="one of dev, prod"):
        release.main()
    with pytest.raises(Failed, match="no parameter Patience"):
        release.parameters({"PARAMETERS": "Patience=20"})
