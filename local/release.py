"""`make deploy STAGE=dev|prod [PARAMETERS="DokStampTenant=school.example"]`: builds, and deploys to AWS.

With your own credentials, to the stack of that stage in samconfig.toml. A stack that is there already is updated under
watch: CloudFormation keeps the old resources for an hour, and if an alarm turns red meanwhile, the update is cancelled.
The SAM CLI cannot ask for that, so the change set is ours; the first deployment, which nothing could watch, is SAM's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from local import chosen, compiled, template
from local.command import carry_out
from local.parameters import LOCAL_VALUES
from local.places import LOCAL, ROOT, SAM_CONFIG, python_of
from local.processes import Failed
from local.report import Clock

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceChangeTypeDef

STAGES = ("dev", "prod")
# `make build`
BUILD_ONLY = "nowhere"
MINUTES_WATCHED = 60
# What a bad release does: functions die, meet what nobody foresaw, or lack what they need.
SIGNS = ("-errors", "-unforeseen", "-misconfigured")
# SAM's own stack, which holds the bucket for what is deployed.
SAM_STACK = "aws-sam-cli-managed-default"
CAPABILITIES: list[Literal["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]] = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
HINTS = {
    "NoRegionError": " Say which: export AWS_DEFAULT_REGION=...",
    "NoCredentialsError": ". Give yours: aws configure, or export AWS_PROFILE=...",
}
NOTHING_CHANGED = "Nothing has changed since the last deployment"
NOTHING_NEW = ("didn't contain changes", "No updates are to be performed")
# A stack that was never whole: CloudFormation deletes it, and takes no update.
NEVER_MADE = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
SECONDS_BETWEEN_LOOKS = 20

Say = Callable[[str], None]


def parameters(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What PARAMETERS sets, and what the build was made for: the machine that builds."""
    given = chosen.read(environment.get("PARAMETERS", ""))
    unknown = given.keys() - template.parameters().keys()
    if unknown:
        raise Failed(f"The template has no parameter {', '.join(sorted(unknown))}.")
    return {name: LOCAL_VALUES[name] for name in ("Runtime", "Architecture")} | given


def _sam(*arguments: str | Path) -> None:
    python = python_of("sam")
    # `sam build` looks for pythonX.Y on the PATH; a virtual environment has it.
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run((python, "-m", "samcli", *arguments), cwd=ROOT, env=environment, check=False)
    if done.returncode != 0:
        raise Failed(f"sam {arguments[0]} failed (exit code {done.returncode}); it says above why.")


def _overrides(values: Mapping[str, str]) -> list[str]:
    return ["--parameter-overrides", *(f'{name}="{value}"' for name, value in values.items())]


def build(values: Mapping[str, str]) -> None:
    _sam("build", *_overrides({each: values[each] for each in ("Runtime", "Architecture")}))
    if values["Runtime"] == LOCAL_VALUES["Runtime"]:
        compiled.finish(ROOT / ".aws-sam" / "build")


