"""The state machine on emulated AWS, in this process: real queues, real task tokens, and our own results function.

The emulator's Lambda runs nothing by itself, so the results function is called where the emulator would answer. What
it cannot do: a retried task gets the same token, and a missing queue is retried in real time, which is why the
retries are only read in test_definition.py.
"""

import importlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core.config import DefaultConfig

from dokstamp_sync.order import Step
from tests.worker import clients
from tests.worker.lambda_world import FakeContext, World, build_world

DEFINITION = Path(__file__).parents[2] / "statemachine" / "sync.asl.json"
EMULATED: DefaultConfig = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
PATIENCE_SECONDS = 20
ROLE = "arn:aws:iam::123456789012:role/run"


def definition() -> dict[str, Any]:
    return dict(json.loads(DEFINITION.read_text(encoding="utf-8")))


@dataclass
class Runs:
    """A deployed state machine. ``payloads``: what the results function was called with."""

    functions: World
    machine: str
    queues: dict[Step, str]
    results_url: str
    payloads: list[dict[str, Any]] = field(default_factory=list)

    def start(self, name: str, **sections: Any) -> str:
        """Starts a run as the intake does; ``sections``: section -> records."""
        head = {"run": name, "occurred_at": "2026-11-20T12:00:00.000000Z", "settled": []}
        options = {"options": {"force": False, "dry_run": False}}
        state = head | options | {section: {"todo": records} for section, records in sections.items()}
        return clients.stepfunctions().start_execution(
            stateMachineArn=self.machine, name=name, input=json.dumps(state)
        )["executionArn"]

    def message(self, step: Step) -> dict[str, Any]:
        """The step's next message; waits until it is there."""
        return dict(json.loads(self.event(step)["Records"][0]["body"]))

    def event(self, step: Step) -> dict[str, Any]:
        """The same as the event that the step's function gets."""
        queue = World(self.queues[step])
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            event = queue.receive()
            if event["Records"]:
                return event
            threading.Event().wait(0.005)
        raise AssertionError(f"no message came to the queue of {step}")

    def waiting(self) -> set[Step]:
        """The steps whose queues hold messages that nobody has received."""
        sqs = clients.sqs()
        shown = {
            step: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            for step, url in self.queues.items()
        }
        return {step for step, attributes in shown.items() if attributes["ApproximateNumberOfMessages"] != "0"}

    def answer(self, message: Mapping[str, Any], *outcomes: str) -> None:
        """What the step's function would answer."""
        records = [
            {"step": message["step"], "sis_id": f"{place}", "outcome": outcome, "uuid": None, "reason": ""}
            for place, outcome in enumerate(outcomes)
        ]
        counts = {outcome: outcomes.count(outcome) for outcome in outcomes}
        clients.stepfunctions().send_task_success(
            taskToken=message["task_token"], output=json.dumps({"counts": counts, "records": records})
        )

    def end(self, execution: str) -> Any:
        """The execution as it ended; waits until it has."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            found = clients.stepfunctions().describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            threading.Event().wait(0.005)
        raise AssertionError("the run did not end")

    def state_after(self, execution: str, step: Step) -> dict[str, Any]:
        """The run's state when the step was left."""
        pages = clients.stepfunctions().get_execution_history(executionArn=execution, maxResults=1000)
        for event in pages["events"]:
            details = event.get("stateExitedEventDetails", {})
            if event["type"] == "TaskStateExited" and details.get("name") == step.value:
                return dict(json.loads(details["output"]))
        raise AssertionError(f"the run never left {step}")

    def stop(self) -> None:
        """Stops whatever still waits."""
        states = clients.stepfunctions()
        for each in states.list_executions(stateMachineArn=self.machine, statusFilter="RUNNING")["executions"]:
            states.stop_execution(executionArn=each["executionArn"])

    def report(self, event: dict[str, Any]) -> Any:
        """Calls the results function."""
        return importlib.import_module("functions.results.app").handler(event, FakeContext())

    def results(self) -> list[dict[str, Any]]:
        """What the SIS finds on the results queue."""
        return [json.loads(each["body"]) for each in World(self.results_url).receive()["Records"]]


def deploy(monkeypatch: pytest.MonkeyPatch, base_url: str, *, wait_seconds: int | None = None) -> Runs:
    """Deploys into the running mock_aws; ``wait_seconds`` in place of the definition's own for every wait."""
    functions = build_world(monkeypatch, base_url)
    sqs = clients.sqs()
    queues = {step: sqs.create_queue(QueueName=f"sync-{step.value}")["QueueUrl"] for step in Step}
    results_url = sqs.create_queue(QueueName="results")["QueueUrl"]
    monkeypatch.setenv("RESULTS_QUEUE_URL", results_url)
    machine = definition()
    for state in machine["States"].values():
        if wait_seconds and "waitForTaskToken" in state.get("Resource", ""):
            state["TimeoutSeconds"] = wait_seconds
    text = json.dumps(machine).replace("${ResultsFunctionArn}", _results_function())
    for step, url in queues.items():
        text = text.replace(f"${{{step.logical_id}QueueUrl}}", url)
    arn = clients.stepfunctions().create_state_machine(name="sync", definition=text, roleArn=ROLE)
    runs = Runs(functions, arn["stateMachineArn"], queues, results_url)
    _serve_results(monkeypatch, runs)
    return runs


def _results_function() -> str:
    boto3.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument="{}")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        folder.writestr("app.py", "")
    created = boto3.client("lambda").create_function(
        FunctionName="results",
        Runtime="python3.13",
        Role=ROLE,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    return str(created["FunctionArn"])


def _serve_results(monkeypatch: pytest.MonkeyPatch, runs: Runs) -> None:
    importlib.import_module("functions.results.app")._build.cache_clear()

    def invoke(self: object, function_name: str, qualifier: str, body: Any, *_: Any, **__: Any) -> bytes:
        payload = json.loads(body)
        runs.payloads.append(payload)
        return json.dumps(runs.report(payload)).encode()

    monkeypatch.setattr("moto.awslambda_simple.models.LambdaSimpleBackend.invoke", invoke)
