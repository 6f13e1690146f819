"""Every grant of every role is used by a run that is recorded, or has a reason; see recorder.py."""

import json
from pathlib import Path

import pytest

from local.gaps import function_of
from tests.local import grants
from tests.local.grants import Grant
from tests.local.recorder import REFUSED
from tests.local.troubled import exhausted_at_the_intake
from tests.local.world import World

LAMBDA_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg"
POLLER = f"Lambda's poller asks for it, in the role's name: {LAMBDA_GUIDE}/services-sqs-configure.html"
LOG = f"Lambda asks for it, in the role's name: {LAMBDA_GUIDE}/monitoring-cloudwatchlogs.html"
DELIVERY = "Step Functions needs it to log: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"
# What MiniStack does without asking its IAM, by statement and action.
REASONS = {
    ("OwnQueue", "sqs:ReceiveMessage"): POLLER,
    ("OwnQueue", "sqs:DeleteMessage"): POLLER,
    ("OwnQueue", "sqs:GetQueueAttributes"): POLLER,
    ("Logs", "logs:CreateLogStream"): LOG,
    ("Logs", "logs:PutLogEvents"): LOG,
    ("TellMissingFromForbidden", "s3:ListBucket"): "S3 asks for it where a key is missing: "
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
}
DELIVERIES = [f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")] + ["logs:ListLogDeliveries"]
POLICIES = ["logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"]
REASONS |= {("DeliverLogs", action): DELIVERY for action in (*DELIVERIES, *POLICIES)}
# Lambda sends there, in the role's name, what the function failed at.
DESTINATION = ("ResultsRole", "sqs:SendMessage", "-results-dead-letters")
# Nothing depends on their records, so nothing waits for these. All steps are made by one loop.
NOBODYS_PARENTS = {"CourseModulesRole", "ModuleGroupRole"}
FOR_CHILDREN = {"WhatWaits", "SendItAgain"}


@pytest.fixture(scope="module")
def runs(world: World, delivered: str, cut_off: dict[str, str]) -> list[str]:
    """The ARNs of runs that went through everything, to their end.

    The intake has handed a message back, and the results function was told of an end without its error, as where the
    stack has a key of its own.
    """
    exhausted_at_the_intake(world)
    end = {"status": "FAILED", "executionArn": cut_off["Failed"], "name": cut_off["Failed"].rpartition(":")[2]}
    event = json.dumps({"detail": end | {"error": None}})
    answer = world.functions.invoke(FunctionName=function_of("results"), Payload=event)
    assert json.load(answer["Payload"]) is None
    return [delivered, *cut_off.values()]


def has_reason(grant: Grant) -> bool:
    role, action, end = DESTINATION
    to_destination = (grant.role, grant.action) == (role, action) and grant.resource.endswith(end)
    is_for_children = grant.sid in FOR_CHILDREN or grant.action == "dynamodb:UpdateItem"
    for_nobody = grant.role in NOBODYS_PARENTS and is_for_children
    return (grant.sid, grant.action) in REASONS or to_destination or for_nobody


@pytest.mark.usefixtures("runs")
def test_every_grant_of_a_function_s_role_is_used_or_has_a_reason(world: World, decisions: Path) -> None:
    # Given what the emulated IAM was asked in the functions' names while they went through everything
    noted, deployed = grants.read(decisions), grants.roles(world)
    used = {grant for grant in grants.granted(world) for each in noted if each.uses(grant, deployed[grant.role])}
    # Then whatever is granted was used, unless somebody else needs it
    unused = {each for each in grants.granted(world) - used if each.role != "StateMachineRole"}
    assert {each for each in unused if not has_reason(each)} == set()
    # And no reason is given for what is used
    assert {each for each in used if has_reason(each)} == set()


@pytest.mark.usefixtures("runs")
def test_nothing_that_a_function_asked_for_was_refused(decisions: Path) -> None:
    # Given all that functions have asked for since the stack was there, by any test
    noted = grants.read(decisions)
    assert len({each.role for each in noted}) == 11
    # Then their roles allow it
    assert [each for each in noted if each.decision == REFUSED] == []


def test_a_run_asks_for_just_what_its_role_grants_but_for_its_log(world: World, runs: list[str]) -> None:
    # Given the queues and the function that the runs reached
    asked = set(grants.asked_by_run(world, runs))
    assert len(asked) == 10
    # Then its role grants these and, beyond its log, nothing else
    of_run = {each for each in grants.granted(world) if each.role == "StateMachineRole"}
    assert {(each.action, each.resource) for each in of_run if not has_reason(each)} == asked
    assert {each.sid for each in of_run if has_reason(each)} == {"DeliverLogs"}


def test_every_reason_is_for_something_that_is_granted(world: World) -> None:
    assert {(each.sid, each.action) for each in grants.granted(world)} >= set(REASONS)
    assert any(has_reason(each) for each in grants.granted(world) if each.role == DESTINATION[0])
