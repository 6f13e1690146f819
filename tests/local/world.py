"""What tests do with a local stack: send, wait for a result, let DokStamp fail, look."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import httpx

from local.aws import CLIENT
from local.follow import run_of
from local.stack import LocalStack
from local.stack_file import StackFile

Json = dict[str, Any]
SECONDS = 60.0


class World:
    """A stack, and the DokStamp sandbox that it talks to."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.info: StackFile = stack.info
        self.sqs = stack.client("sqs")
        self.states = stack.client("stepfunctions")
        self.functions = stack.client("lambda")
        self.cloudwatch = stack.client("cloudwatch")
        self._numbers = itertools.count(1)
        self._results: list[Json] = []

    def message(self, **sections: Any) -> Json:
        """An inbox message with an id and a time of its own; each is newer than the one before."""
        number = next(self._numbers)
        return {
            "id": f"local/{number}",
            "occurred_at": f"2026-11-20T12:{number // 60:02}:{number % 60:02}Z",
            **sections,
        }

    def put(self, message: Json | str) -> str:
        """Puts it on the inbox; answers what SQS calls it."""
        body = message if isinstance(message, str) else json.dumps(message)
        sent: str = self.sqs.send_message(QueueUrl=self.info.inbox_queue_url, MessageBody=body)["MessageId"]
        return sent

    def send(self, message: Json | str) -> Json:
        """Its result, from the results queue."""
        return self.result(message, self.put(message))

    def result(self, message: Json | str, sqs_id: str = "") -> Json:
        """The first result on the results queue that answers the message."""
        run = run_of(message["id"]) if isinstance(message, dict) else None
        return self._first(
            lambda each: (run and each["run"] == run) or (sqs_id and each.get("message_id") == sqs_id),
        )

    def healing(self, message: Json) -> Json:
        """The first result on the results queue of what the message's run had to block."""
        return self._first(lambda each: each.get("heals") == run_of(message["id"]))

    def _first(self, is_meant: Callable[[Json], object]) -> Json:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for result in self._results:
                if is_meant(result):
                    self._results.remove(result)
                    return result
            self._results += self._receive()
        raise AssertionError(f"no result after {SECONDS} s")

    def _receive(self) -> list[Json]:
        url = self.info.results_queue_url
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        for each in found:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(each["Body"]) for each in found]

    def execution(self, run: str) -> Json:
        """The run as Step Functions describes it."""
        arn = self.info.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{run}"
        found: Json = self.states.describe_execution(executionArn=arn)
        return found

    def status(self, message: Json) -> str:
        """The status of the message's run, or nothing where there is no run yet."""
        try:
            return str(self.execution(run_of(message["id"]))["status"])
        except self.states.exceptions.ExecutionDoesNotExist:
            return ""

    def ended(self, message: Json) -> str:
        """The status with which the message's run ends, which is a moment after its result is sent."""
        until = time.monotonic() + SECONDS
        while (status := str(self.execution(run_of(message["id"]))["status"])) == "RUNNING":
            assert time.monotonic() < until, "the run does not end"
            time.sleep(0.2)
        return status

    def fail(self, **fault: Any) -> None:
        """Lets the sandbox fail; see its OpenAPI page."""
        httpx.post(f"{self.info.dokstamp_base_url}/_sandbox/faults", json=[fault]).raise_for_status()

    def heal(self) -> None:
        """Ends all faults."""
        httpx.delete(f"{self.info.dokstamp_base_url}/_sandbox/faults").raise_for_status()

    def live(self, resource: str) -> list[Json]:
        """What the sandbox holds of a resource, without what was deleted."""
        found: list[Json] = httpx.get(f"{self.info.dokstamp_base_url}/_sandbox/state").json()[resource]["live"]
        return found

    def calls(self) -> list[Json]:
        """The calls that the sandbox had, in order."""
        found: list[Json] = httpx.get(f"{self.info.dokstamp_base_url}/_sandbox/calls").json()
        return found

    def as_role(self, role: str, service: str) -> Any:
        """A client that may do what the role may."""
        lent = self.stack.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        make: Any = boto3.Session(
            aws_access_key_id=lent["AccessKeyId"],
            aws_secret_access_key=lent["SecretAccessKey"],
            aws_session_token=lent["SessionToken"],
            region_name=self.info.region,
        ).client
        return make(service, endpoint_url=self.info.endpoint_url, config=CLIENT)

    def dead_letters(self, step: str) -> list[Json]:
        """What waits in a step's dead letters; it stays hidden for a while."""
        url = self.info.queues[step]["dead_letter_url"]
        found: list[Json] = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages", []
        )
        return found

    def is_empty(self, url: str) -> bool:
        """Whether a queue holds nothing, nor anything that somebody works on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return not any(int(answer[name]) for name in names)


def outcomes(result: Json) -> dict[tuple[str, str], str]:
    """(step, sis id) -> outcome."""
    return {(each["step"], each["sis_id"]): each["outcome"] for each in result["records"]}
