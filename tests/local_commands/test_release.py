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
VALUES = {"Runtime": "python3.13", "DokStampTenant": "school.example"}
# A parameter that the template has, and one that it had.
KEPT = {"PatienceSeconds", "DokStampTenant", "Forgotten"}


CHANGED = {"ResourceType": "AWS::Lambda::Function", "Action": "Modify"}


def part(source: str) -> dict[str, Any]:
    """A change of the stack's part, which CloudFormation names in any case."""
    return {"ResourceType": "AWS::CloudFormation::Stack", "Action": "Modify", "Details": [{"ChangeSource": source}]}


class Aws:
    """The three clients, which answer what they were told to, in order, and refuse what the API does not know."""

    def __init__(self, exits: ExitStack) -> None:
        self.stubs: dict[str, Stubber] = {}
        self.said: list[str] = []
        for service in ("cloudformation", "cloudwatch", "s3"):
            make: Any = boto3.client
            client = make(service, region_name="eu-west-1")
            self.stubs[service] = exits.enter_context(Stubber(client))

    def client(self, service: str) -> Any:
        return self.stubs[service].client

    def answer(self, call: str, answer: Any, asked: Any = None, service: str = "cloudformation") -> None:
        self.stubs[service].add_response(call, answer, asked)

    def stack(self, status: str, **more: Any) -> Any:
        return {"Stacks": [{"StackName": NAME, "CreationTime": 0, "StackStatus": status, **more}]}

    def red(self, *names: str) -> None:
        """The alarms that are red when they are looked at the next time."""
        found = [{"AlarmName": f"{NAME}-{name}"} for name in names]
        asked = {"AlarmNamePrefix": f"{NAME}-", "StateValue": "ALARM"}
        self.answer("describe_alarms", {"MetricAlarms": found}, asked, "cloudwatch")

    def made(self) -> release.Stack:
        return release.Stack(self, NAME, self.said.append, lambda _: None)  # type: ignore[arg-type]

    def change(self, status: str, reason: str = "", changes: Any = (CHANGED,)) -> None:
        output = {"OutputKey": "SourceBucket", "OutputValue": "artifacts"}
        self.answer("describe_stacks", self.stack("CREATE_COMPLETE", Outputs=[output]))
        self.answer("put_object", {}, service="s3")
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
            "RollbackConfiguration": {"RollbackTriggers": [], "MonitoringTimeInMinutes": 60},
        }
        self.answer("create_change_set", {}, asked)
        self.answer("describe_change_set", {"Status": status, "StatusReason": reason})
        if status == "CREATE_COMPLETE":
            self.answer("describe_change_set", {"Changes": [{"ResourceChange": each} for each in changes]})

    def update(self, tmp_path: Path) -> None:
        packaged = tmp_path / "packaged.yaml"
        packaged.write_text("Resources: {}")
        self.made().update(packaged, KEPT, VALUES, 60)

    def is_asked_for_all(self) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with ExitStack() as exits:
        yield Aws(exits)


