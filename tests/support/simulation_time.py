"""Virtual time, and threads that take turns in it: one runs, all others wait, and a seed says who goes on.

A thread gives its turn away only in ``sleep``, ``join`` and ``block``; so whatever happens in between is one step, and
a seed repeats every interleaving of steps.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from random import Random
from typing import ClassVar

START = 1_800_000_000.0
MOST_STEPS = 400_000
"""More of them without rest are a hang."""


class _Carrier(threading.Thread):
    """A real thread. They are dear to start, so simulations share them; and none keeps the program from ending."""

    _idle: ClassVar[list[_Carrier]] = []

    def __init__(self) -> None:
        super().__init__(name="simulated", daemon=True)
        self._todo: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.start()

    @classmethod
    def carry(cls, work: Callable[[], None]) -> None:
        (cls._idle.pop() if cls._idle else cls())._todo.put(work)

    def run(self) -> None:
        while True:
            self._todo.get()()
            self._idle.append(self)


class Killed(BaseException):
    """The process was killed; not an Exception, so that the code under test cannot catch it."""


class Restless(Exception):
    """Something goes on for ever."""


class Process:
    """What dies together. Nothing of it runs after ``ends_at``."""

    def __init__(self, name: str, ends_at: float = float("inf")) -> None:
        self.name = name
        self.ends_at = ends_at
        self.alive = True
        self.tasks: list[Task] = []


def _baton() -> threading.Lock:
    """Handed over by ``release``, waited for by ``acquire``. A plain lock is several times as fast as a semaphore."""
    baton = threading.Lock()
    baton.acquire()
    return baton


class Task:
    """A thread of a process; ``leases``: row id -> owner, for whoever watches; ``deadline``: of the call it makes."""

    def __init__(self, process: Process, work: Callable[[], None], after: Callable[[], None]) -> None:
        self.process = process
        self.work = work
        self.after = after
        self.error: BaseException | None = None
        self.done = False
        self.turn = _baton()
        self.woken = 0
        self.leases: dict[str, str] = {}
        self.deadline = float("inf")
        process.tasks.append(self)


class Time:
    """The events to come, by moment; events of one moment come in an order that ``random`` draws."""

    def __init__(self, random: Random) -> None:
        self.now = START
        self.random = random
        self.current: Task | None = None
        self.steps = 0
        self._events: list[tuple[float, float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._scheduler = _baton()
        self._tasks: list[Task] = []

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """``action`` happens then; it must not sleep."""
        event = (max(moment, self.now), self.random.random(), next(self._numbers), action)
        heapq.heappush(self._events, event)

    def start(self, process: Process, work: Callable[[], None], after: Callable[[], None] = lambda: None) -> Task:
        """A new thread, from now on; ``after``: what follows its end, however it ends."""
        task = Task(process, work, after)
        self._tasks.append(task)
        _Carrier.carry(lambda: self._carry(task))
        self.wake(task)
        return task

    def sleep(self, seconds: float) -> None:
        """The running thread goes on later. Raises Killed where its process ends before."""
        task = self.running
        if self.now + seconds >= task.process.ends_at:
            self.at(task.process.ends_at, lambda: self.kill(task.process))
        else:
            self.wake(task, seconds)
        self.block()

    def join(self, tasks: Iterable[Task]) -> None:
        """The running thread goes on when all of these have ended. Raises what one of them raised."""
        me = self.running
        for each in tasks:
            while not each.done:
                each.after = lambda: self.wake(me)
                self.block()
            if each.error:
                raise each.error

    def kill(self, process: Process) -> None:
        """None of the process's threads takes another step."""
        if process.alive:
            process.alive = False
            for task in process.tasks:
                if not task.done:
                    self.wake(task)

    def run(self, until: float = float("inf"), most_steps: int = MOST_STEPS) -> None:
        """Lets time pass to ``until``, or until nothing more is to come. Raises Restless if that never happens."""
        end = self.steps + most_steps
        while self._events and self._events[0][0] <= until:
            self._next()
            self.steps += 1
            if self.steps > end:
                self.end()
                raise Restless(f"no rest after {most_steps} steps")
        self.now = max(self.now, until) if until != float("inf") else self.now

    def end(self) -> None:
        """Lets go of every thread that still waits for its turn."""
        for task in self._tasks:
            task.process.alive = False
            if not task.done:
                task.turn.release()
        self._events.clear()

    def _next(self) -> None:
        moment, _, _, action = heapq.heappop(self._events)
        self.now = moment
        action()

    @property
    def running(self) -> Task:
        assert self.current is not None, "only a simulated thread can wait"
        return self.current

    def wake(self, task: Task, seconds: float = 0.0) -> None:
        """The thread goes on then, wherever it is blocked."""
        task.woken += 1
        number = task.woken

        def resume() -> None:
            # Woken otherwise meanwhile, e.g. killed.
            if number == task.woken and not task.done:
                self._give_turn(task)

        self.at(self.now + seconds, resume)

    def block(self) -> None:
        """The running thread gives its turn away until it is woken. Raises Killed where its process was killed."""
        task = self.running
        self._scheduler.release()
        task.turn.acquire()
        if not task.process.alive:
            raise Killed(task.process.name)

    def _give_turn(self, task: Task) -> None:
        self.current = task
        task.turn.release()
        self._scheduler.acquire()
        self.current = None
        if task.done:
            task.after()

    def _carry(self, task: Task) -> None:
        task.turn.acquire()
        try:
            if task.process.alive:
                task.work()
        # Every kind of end is handed to whoever waits for this thread.
        except BaseException as error:
            task.error = error
        finally:
            task.done = True
            self._scheduler.release()
