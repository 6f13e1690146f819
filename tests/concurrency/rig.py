"""Real workers in real threads against a real sandbox over HTTP, on one mapping and on the real clock."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from dokstamp_sync.order import Step
from local.sandbox import Sandbox, running_sandbox
from tests.support.memory import MemoryStore
from tests.support.pipeline import Clock, Pipeline, settings
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


Take = Callable[[Mapping[str, Any]], list[dict[str, Any]]]
"""Brings a message to its end, however often it has to come back; answers its records' outcomes."""


class RealClock(Clock):
    """Passes by itself; a message that is handed back comes again after no more than a blink."""

    def __call__(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(0.05)


class Rig:
    """``store``: the mapping that all workers share."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.store = MemoryStore()
        self._environments: list[Pipeline] = []

    def worker(self, step: Step) -> Take:
        """A worker in an environment of its own."""
        given = settings(self.sandbox.url, **SHORT)
        made = Pipeline(given, store=self.store, clock=RealClock(), pdfs=MadeUpPdfs())
        self._environments.append(made)
        return lambda message: list(made.take(step, message, receives=500)["records"])

    def deliver(self, step: Step, record: Mapping[str, Any]) -> None:
        """One worker delivers a record alone."""
        self.worker(step)(message(step, "alone", record))

    def at_once(self, takes: Iterable[Callable[[], list[dict[str, Any]]]]) -> list[list[dict[str, Any]]]:
        """What each came to, all begun together."""
        work = list(takes)
        with ThreadPoolExecutor(len(work)) as pool:
            return [future.result() for future in [pool.submit(take) for take in work]]

    def close(self) -> None:
        for each in self._environments:
            each.dokstamp.close()


def message(step: Step, run: str, *records: Mapping[str, Any]) -> dict[str, Any]:
    return {"run": run, "step": step.value, "occurred_at": "2026-11-20T08:00:00Z", "records": records}


@contextmanager
def rig(**switches: Any) -> Iterator[Rig]:
    with running_sandbox(**switches) as sandbox:
        made = Rig(sandbox)
        try:
            yield made
        finally:
            made.close()
