"""Runs of the state machine: its definition, read and interpreted as far as it goes, several runs open at once."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dokstamp_sync.order import Step
from dokstamp_sync.results import result_of_state
from tests.support.simulation_time import Time

DEFINITION: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "statemachine" / "sync.asl.json").read_text(encoding="utf-8")
)
_QUEUES = {f"${{{step.logical_id}QueueUrl}}": step for step in Step}
_LATENCY = 0.05

Hand = Callable[[Step, str], None]
Report = Callable[[dict[str, Any]], None]


class Run:
    """``state`` is the run's JSON, ``token`` what it waits for; ``result`` is there at its end."""

    def __init__(self, name: str, state: dict[str, Any]) -> None:
        self.name = name
        self.state = state
        self.tokens = 0
        self.token = ""
        self.waits_in = ""
        self.result: dict[str, Any] | None = None


class StateMachine:
    """``hand`` puts a step message into its queue; ``report`` takes a run's result."""

    def __init__(self, time: Time, hand: Hand, report: Report) -> None:
        self.runs: dict[str, Run] = {}
        self.late_answers = 0
        self._time = time
        self._hand = hand
        self._report = report
        self._tokens: dict[str, Run] = {}

    def start(self, name: str, state: str) -> bool:
        if name in self.runs:
            return False
        run = self.runs[name] = Run(name, json.loads(state))
        self._enter(run, DEFINITION["StartAt"])
        return True

    def answer(self, token: str, output: dict[str, Any]) -> bool:
        """False for a token that nobody waits for (any more)."""
        run = self._tokens.pop(token, None)
        if run is None:
            self.late_answers += 1
            return False
        state = DEFINITION["States"][run.waits_in]
        run.state[state["ResultPath"].removeprefix("$.")] = json.loads(json.dumps(output))
        run.token = ""
        self._enter(run, state["Next"])
        return True

    @property
    def open(self) -> list[Run]:
        return [run for run in self.runs.values() if run.result is None]

    def _enter(self, run: Run, name: str) -> None:
        self._time.at(self._time.now + _LATENCY, lambda: self._do(run, name))

    def _do(self, run: Run, name: str) -> None:
        state = DEFINITION["States"][name]
        if state["Type"] == "Choice":
            self._enter(run, _chosen(state, run.state))
        elif state["Resource"].endswith("sqs:sendMessage.waitForTaskToken"):
            run.tokens += 1
            run.token = f"{run.name}/{run.tokens}"
            run.waits_in = name
            self._tokens[run.token] = run
            parameters = state["Parameters"]
            body = {key.removesuffix(".$"): _value(run, key, given) for key, given in parameters["MessageBody"].items()}
            self._hand(_QUEUES[parameters["QueueUrl"]], json.dumps(body))
        else:
            run.result = result_of_state(run.state)
            self._report(run.result)


def _chosen(choice: Mapping[str, Any], state: dict[str, Any]) -> str:
    for each in choice["Choices"]:
        if _at(state, each["Variable"]) is not None:
            return str(each["Next"])
    return str(choice["Default"])


def _value(run: Run, key: str, given: Any) -> Any:
    if not key.endswith(".$"):
        return given
    return run.token if given == "$$.Task.Token" else _at(run.state, given)


def _at(state: dict[str, Any], path: str) -> Any:
    found: Any = state
    for part in path.removeprefix("$.").split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