class Stack:
    """A stack that is on AWS."""

    def __init__(
        self, session: boto3.Session, name: str, say: Say, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = name
        self._say = say
        self._sleep = sleep
        self._cloudformation = session.client("cloudformation")
        self._cloudwatch = session.client("cloudwatch")
        self._s3 = session.client("s3")

    def parameters(self) -> set[str] | None:
        """The names of its parameters; None if nothing was deployed under its name."""
        try:
            found = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        if found["StackStatus"] in NEVER_MADE:
            raise Failed(
                f"The first deployment of {self.name} failed ({found['StackStatus']}), and nothing can be deployed over"
                ' what it left. Remove that (README.md, "Removing it"), and deploy again.'
            )
        # So it is called while only a change set is there.
        if found["StackStatus"] == "REVIEW_IN_PROGRESS":
            return None
        return {each["ParameterKey"] for each in found.get("Parameters", [])}

    def update(self, packaged: Path, kept: set[str], values: Mapping[str, str], minutes: int) -> None:
        """Updates it, and watches it for so long; raises Failed if CloudFormation has taken the update back."""
        address = self._upload(packaged)
        known = template.parameters().keys()
        given: list[Any] = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
        given += [{"ParameterKey": each, "UsePreviousValue": True} for each in sorted(kept & known - values.keys())]
        change = f"update-{time.time():.0f}"
        self._cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=change,
            TemplateURL=address,
            Parameters=given,
            Capabilities=CAPABILITIES,
            # While it waits with the old resources, the update can be cancelled.
            RollbackConfiguration={"RollbackTriggers": [], "MonitoringTimeInMinutes": minutes},
        )
        if self._is_ready(change):
            self._carry_out(change, minutes)

    def _upload(self, packaged: Path) -> str:
        outputs = self._cloudformation.describe_stacks(StackName=SAM_STACK)["Stacks"][0]["Outputs"]
        bucket = next(each["OutputValue"] for each in outputs if each["OutputKey"] == "SourceBucket")
        key = f"{self.name}/{time.time():.0f}.template"
        self._s3.put_object(Bucket=bucket, Key=key, Body=packaged.read_bytes())
        return f"{self._s3.meta.endpoint_url}/{bucket}/{key}"

    def _red(self) -> set[str]:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=f"{self.name}-", StateValue="ALARM"
        )
        names = {each["AlarmName"] for page in pages for each in page["MetricAlarms"]}
        return {each for each in names if each.endswith(SIGNS)}

    def _is_ready(self, change: str) -> bool:
        """Whether there is something to change."""
        where: Any = {"StackName": self.name, "ChangeSetName": change}
        try:
            self._cloudformation.get_waiter("change_set_create_complete").wait(**where)
        except WaiterError:
            reason = self._cloudformation.describe_change_set(**where).get("StatusReason", "")
            self._cloudformation.delete_change_set(**where)
            if any(text in reason for text in NOTHING_NEW):
                self._say(NOTHING_CHANGED)
                return False
            raise Failed(f"CloudFormation does not take the change: {reason}") from None
        pages = self._cloudformation.get_paginator("describe_change_set").paginate(**where)
        if all(_is_none(each["ResourceChange"]) for page in pages for each in page["Changes"]):
            self._cloudformation.delete_change_set(**where)
            self._say(NOTHING_CHANGED)
            return False
        return True

    def _carry_out(self, change: str, minutes: int) -> None:
        """Executes the change set, and watches until nothing can be taken back any more."""
        before, red = self._red(), set[str]()
        if before:
            self._say(f"Red before the update, so not watched: {', '.join(sorted(before))}")
        self._say(f"Updating {self.name}. Its alarms are watched for {minutes} minutes from the end of it")
        self._cloudformation.execute_change_set(StackName=self.name, ChangeSetName=change)
        while True:
            self._sleep(SECONDS_BETWEEN_LOOKS)
            stack = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                break
            if stack["StackStatus"] == "UPDATE_IN_PROGRESS" and not red:
                red = self._red() - before
                if red:
                    self._say(f"Red: {', '.join(sorted(red))}. Taking the update back")
                    self._cloudformation.cancel_update_stack(StackName=self.name)
        if stack["StackStatus"] != "UPDATE_COMPLETE":
            why = f"{', '.join(sorted(red))} turned red" if red else stack.get("StackStatusReason", "")
            raise Failed(
                f"{self.name} is not updated ({stack['StackStatus']}): {why}\n"
                f"Its events: aws cloudformation describe-stack-events --stack-name {self.name}"
            )


def _is_none(change: ResourceChangeTypeDef) -> bool:
    """Whether it is one that CloudFormation names in any case: a part of the stack that may have changed.

    SAM names such a part's template by its content, so one that has changed has another address.
    """
    is_part = change["ResourceType"] == "AWS::CloudFormation::Stack" and change["Action"] == "Modify"
    return is_part and all(each.get("ChangeSource") == "Automatic" for each in change.get("Details", []))


def stack_name(stage: str) -> str:
    name: str = tomllib.loads(SAM_CONFIG.read_text())[stage]["deploy"]["parameters"]["stack_name"]
    return name


def release(session: boto3.Session, stage: str, values: Mapping[str, str], minutes: int, say: Say) -> None:
    name = stack_name(stage)
    stack = Stack(session, name, say)
    kept = stack.parameters()
    say("Building (sam build)")
    build(values)
    if kept is None:
        say(f"There is no {name} yet: deploying it for the first time, with no alarm to watch")
        _sam("deploy", "--config-env", stage, "--no-confirm-changeset", *_overrides(values))
    else:
        packaged = LOCAL / f"packaged-{stage}.yaml"
        LOCAL.mkdir(exist_ok=True)
        _sam("package", "--output-template-file", packaged)
        stack.update(packaged, kept, values, minutes)
    say(f"{name} is deployed")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make deploy STAGE=dev|prod", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--minutes", type=int, choices=range(181), metavar="0-180", default=MINUTES_WATCHED)
    given = parser.parse_args()
    stage = given.stage
    if stage == BUILD_ONLY:
        build(parameters())
        return 0
    if stage not in STAGES:
        raise Failed(f"Say where to: make deploy STAGE=... with one of {', '.join(STAGES)}")
    try:
        release(boto3.Session(), stage, parameters(), given.minutes, Clock().say)
    except (BotoCoreError, ClientError) as error:
        hint = HINTS.get(type(error).__name__, "")
        raise Failed(f"AWS says: {error}{hint}") from None
    return 0


if __name__ == "__main__":
    carry_out(main)
