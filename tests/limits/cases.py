"""The loads that are played against a limit, and what must come of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dokstamp_sync.order import Step

SETTLED_SECONDS = 10.0
"""By then the workers must know the limit."""
PAUSE_SECONDS = 1.0
"""So long nobody may call after a refused call, for so DokStamp says."""
MOST_REFUSED = 0.02
LEAST_USED = 0.85
LONGEST = 1.25

SECTIONS = {
    Step.STUDENT: lambda n: {"name": f"Student {n}", "email": f"s{n}@school.example", "date_of_birth": "2000-01-31"},
    Step.INSTITUTION: lambda n: {"name": f"Institution {n}", "country": "BR"},
}
"""New records of the steps that need no other record: each takes two calls, a look-up and a create."""


@dataclass(frozen=True)
class Load:
    """``messages`` of ``size`` new records each, in turn for each of ``steps``; ``limit``: calls a second that DokStamp
    takes; ``workers``: at most so many functions of a step at once.
    """

    limit: int
    messages: int
    size: int
    workers: int = 10
    steps: tuple[Step, ...] = (Step.STUDENT,)

    @property
    def shown(self) -> str:
        several = f", {len(self.steps)} steps" if len(self.steps) > 1 else ""
        return f"{self.messages} x {self.size} at {self.limit}/s{several}, {self.workers} workers"

    def step_messages(self) -> Iterator[tuple[Step, list[dict[str, Any]]]]:
        """The records of each message."""
        for message in range(self.messages):
            step = self.steps[message % len(self.steps)]
            first = message * self.size
            yield step, [SECTIONS[step](first + place) for place in range(self.size)]


BOTH = (Step.INSTITUTION, Step.STUDENT)
QUICK = (
    Load(10, 1, 500),
    Load(20, 8, 100),
    Load(10, 400, 1, workers=40),
    Load(10, 8, 50, steps=BOTH),
)
"""Loads that do not take long in simulated time."""


@dataclass
class Met:
    """What DokStamp saw: it takes ``limit`` calls within any second, and refuses the rest."""

    limit: int
    clock: Callable[[], float]
    began: float = 0.0
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    _recent: deque[float] = field(default_factory=deque)

    def takes(self) -> bool:
        """Whether it takes a call now."""
        now = self.clock()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if self.limit and len(self._recent) >= self.limit:
            self.refused.append(now)
            return False
        self._recent.append(now)
        self.taken.append(now)
        return True


HIGH = 100
"""A limit that not every set of workers gets to: how many calls they get through without one has to be seen first."""


def pace(moments: list[float], began: float) -> float:
    """Calls a second."""
    return len(moments) / (max(moments) - began)


@dataclass(frozen=True)
class Came:
    """What came of a load. ``seconds``: until the last call was taken; ``ideal``: its own calls over ``possible``.

    ``possible``: the limit, or the calls a second that these workers get through without one, where that is less.
    ``used``: the share of what is possible that was used after SETTLED_SECONDS, or, of a load that ends within twice
    that, after the pause of the first refused call. ``refused_late``: the share of the calls after SETTLED_SECONDS.
    """

    load: Load
    seconds: float
    calls: int
    refused: int
    refused_late: float
    used: float
    dead: int
    missing: int
    possible: float

    @classmethod
    def of(
        cls,
        load: Load,
        taken: list[float],
        refused: list[float],
        began: float,
        *,
        dead: int,
        missing: int,
        without_limit: float,
    ) -> Came:
        """``taken`` and ``refused``: moments. ``without_limit``: calls a second that the workers get through then."""
        end = max(taken, default=began)
        possible = min(load.limit, without_limit)
        settled = began + SETTLED_SECONDS
        # Of a load that ends soon: from when its workers know the limit. The ratio is of all its time.
        known = min(refused, default=began - PAUSE_SECONDS) + PAUSE_SECONDS
        late = settled if end - began > 2 * SETTLED_SECONDS else min(settled, known)
        taken_late = sum(each > late for each in taken)
        refused_late = sum(each > settled for each in refused)
        return cls(
            load,
            seconds=end - began,
            calls=len(taken),
            refused=len(refused),
            refused_late=refused_late / max(1, refused_late + sum(each > settled for each in taken)),
            used=taken_late / max(1.0, end - late) / possible,
            dead=dead,
            missing=missing,
            possible=possible,
        )

    @property
    def ideal(self) -> float:
        return self.calls / self.possible

    @property
    def ratio(self) -> float:
        return self.seconds / self.ideal

    def complaints(self) -> list[str]:
        """What is not as it must be."""
        found = []
        if self.refused_late > MOST_REFUSED:
            found.append(f"{self.refused_late:.1%} refused after {SETTLED_SECONDS:g} s")
        if self.ratio > LONGEST:
            found.append(f"took {self.ratio:.2f} of the ideal time")
        if self.used < LEAST_USED:
            found.append(f"used {self.used:.0%} of what is possible")
        if self.dead or self.missing:
            found.append(f"{self.dead} dead letters, {self.missing} records missing")
        return found

    def row(self) -> tuple[str, ...]:
        return (
            self.load.shown,
            str(self.calls),
            f"{self.possible:.0f}",
            f"{self.ideal:.0f}",
            f"{self.seconds:.0f}",
            f"{self.ratio:.2f}",
            f"{self.used:.0%}",
            str(self.refused),
            f"{self.refused_late:.1%}",
            str(self.dead),
        )


HEADINGS = (
    "load",
    "calls",
    "possible (1/s)",
    "ideal (s)",
    "took (s)",
    "ratio",
    "used",
    "refused",
    "after 10 s",
    "dead letters",
)
