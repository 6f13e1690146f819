"""The whole sync in one process and in its own time: intake, runs and workers on any store, against any DokStamp.

Stands for SQS and Step Functions with a few lines of Python: what waits, waits on a clock that is put forward.
"""

import importlib
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.context import Means
from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack, NotReady
from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Record
from dokstamp_sync.results import result_of_state
from dokstamp_sync.settings import Settings
from dokstamp_sync.steps.work import OpensPdfs, Pdf, StepRules
from dokstamp_sync.worker.batch import Worker
from tests.support.memory import InboxList, MemoryStore, RefusalList

R = TypeVar("R", bound=Record)
EVENTS = Path(__file__).parents[2] / "events"
BUCKET = "school-pdfs"
CREDENTIALS = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "email": "sync@sandbox.example",
    "password": "sandbox-password",
}


class Clock:
    """Seconds since the epoch that pass only when told to; they begin in January 2027, after all that the tests say."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FolderPdfs:
    """PDFs from a folder in place of a bucket."""

    def __init__(self, folder: Path = EVENTS / "pdfs") -> None:
        self._folder = folder

    @contextmanager
    def _open(self, address: str) -> Iterator[Pdf]:
        path = self._folder / address.removeprefix(f"s3://{BUCKET}/")
        if not path.is_file():
            raise NotReady("pdf is missing: there is no such object in the bucket", finally_=Outcome.REJECTED)
        with path.open("rb") as file:
            yield Pdf(path.name, "", str(hash(path.read_bytes())), file)

    def open(self, address: str, version: str = "") -> AbstractContextManager[Pdf]:
        return self._open(address)


def settings(base_url: str, **changes: Any) -> Settings:
    """The local stack's times, for a DokStamp at this address."""
    values = {
        "dokstamp_base_url": base_url,
        "dokstamp_tenant": "sandbox",
        "pdf_bucket": BUCKET,
        "retry_base_seconds": 1,
        "retry_cap_seconds": 4,
        "deadline_seconds": 3,
        "processing_seconds": 2,
        "skew_seconds": 1,
        "lease_seconds": 8,
        "patience_seconds": 10,
        "record_threads": 4,
    }
    return Settings.model_validate(values | changes)


def rules(step: Step) -> StepRules[Any]:
    """The business of a step, from its function."""
    module = importlib.import_module(f"functions.{step.folder}.app")
    name = "".join(word.capitalize() for word in step.value.split("_")) + "Step"
    found: StepRules[Any] = getattr(module, name)()
    return found


def a_brake(clock: Clock) -> Brake:
    """One that only its own client knows of."""
    return Brake(MemoryStore(), clock, clock.sleep, lambda: 0.5)


class InOrder(ABC):
    """The state machine in a few lines: a run goes through its steps one after another; ``take`` is a step's part."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []
        self.runs: dict[str, str] = {}

    @abstractmethod
    def take(self, step: Step, message: Mapping[str, Any]) -> dict[str, Any]:
        """The step's answer."""

    def exists(self, run: str) -> bool:
        return run in self.runs

    def start(self, run: str, state: str) -> bool:
        if run in self.runs:
            return False
        self.runs[run] = state
        self._run(json.loads(state))
        return True

    def report(self, result: Mapping[str, Any]) -> None:
        self.results.append(dict(result))

    def _run(self, state: dict[str, Any]) -> None:
        head = {name: state[name] for name in ("run", "occurred_at", "options")}
        for step in Step:
            todo = state.get(step.section, {}).get("todo")
            if todo:
                state[step.section] = self.take(step, {**head, "step": step.value, "records": todo})
        self.report(result_of_state(state))


# Each claim's owner is another one, whatever pipeline it is of.
_OWNERS = itertools.count(1)


class Pipeline(InOrder):
    """Sends inbox messages through the whole order, one after another."""

    def __init__(
        self,
        given: Settings,
        *,
        store: Store | None = None,
        clock: Clock | None = None,
        pdfs: OpensPdfs | None = None,
    ) -> None:
        super().__init__()
        self.settings = given
        self.clock = clock or Clock()
        self.store = store if store is not None else MemoryStore()
        self.pdfs = pdfs or FolderPdfs()
        self.refusals = RefusalList()
        self.inbox = InboxList()
        self.brake = Brake(self.store, self.clock, self.clock.sleep, lambda: 0.5, self.settings.calls_per_second)
        self.dokstamp = DokStamp(given, lambda afresh: CREDENTIALS, self.brake, clock=self.clock)
        self.intake = Intake(
            self.store, self.refusals, self, default_institution=given.default_institution, clock=self.clock
        )

    def worker(self, step: Step, task: Callable[[str, dict[str, Any]], None] | None = None) -> Worker[Any]:
        """A new worker of a step: an environment of its own."""
        means = Means(
            store=self.store,
            refusals=self.refusals,
            inbox=self.inbox,
            api=self.dokstamp,
            pdfs=self.pdfs,
            brake=self.brake,
            settings=self.settings,
            clock=self.clock,
            sleep=self.clock.sleep,
            new_owner=lambda: f"worker-{next(_OWNERS)}",
        )
        return Worker(rules(step), means, _Answers(self, task), lambda: 0.5)

    def send(self, message: Mapping[str, Any] | str) -> dict[str, Any]:
        """The result of a message, after its run if it starts one."""
        body = message if isinstance(message, str) else json.dumps(message)
        before = len(self.results)
        self.intake.take(body, "message-1")
        if len(self.results) == before:
            raise AssertionError("the message started nothing and has no result")
        return self.results[-1]

    def take_inbox(self) -> list[dict[str, Any]]:
        """The results of what the workers sent to the inbox, and of what came of that."""
        before = len(self.results)
        while self.inbox.bodies:
            self.intake.take(self.inbox.bodies.pop(0), "message-again")
        return self.results[before:]

    def take(self, step: Step, message: Mapping[str, Any], receives: int = 100) -> dict[str, Any]:
        """A step's answer to a message, however often it has to come back."""
        answers: list[dict[str, Any]] = []
        worker = self.worker(step, lambda token, result: answers.append(result))
        body = json.dumps({**message, "task_token": "token"})
        for receive in range(1, receives + 1):
            try:
                worker.take(Received(f"{step}-1", body, "handle", receive))
                return answers[0]
            except HandedBack:
                continue
        raise AssertionError(f"{step} has no answer after {receives} receives")

    def hands_back(self, step: Step, message: Mapping[str, Any], receive: int = 1) -> None:
        """Lets a new worker take a message, which must come back."""
        try:
            self.worker(step).take(Received(f"{step}-1", json.dumps({**message}), "handle", receive))
        except HandedBack:
            return
        raise AssertionError(f"{step} is done after receive {receive}")


class _Answers:
    def __init__(self, pipeline: Pipeline, task: Callable[[str, dict[str, Any]], None] | None) -> None:
        self._pipeline = pipeline
        self._task = task

    def task(self, token: str, result: dict[str, Any]) -> None:
        if self._task:
            self._task(token, result)

    def hide(self, receipt_handle: str, seconds: int) -> None:
        self._pipeline.clock.sleep(max(1, seconds))


def school() -> list[dict[str, Any]]:
    """The sample school's messages, in order."""
    return [json.loads(line) for line in (EVENTS / "school.jsonl").read_text().splitlines()]