def test_an_update_is_watched_until_nothing_can_be_taken_back_any_more(aws: Aws, tmp_path: Path) -> None:
    # Given a change that CloudFormation carries out, and alarms: one is red before, one says nothing about a release
    aws.change("CREATE_COMPLETE")
    aws.red("misconfigured")
    aws.answer("execute_change_set", {})
    for _ in range(2):
        aws.answer("describe_stacks", aws.stack("UPDATE_IN_PROGRESS"))
        aws.red("misconfigured", "course-too-old")
    aws.answer("describe_stacks", aws.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    aws.answer("describe_stacks", aws.stack("UPDATE_COMPLETE"))
    # When the stack is updated
    aws.update(tmp_path)
    # Then it was looked at to the end, and the alarm that does not count is named
    aws.is_asked_for_all()
    assert f"{NAME}-misconfigured" in aws.said[0]


def test_an_update_that_turns_an_alarm_red_is_taken_back_and_is_a_failure(aws: Aws, tmp_path: Path) -> None:
    # Given an alarm that turns red after the update
    aws.change("CREATE_COMPLETE")
    aws.red()
    aws.answer("execute_change_set", {})
    aws.answer("describe_stacks", aws.stack("UPDATE_IN_PROGRESS"))
    aws.red("course-errors")
    # Then the update is cancelled, once, and seen to the end
    aws.answer("cancel_update_stack", {}, {"StackName": NAME})
    aws.answer("describe_stacks", aws.stack("UPDATE_IN_PROGRESS"))
    aws.answer("describe_stacks", aws.stack("UPDATE_ROLLBACK_IN_PROGRESS"))
    aws.answer("describe_stacks", aws.stack("UPDATE_ROLLBACK_COMPLETE"))
    # When the stack is updated
    with pytest.raises(Failed, match=r"UPDATE_ROLLBACK_COMPLETE\): dokstamp-sync-prod-course-errors turned red"):
        aws.update(tmp_path)
    aws.is_asked_for_all()


def test_an_update_that_cloudformation_itself_gives_up_is_a_failure(aws: Aws, tmp_path: Path) -> None:
    aws.change("CREATE_COMPLETE")
    aws.red()
    aws.answer("execute_change_set", {})
    aws.answer("describe_stacks", aws.stack("UPDATE_ROLLBACK_COMPLETE", StackStatusReason="a name is taken"))
    with pytest.raises(Failed, match="a name is taken"):
        aws.update(tmp_path)
    aws.is_asked_for_all()


@pytest.mark.parametrize(
    ("reason", "fails"), [("The submitted information didn't contain changes.", False), ("Parameter x is wrong", True)]
)
def test_a_change_that_is_none_is_no_failure_and_one_that_is_refused_is_one(
    aws: Aws, tmp_path: Path, reason: str, fails: bool
) -> None:
    # Given a change set that CloudFormation does not take
    aws.change("FAILED", reason)
    aws.answer("describe_change_set", {"Status": "FAILED", "StatusReason": reason})
    aws.answer("delete_change_set", {})
    # When the stack is updated, Then nothing is carried out, and only a refusal is a failure
    if fails:
        with pytest.raises(Failed, match="Parameter x is wrong"):
            aws.update(tmp_path)
    else:
        aws.update(tmp_path)
    aws.is_asked_for_all()


def test_a_part_that_may_have_changed_is_no_change(aws: Aws, tmp_path: Path) -> None:
    # Given an update in which nothing has changed
    aws.change("CREATE_COMPLETE", changes=[part("Automatic")])
    aws.answer("delete_change_set", {})
    # When the stack is updated, Then nothing is carried out, and nobody waits
    aws.update(tmp_path)
    aws.is_asked_for_all()
    assert aws.said == ["Nothing has changed since the last deployment"]


@pytest.mark.parametrize("changes", [[part("DirectModification")], [part("Automatic"), CHANGED]])
def test_a_part_that_has_changed_and_anything_else_is_one(changes: Any, aws: Aws, tmp_path: Path) -> None:
    aws.change("CREATE_COMPLETE", changes=changes)
    aws.red()
    aws.answer("execute_change_set", {})
    aws.answer("describe_stacks", aws.stack("UPDATE_COMPLETE"))
    aws.update(tmp_path)
    aws.is_asked_for_all()


@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_what_a_failed_first_deployment_left_has_to_be_removed_first(status: str, aws: Aws) -> None:
    aws.answer("describe_stacks", aws.stack(status))
    with pytest.raises(Failed, match=f"{status}.*Remove that"):
        aws.made().parameters()


def test_a_stack_that_was_only_reviewed_is_none(aws: Aws) -> None:
    aws.answer("describe_stacks", aws.stack("REVIEW_IN_PROGRESS"))
    assert aws.made().parameters() is None


def test_the_first_deployment_is_sams_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an account without the stack
    commands: list[tuple[Any, ...]] = []
    monkeypatch.setattr(release, "_sam", lambda *arguments: commands.append(arguments))
    monkeypatch.setattr(release.Stack, "parameters", lambda _: None)
    # When the stage is deployed
    values = {"Runtime": "python3.12", "Architecture": "arm64", "DokStampTenant": "school.example"}
    release.release(boto3.Session(region_name="eu-west-1"), "dev", values, 60, print)
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
