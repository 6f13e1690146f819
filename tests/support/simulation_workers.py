"""Lambda functions on their queues: environments that are kept warm, batches, time-outs, at-least-once delivery."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.simulation_ports import Handles
from tests.support.simulation_queues import Queue, Stored
from tests.support.simulation_time import Process, Time
from tests.support.simulation_watch import Watch


@dataclass(slots=True)
class Environment:
    """One warm environment: ``handles`` takes a message, ``begins`` is told of a new invocation's process."""

    handles: Handles
    begins: Callable[[Process], None]


class Function:
    """One Lambda function: polls its queue, with up to ``concurrency`` invocations at once, of which some are
    ``running``.
    """

    def __init__(
        self,
        queue: Queue,
        time: Time,
        watch: Watch,
        build: Callable[[str], Environment],
        *,
        concurrency: int,
        batch_size: int,
        timeout: float,
    ) -> None:
        self.invocations = 0
        self._queue = queue
        self._time = time
        self._watch = watch
        self._build = build
        self._concurrency = concurrency
        self._batch_size = batch_size
        self._timeout = timeout
        self._warm: list[Environment] = []
        self.running: list[Process] = []
        self._names = itertools.count(1)
        self._looks_at: float | None = None
        queue.changed = self._look_later

    def restart(self) -> None:
        """Every environment is gone, in the midst of whatever it was doing."""
        self._warm.clear()
        for process in self.running:
            self._time.kill(process)

    def _look_later(self) -> None:
        due = self._queue.due_at
        if due is None or len(self.running) == self._concurrency:
            return
        moment = max(due, self._time.now)
        if self._looks_at is None or moment < self._looks_at:
            self._looks_at = moment
            self._time.at(moment, lambda: self._look(moment))

    def _look(self, moment: float) -> None:
        if self._looks_at == moment:
            self._looks_at = None
        while len(self.running) < self._concurrency:
            # A poller need not fill its batches.
            batch = self._queue.receive(self._time.random.randint(1, self._batch_size))
            if not batch:
                break
            self._invoke(batch)
        self._look_later()

    def _invoke(self, batch: list[Stored]) -> None:
        self.invocations += 1
        name = f"{self._queue.name}.{next(self._names)}"
        environment = self._warm.pop() if self._warm else self._build(name)
        process = Process(name, self._time.now + self._timeout)
        environment.begins(process)
        self.running.append(process)
        self._watch.note(f"{name} begins with {[f'{each.id}/{each.receives}' for each in batch]}")

        def work() -> None:
            failed = [each for each in batch if not self._handled(environment, each)]
            self._time.sleep(0.01)
            for each in batch:
                if each not in failed:
                    self._queue.delete(each.receipt)

        def after() -> None:
            self.running.remove(process)
            if process.alive:
                self._warm.append(environment)
            else:
                self._watch.note(f"{name} was killed")
            self._look_later()

        self._time.start(process, work, after)

    def _handled(self, environment: Environment, message: Stored) -> bool:
        try:
            environment.handles(message.body, message.id, message.receipt, message.receives)
        # As ReportBatchItemFailures: whatever was raised, this message comes back.
        except Exception as error:
            self._watch.note(f"{message.id} comes back: {type(error).__name__}: {error}")
            return False
        return True
