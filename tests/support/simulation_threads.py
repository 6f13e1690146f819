"""The worker's own threads and locks, made to take turns with all other simulated threads."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace, TracebackType
from typing import Any, Self, TypeVar
from unittest.mock import patch

from tests.support.simulation_time import Task, Time

A = TypeVar("A")
B = TypeVar("B")


class Lock:
    """In place of threading.RLock: whoever waits for it gives the turn away."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._owner: Task | None = None
        self._depth = 0
        self._waiting: list[Task] = []

    def __enter__(self) -> Self:
        while self._owner not in (None, self._time.current):
            self._waiting.append(self._time.running)
            self._time.block()
        self._owner = self._time.current
        self._depth += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            waiting, self._waiting = self._waiting, []
            for task in waiting:
                self._time.wake(task)


class Pool:
    """In place of ThreadPoolExecutor: its threads take turns with all others."""

    def __init__(self, time: Time, workers: int) -> None:
        self._time = time
        self._workers = workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, work: Callable[[A], B], items: Iterable[A]) -> list[B]:
        todo = list(enumerate(items))
        results: dict[int, B] = {}
        waiting = iter(todo)

        def take() -> None:
            for place, item in waiting:
                results[place] = work(item)

        threads = min(self._workers, len(todo))
        if threads < 2:
            take()
        else:
            assert self._time.current is not None
            process = self._time.current.process
            self._time.join([self._time.start(process, take) for _ in range(threads)])
        return [results[place] for place, _ in todo]


@contextmanager
def _deadline(time: Time, seconds: float) -> Iterator[None]:
    """In place of the client's total deadline, which is kept in real time."""
    task = time.running
    task.deadline = time.now + seconds
    try:
        yield
    finally:
        task.deadline = float("inf")


@contextmanager
def taking_turns(time: Time) -> Iterator[None]:
    """Inside, the worker's threads, locks and deadlines are simulated ones."""
    locks: Any = SimpleNamespace(RLock=lambda: Lock(time), Lock=lambda: Lock(time))
    with (
        patch("dokstamp_sync.worker.attempts.ThreadPoolExecutor", lambda workers: Pool(time, workers)),
        patch("dokstamp_sync.delivery.parents.threading", locks),
        patch("dokstamp_sync.dokstamp.client.total_deadline", lambda seconds: _deadline(time, seconds)),
        patch("dokstamp_sync.dokstamp.tokens.threading", locks),
    ):
        yield
