"""The whole sync in virtual time: queues, functions and several runs at once, in an order that a seed draws.

Intake, workers, client and sandbox are the real ones. The weather says what befalls them on the way.
"""

import itertools
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.context import Means
from dokstamp_sync.dokstamp.client import MARGIN_SECONDS, DokStamp
from dokstamp_sync.edge.queue import Received
from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.row import Row, Store
from dokstamp_sync.observability import logger
from dokstamp_sync.order import Step
from dokstamp_sync.settings import Settings
from dokstamp_sync.steps.work import OpensPdfs
from dokstamp_sync.worker.batch import Worker
from tests.support.memory import MemoryStore, RefusalList
from tests.support.pipeline import CREDENTIALS, rules
from tests.support.simulation_http import Answer, Wire
from tests.support.simulation_ports import (
    AnswersPort,
    InboxPort,
    MadeUpPdfs,
    PdfsPort,
    Port,
    RefusalsPort,
    RunsPort,
    StorePort,
)
from tests.support.simulation_queues import Queue
from tests.support.simulation_runs import StateMachine
from tests.support.simulation_threads import taking_turns
from tests.support.simulation_time import MOST_STEPS, Process, Time
from tests.support.simulation_watch import Watch
from tests.support.simulation_weather import CALM, Sky, Weather
from tests.support.simulation_workers import Environment, Function

FUNCTION_SECONDS = 120.0
VISIBILITY_SECONDS = 720.0
# The index of the outcomes table lags behind the table by up to this.
MOST_LAG_SECONDS = 9.0


