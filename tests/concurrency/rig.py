"""Real workers in real threads against a real sandbox over HTTP, on one mapping and on the real clock."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from dokstamp_sync.delivery.context import Means
from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.order import Step
from dokstamp_sync.settings import Settings
from dokstamp_sync.worker.batch import HandedBack, Received, Worker
from local.sandbox import Sandbox, running_sandbox
from tests.support.memory import MemoryStore, RefusalList
from tests.support.pipeline import CREDENTIALS, rules, settings, worker_of
from tests.support.simulation_ports import MadeUpPdfs

SHORT = {
    "deadline_seconds": 0.6,
    "processing_seconds": 0.3,
    "skew_seconds": 0.1,
    "lease_seconds": 1.5,
    "retry_base_seconds": 0.05,
    "retry_cap_seconds": 0.2,
    "patience_seconds": 20,
    "maximum_receives": 1000,
}


class Rig:
    """``store``: the mapping that all workers share."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.settings: Settings = settings(sandbox.url, **SHORT)
        self.store = MemoryStore()
        self._owners = itertools.count(1)
        self._clients: list[DokStamp] = []

    def worker(self, step: Step) -> _Endless:
        """A worker in an environment of its own."""
        dokstamp = DokStamp(self.settings, lambda afresh: CREDENTIALS)
        self._clients.append(dokstamp)
        issue = self.settings.dokstamp_issue
        means = Means(self.store, RefusalList(), dokstamp, MadeUpPdfs(), issue, time.time)
        answers = Answers()
        worker = worker_of(rules(step), means, answers, self.settings, lambda: f"owner-{next(self._owners)}")
        return _Endless(worker, answers, step)

    def deliver(self, step: Step, record: Mapping[str, Any], occurred_at: str = "2026-11-20T08:00:00Z") -> str:
        """The uuid of a record that one worker delivered alone."""
        (outcome,) = self.worker(step).take(message(step, "alone", [record], occurred_at))
        return str(outcome["uuid"])

    def at_once(self, takes: Iterable[Callable[[], list[dict[str, Any]]]]) -> list[list[dict[str, Any]]]:
        """What each came to, all begun together."""
        work = list(takes)
        with ThreadPoolExecutor(len(work)) as pool:
            return [future.result() for future in [pool.submit(take) for take in work]]

    def close(self) -> None:
        for client in self._clients:
            client.close()


class _Endless:
    """A worker and its queue: a message that it hands back comes again, after no more than a blink."""

    def __init__(self, worker: Worker[Any], answers: Answers, step: Step) -> None:
        self._worker = worker
        self._answers = answers
        self._step = step

    def take(self, body: str) -> list[dict[str, Any]]:
        """The outcomes of the message's records, however often it had to come back."""
        for receives in range(1, 500):
            try:
                self._worker.take(Received(f"{self._step}-1", body, "handle", receives))
                return self._answers.given
            except HandedBack:
                time.sleep(0.05)
        raise AssertionError("the message never came to an end")


class Answers:
    """What the run was told; see batch.Answers."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    def task(self, token: str, result: dict[str, Any]) -> None:
        self.given = result["records"]

    def hide(self, receipt_handle: str, seconds: int) -> None:
        """The rig decides when a message comes back."""


def message(step: Step, run: str, records: list[Mapping[str, Any]], occurred_at: str = "2026-11-20T08:00:00Z") -> str:
    told = {"run": run, "step": step.value, "occurred_at": occurred_at, "records": records, "task_token": run}
    return json.dumps(told)


@contextmanager
def rig(**switches: Any) -> Iterator[Rig]:
    with running_sandbox(**switches) as sandbox:
        made = Rig(sandbox)
        try:
            yield made
        finally:
            made.close()
