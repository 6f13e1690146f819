"""Sends inbox messages and follows what becomes of them.

A message that starts a run is followed by its execution, whose output is the result message itself. The results
queue belongs to the SIS, perhaps to one that is being tested right now, so it is only looked at where there is
nothing else to look at: a message that was refused, one that brought nothing new (neither has an execution), and a
run that failed (its execution has no output). Looking takes nothing away: what was received is put back at once.
Where another reader was faster the message's ending is `unknown`, and says so.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.aws import CLIENT, session
from local.parameters import STEPS
from local.processes import Failed
from local.school import Message
from local.stack_file import StackFile

SECONDS_BETWEEN_LOOKS = 0.4
SECONDS_TO_WAIT = 180.0
# How often the inbox must be seen empty before a message without run and result counts as unknown.
EMPTY_LOOKS = 4


@dataclass(frozen=True)
class Ending:
    """What became of one message. `status` is the result's, or `open` or `unknown` with the reason in `note`."""

    message: Message
    status: str
    records: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Sent:
    """A message on its way: the name of the run that it is going to be, and what SQS called it.

    ``known``: a run of this name was there before, so that the message starts nothing.
    """

    message: Message
    run: str
    sqs_id: str
    known: bool = False

    def is_answered_by(self, result: dict[str, Any]) -> bool:
        # A refusal names the SQS message: one of an earlier sending of the same id may lie there still.
        if "message_id" in result:
            return bool(result["message_id"] == self.sqs_id)
        return bool(self.run) and bool(result.get("run") == self.run)


def run_of(identifier: str) -> str:
    return hashlib.sha256(identifier.strip().encode()).hexdigest()[:40]


class Follower:
    """Sends messages to one stack and follows them."""

    def __init__(self, info: StackFile) -> None:
        # boto3's own type of this is a union over every service's name.
        make: Any = session().client
        self.info = info
        self.sqs: Any = make("sqs", endpoint_url=info.endpoint_url, config=CLIENT)
        self.states: Any = make("stepfunctions", endpoint_url=info.endpoint_url, config=CLIENT)

    def send(self, message: Message) -> Sent:
        """Puts the message on the inbox."""
        run = run_of(message.id) if message.id else ""
        known = self._execution(run) is not None
        try:
            sent = self.sqs.send_message(QueueUrl=self.info.inbox_queue_url, MessageBody=message.body)
        except self.sqs.exceptions.ClientError as error:
            raise Failed(f"The inbox did not take the message {run}: {error}") from None
        return Sent(message, run, sent["MessageId"], known)

    def follow(self, sent: Sent, say: Callable[[str], None], seconds: float = SECONDS_TO_WAIT) -> Ending:
        """Waits for the message's ending, telling `say` where it is."""
        if sent.known:
            note = "this id had its run before: nothing was sent; give what is new a new id"
            return Ending(sent.message, "known", note=note)
        give_up = time.monotonic() + seconds
        state, empty_looks = "", 0
        while time.monotonic() < give_up:
            execution = self._execution(sent.run)
            if execution is None:
                say("intake")
                if result := self.peek(sent):
                    return _ending(sent, result)
                empty_looks = empty_looks + 1 if self._is_empty(self.info.inbox_queue_url) else 0
                if empty_looks >= EMPTY_LOOKS and self._execution(sent.run) is None:
                    note = "no run was started, and another reader has taken the result from the results queue"
                    return Ending(sent.message, "unknown", note=note)
            elif execution["status"] == "RUNNING":
                state = self._state(execution["executionArn"]) or state
                say(state)
            else:
                return self._ended(sent, execution)
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return Ending(sent.message, "open", note=self._why_open(state, seconds))

    def peek(self, sent: Sent) -> dict[str, Any] | None:
        """The message's result if it lies on the results queue; whatever lies there stays there."""
        url = self.info.results_queue_url
        held: list[dict[str, Any]] = []
        try:
            while batch := self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=10, WaitTimeSeconds=0
            ).get("Messages"):
                held += batch
                bodies: list[dict[str, Any]] = [json.loads(one["Body"]) for one in batch]
                if found := next((body for body in bodies if sent.is_answered_by(body)), None):
                    return found
            return None
        finally:
            for one in held:
                self.sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0
                )

    def _execution(self, run: str) -> dict[str, Any] | None:
        if not run:
            return None
        arn = self.info.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{run}"
        try:
            execution: dict[str, Any] = self.states.describe_execution(executionArn=arn)
        except self.states.exceptions.ExecutionDoesNotExist:
            return None
        return execution

    def _state(self, arn: str) -> str:
        """The step that the run is in."""
        events = self.states.get_execution_history(
            executionArn=arn, reverseOrder=True, maxResults=20, includeExecutionData=False
        )["events"]
        names = (event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event)
        return next((name for name in names if name in STEPS), "")

    def _ended(self, sent: Sent, execution: dict[str, Any]) -> Ending:
        if execution["status"] == "SUCCEEDED":
            return _ending(sent, json.loads(execution["output"]))
        reason = " ".join(filter(None, (execution.get("error"), execution.get("cause"))))
        result = self.peek(sent) or {"status": "failed"}
        return _ending(sent, result, note=reason or execution["status"].lower())

    def _is_empty(self, url: str) -> bool:
        return self._count(url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible") == 0

    def _count(self, url: str, *names: str) -> int:
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _why_open(self, state: str, seconds: float) -> str:
        if state not in self.info.queues:
            return f"still at the intake after {seconds:.0f} s"
        dead = self._count(self.info.queues[state]["dead_letter_url"], "ApproximateNumberOfMessages")
        return f"still at the step {state} after {seconds:.0f} s ({dead} messages in its dead-letter queue)"


def _ending(sent: Sent, result: dict[str, Any], note: str = "") -> Ending:
    return Ending(sent.message, result["status"], result.get("records") or [], result.get("errors") or [], note)