class Simulation:
    """``answer`` is DokStamp; ``results`` are those of the results queue, in order."""

    def __init__(
        self,
        settings: Settings,
        answer: Answer,
        *,
        seed: int = 0,
        store: Store | None = None,
        pdfs: OpensPdfs | None = None,
        concurrency: int = 2,
        batch_size: int = 5,
        visibility: float = VISIBILITY_SECONDS,
    ) -> None:
        self.settings = settings
        self.random = Random(seed)
        self.time = Time(Random(seed + 1))
        self.sky = Sky(self.time, self.random)
        self.store = store if store is not None else MemoryStore()
        self.watch = Watch(self.time, self._current, settings.skew_seconds)
        lags = Random(seed + 2)
        self.refusals = RefusalList(lambda: self.time.now, lambda: lags.uniform(0, MOST_LAG_SECONDS))
        self.healing: list[dict[str, Any]] = []
        self.healed: list[Callable[[dict[str, Any]], None]] = [self.healing.append]
        self.results: list[dict[str, Any]] = []
        self.reported: list[Callable[[dict[str, Any]], object]] = [self.results.append]
        self.answered: list[Callable[[str, dict[str, Any]], None]] = []
        self.machine = StateMachine(self.time, self._hand, self.report)
        self._answer = answer
        self._pdfs = pdfs if pdfs is not None else MadeUpPdfs()
        self._rules = {step: rules(step) for step in Step}
        self.inbox = self._queue("inbox", visibility)
        self.queues = {step: self._queue(step.value, visibility) for step in Step}
        self.functions = [self._function(self.inbox, self._intake, concurrency, batch_size)]
        for step in Step:
            self.functions.append(self._function(self.queues[step], self._worker_of(step), concurrency, batch_size))

    @property
    def all_queues(self) -> list[Queue]:
        return [self.inbox, *self.queues.values()]

    def send(self, message: Mapping[str, Any], after: float = 0.0) -> None:
        """Puts an inbox message into the inbox, now or so many seconds from now."""
        body = json.dumps(message)
        self.time.at(self.time.now + after, lambda: self.inbox.send(body))

    def run(self, seconds: float | None = None, weather: Weather = CALM, most_steps: int = MOST_STEPS) -> None:
        """Lets so much time pass in that weather; without ``seconds``, until all queues are at rest.

        Raises Restless if that takes more than ``most_steps``.
        """
        self.sky.weather = weather
        with taking_turns(self.time), _quiet():
            self.time.run(float("inf") if seconds is None else self.time.now + seconds, most_steps)

    def redrive(self) -> int:
        """Puts all dead letters back; answers how many."""
        dead = sum(len(queue.dead) for queue in self.all_queues)
        for queue in self.all_queues:
            queue.redrive()
        return dead

    def exists(self, run: str) -> bool:
        return run in self.machine.runs

    def start(self, run: str, state: str) -> bool:
        self.watch.note(f"run {run[:8]} starts")
        return self.machine.start(run, state)

    def report(self, result: Mapping[str, Any]) -> None:
        self.watch.note(f"result {json.dumps(result)}")
        for hear in self.reported:
            hear(dict(result))

    def _send_again(self, body: str) -> None:
        message = json.loads(body)
        self.watch.note(f"{message['id'][:16]} heals {message['heals'][:8]}")
        for hear in self.healed:
            hear(message)
        self.inbox.send(body)

    def _current(self, id_: str) -> Row | None:
        return self.store.read([id_]).get(id_)

    def _hand(self, step: Step, body: str) -> None:
        self.queues[step].send(body)
        if self.sky.strikes(self.sky.weather.twice):
            self.queues[step].send(body)

    def _answered(self, token: str, result: dict[str, Any]) -> None:
        taken = self.machine.answer(token, result)
        self.watch.note(f"answer for {token} {'taken' if taken else 'too late'}: {result['counts']}")
        if taken:
            for hear in self.answered:
                hear(token.partition("/")[0], result)

    def _queue(self, name: str, visibility: float) -> Queue:
        return Queue(name, self.time, visibility=visibility, maximum_receives=self.settings.maximum_receives)

    def _function(
        self, queue: Queue, build: Callable[[str], Environment], concurrency: int, batch_size: int
    ) -> Function:
        return Function(
            queue,
            self.time,
            self.watch,
            build,
            concurrency=concurrency,
            batch_size=batch_size,
            timeout=FUNCTION_SECONDS,
        )

    def _intake(self, name: str) -> Environment:
        port, clock = self._port()
        intake = Intake(
            StorePort(port, self.store),
            RefusalsPort(port, self.refusals),
            RunsPort(port, self),
            default_institution=self.settings.default_institution,
            clock=clock,
        )

        def handles(body: str, id_: str, receipt: str, receives: int) -> None:
            intake.take(body, id_)

        return Environment(handles, port.begins)

    def _worker_of(self, step: Step) -> Callable[[str], Environment]:
        def build(name: str) -> Environment:
            port, clock = self._port()
            settings, store, wire = self.settings, StorePort(port, self.store), self._wire()
            brake = Brake(store, clock, self.time.sleep, self.random.random, settings.calls_per_second)
            dokstamp = DokStamp(settings, lambda afresh: CREDENTIALS, brake, clock=clock, transport=wire)
            numbers = itertools.count(1)
            means = Means(
                store=store,
                refusals=RefusalsPort(port, self.refusals),
                inbox=InboxPort(port, self._send_again),
                api=dokstamp,
                pdfs=PdfsPort(port, self._pdfs),
                brake=brake,
                settings=settings,
                clock=clock,
                sleep=self.time.sleep,
                new_owner=lambda: f"{port.process.name}/{next(numbers)}",
            )
            answers = AnswersPort(port, self.queues[step], self._answered)
            worker = Worker(self._rules[step], means, answers, self.random.random)

            def begins(process: Process) -> None:
                port.process = wire.process = process
                end = clock() + FUNCTION_SECONDS
                dokstamp.stop_at(end)
                worker.begin_before(end - settings.deadline_seconds - MARGIN_SECONDS)

            def handles(body: str, id_: str, receipt: str, receives: int) -> None:
                worker.take(Received(id_, body, receipt, receives))

            return Environment(handles, begins)

        return build

    def _wire(self) -> Wire:
        deadline, processing = self.settings.deadline_seconds, self.settings.processing_seconds
        return Wire(self._answer, self.time, self.sky, self.watch, deadline=deadline, processing=processing)

    def _port(self) -> tuple[Port, Callable[[], float]]:
        """Every environment has a clock of its own; no two are further apart than the settings say."""
        fast = self.random.choice([0.0, self.settings.skew_seconds])
        return Port(self.time, self.sky, self.watch), lambda: self.time.now + fast


@contextmanager
def _quiet() -> Iterator[None]:
    """Logging and metrics cost more than all the rest, and nobody reads them here."""
    level = logger.log_level
    logger.setLevel(logging.CRITICAL)
    try:
        with patch("dokstamp_sync.observability.count", lambda name, value=1: None):
            yield
    finally:
        logger.setLevel(level)
