"""Many schedules, and many ways that hypothesis finds, shared among processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized

from rich.console import Console

from dokstamp_sync.mapping.row import Store
from tests.model.exploring import explore
from tests.model.meetings import MEETING
from tests.model.schedule import play
from tests.model.tables import on_dynamodb
from tests.support.memory import MemoryStore
from tests.support.options import PYTHON
from tests.support.progress import bar

KINDS = ("lost", "doubled", "stale", "whose", "hung", "broken")
HANDFUL = 20
"""So many ways are one attempt: hypothesis learns from the ones before."""
ON_DYNAMODB = 30
"""Seeds that this number divides are played on a mapping in DynamoDB: that takes six times as long."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The schedule of a seed; or, if ``ways`` says how many, the ways that hypothesis finds with it.

    ``meetings``: the kinds that a school may have.
    """

    seed: int
    ways: int = 0
    shorten: bool = True
    meetings: frozenset[str] = MEETING

    @property
    def again(self) -> str:
        """The options of `python -m tests.model` that repeat it."""
        chosen = "" if self.meetings == MEETING else f" --meetings '^({'|'.join(sorted(self.meetings))})$'"
        return f"--seed {self.seed} " + (f"--stateful {self.ways}" if self.ways else "--schedules 1 -v") + chosen

    @property
    def size(self) -> int:
        return self.ways or 1

    @property
    def on_dynamodb(self) -> bool:
        return self.seed % ON_DYNAMODB == 0

    @contextmanager
    def mapping(self) -> Iterator[Callable[[], Store]]:
        """Makes the mappings that it is played on."""
        if not self.on_dynamodb:
            yield MemoryStore
            return
        with on_dynamodb() as new_store:
            yield new_store


@dataclass(slots=True)
class Attempted:
    """``findings``: each begins with its kind; ``story``: the events of the shortest way that ended wrong."""

    attempt: Attempt
    findings: list[str]
    story: str = ""

    @property
    def kinds(self) -> set[str]:
        return {finding.split()[0] for finding in self.findings}


def schedules(number: int, seed: int, *, meetings: frozenset[str] = MEETING) -> list[Attempt]:
    """One attempt for each seed, counting up."""
    return [Attempt(seed + place, meetings=meetings) for place in range(number)]


def ways(number: int, seed: int, *, shorten: bool = True, meetings: frozenset[str] = MEETING) -> list[Attempt]:
    """One attempt for each handful, with seeds that count up."""
    sizes = [min(HANDFUL, number - start) for start in range(0, number, HANDFUL)]
    return [Attempt(seed + place, size, shorten, meetings) for place, size in enumerate(sizes)]


def attempt_all(todo: Sequence[Attempt], jobs: int, console: Console, title: str) -> list[Attempted]:
    """What came of each, in order; shows a bar, and what ended wrong as soon as it is known."""
    done: list[Attempted] = []
    with bar(console) as progress:
        task = progress.add_task(title, total=sum(each.size for each in todo))
        for attempted in _shared(todo, jobs):
            done.append(attempted)
            if attempted.findings:
                console.print(told(attempted), markup=False, highlight=False)
            progress.advance(task, attempted.attempt.size)
    return done


def make(attempt: Attempt) -> Attempted:
    """What came of it."""
    with attempt.mapping() as new_store:
        if attempt.ways:
            explored = explore(
                attempt.seed, attempt.ways, new_store=new_store, meetings=attempt.meetings, shorten=attempt.shorten
            )
            return Attempted(attempt, explored.findings, explored.story)
        return Attempted(attempt, play(attempt.seed, new_store=new_store, meetings=attempt.meetings).findings)


def kinds(done: Iterable[Attempted]) -> Counter[str]:
    """How many attempts had findings of each kind."""
    return Counter(kind for each in done for kind in each.kinds)


def told(attempted: Attempted) -> str:
    """What was wrong, how it came to that, and how to repeat it."""
    lines = [f"seed {attempted.attempt.seed}: {len(attempted.findings)} findings", *attempted.findings[:5]]
    lines += [attempted.story] if attempted.story else []
    return "\n  ".join([*lines, f"again: {PYTHON} -m tests.model {attempted.attempt.again}"])


def _shared(todo: Sequence[Attempt], jobs: int) -> Iterator[Attempted]:
    # Not forked: the bar has a thread, and a fork would take its locks along.
    context = multiprocessing.get_context("spawn")
    begun: Synchronized[int] = context.Value("i", 0)
    with context.Pool(jobs, initializer=_begin, initargs=(begun,)) as pool:
        yield from pool.imap(make, todo)


def _begin(begun: Synchronized[int]) -> None:
    """Logs go to standard output, where the bar is; and Ctrl-C is for the parent to hear."""
    if hasattr(os, "sched_setaffinity"):
        # The threads of a schedule take turns, so on one processor they go on sooner than on several.
        with begun.get_lock():
            begun.value += 1
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[begun.value % len(processors)]})
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
