"""The queues of a stack, each with its dead letters: found by the stack's outputs."""

import json

import boto3
import pytest
from moto import mock_aws

from local.letters import NAMES, lanes
from local.parameters import pascal
from local.processes import Failed


def test_a_stack_on_aws_is_found_by_its_outputs() -> None:
    # Given a stack with the template's outputs
    outputs = {
        f"{pascal(name)}{kind}": {"Value": name} for name in NAMES for kind in ("QueueUrl", "DeadLetterQueueUrl")
    }
    bucket = {"Anything": {"Type": "AWS::S3::Bucket"}}
    with mock_aws():
        boto3.client("cloudformation").create_stack(
            StackName="school", TemplateBody=json.dumps({"Resources": bucket, "Outputs": outputs})
        )
        # When its lanes are looked for, Then all ten are found, or the one that is wanted
        assert [lane.name for lane in lanes("school")] == list(NAMES)
        assert [lane.queue_url for lane in lanes("school", "course_modules")] == ["course_modules"]
        # And a stack that is none says so
        with pytest.raises(Failed, match="nowhere"):
            lanes("nowhere")


def test_a_step_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(Failed, match="one of inbox, institution"):
        lanes("", "students")
