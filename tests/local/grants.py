"""What the deployed roles are granted, and what the emulated IAM has decided: see recorder.py."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from local.parameters import STACK_NAME
from tests.local.recorder import ALLOWED
from tests.local.world import World

# The statement that MiniStack needs where AWS does with another; see local/gaps.py.
INSTEAD = {"AnswerAnyToken": "AnswerTheRun"}
# Tests put on a role, too, to see what it may not do.
SESSION_OF_TESTS = "test"


class Grant(NamedTuple):
    """One action on one resource, by a statement of a role as the template calls it."""

    role: str
    sid: str
    action: str
    resource: str


class Decision(NamedTuple):
    """What was asked of the emulated IAM, by whom, and what it answered."""

    who: str
    action: str
    resource: str
    decision: str
    sid: str

    @property
    def role(self) -> str:
        return self.who.split("/")[1]

    def uses(self, grant: Grant, role: str) -> bool:
        """``role``: what the grant's is called where it is deployed."""
        by_it = self.sid == grant.sid and fnmatchcase(self.resource, grant.resource)
        instead = INSTEAD.get(self.sid) == grant.sid
        return self.decision == ALLOWED and (self.role, self.action) == (role, grant.action) and (by_it or instead)


def read(file: Path) -> list[Decision]:
    """The decisions about the functions' own calls."""
    every = [Decision(*json.loads(line)) for line in file.read_text().splitlines()]
    return [each for each in every if ":assumed-role/" in each.who and not each.who.endswith(f"/{SESSION_OF_TESTS}")]


def roles(world: World) -> dict[str, str]:
    """Name in the template -> name where it is deployed."""
    found = world.stack.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in found
        if each["ResourceType"] == "AWS::IAM::Role"
    }


def granted(world: World) -> set[Grant]:
    """All that the template's roles may do, as it is deployed."""
    iam = world.stack.client("iam")
    return {
        Grant(role, each["Sid"], action, resource)
        for role, name in roles(world).items()
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        for each in iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"]
        if each["Sid"] not in INSTEAD
        for action in as_list(each["Action"])
        for resource in as_list(each["Resource"])
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def asked_by_run(world: World, arns: list[str]) -> Iterator[tuple[str, str]]:
    """(action, resource) for what the state machine asked for in these runs; nobody holds it to its role here."""
    machine = world.states.describe_state_machine(stateMachineArn=world.info.state_machine_arn)
    states = json.loads(machine["definition"])["States"]
    for arn in arns:
        for page in world.states.get_paginator("get_execution_history").paginate(executionArn=arn):
            for event in page["events"]:
                state = states[event.get("stateEnteredEventDetails", {}).get("name", "next")]
                if state["Type"] == "Task":
                    yield asked_by_state(world, state)


def asked_by_state(world: World, state: dict[str, Any]) -> tuple[str, str]:
    given = state["Parameters"]
    if ":::sqs:sendMessage" in state["Resource"]:
        answer = world.sqs.get_queue_attributes(QueueUrl=given["QueueUrl"], AttributeNames=["QueueArn"])
        return "sqs:SendMessage", answer["Attributes"]["QueueArn"]
    assert state["Resource"] == "arn:aws:states:::lambda:invoke"
    return "lambda:InvokeFunction", given["FunctionName"]
