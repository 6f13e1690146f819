"""What MiniStack takes otherwise than AWS, put right after a deployment so that the template need not know of it."""

from __future__ import annotations

import json

from botocore.awsrequest import AWSPreparedRequest

from local.aws import CLIENT, session
from local.parameters import STACK_NAME, STEPS

# MiniStack can't tell whose a task token is, so it asks for leave to answer any; AWS knows the state machine.
ANSWER_TOKENS = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "AnswerAnyToken", "Effect": "Allow", "Action": "states:SendTaskSuccess", "Resource": "*"}],
}


def function_of(step: str) -> str:
    """The name of the function that the template makes for a step; `intake` and `results` count as steps here."""
    return f"{STACK_NAME}-{step.replace('_', '-')}"


def mend(endpoint_url: str, maximum_concurrency: int, pdf_bucket: str) -> None:
    """Puts right what a fresh deployment lacks on MiniStack."""
    functions = session().client("lambda", endpoint_url=endpoint_url, config=CLIENT)
    iam = session().client("iam", endpoint_url=endpoint_url, config=CLIENT)
    # A parameter's value reaches an event source as text, and then it hands out nothing; a number works.
    for source in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(
            UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": maximum_concurrency}
        )
    for step in STEPS:
        role = functions.get_function_configuration(FunctionName=function_of(step))["Role"].rpartition("/")[2]
        iam.put_role_policy(
            RoleName=role, PolicyName="answer-any-token-on-ministack", PolicyDocument=json.dumps(ANSWER_TOKENS)
        )
    _let_in_without_tls(endpoint_url, pdf_bucket)


def _let_in_without_tls(endpoint_url: str, pdf_bucket: str) -> None:
    """The policies of bucket and queues refuse whoever comes without TLS, and here nobody comes with it."""
    session().client("s3", endpoint_url=endpoint_url, config=CLIENT).delete_bucket_policy(Bucket=pdf_bucket)
    sqs = session().client("sqs", endpoint_url=endpoint_url, config=CLIENT)
    # A queue's policy keeps us from taking it away, too. MiniStack believes a proxy that says it had TLS before it.
    sqs.meta.events.register("before-send.sqs", _say_tls)
    for url in sqs.list_queues(QueueNamePrefix=f"{STACK_NAME}-")["QueueUrls"]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})


def _say_tls(request: AWSPreparedRequest, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "https"
