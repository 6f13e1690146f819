"""A worker's permits for calls: taken from the pace that all workers share, and given to its threads in time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from dokstamp_sync.delivery.pace import NO_LIMIT, Law, Pace
from dokstamp_sync.delivery.shared_pace import MOMENT_SECONDS, SharedPace
from dokstamp_sync.errors import OutOfTime, Throttled

# A permit that was not used in time is lost: calls that come together would be refused together.
LATEST_SECONDS = 0.3
# A permit that was taken longer ago is good only if the pace is still the same.
SURE_SECONDS = 1.0
# New permits are taken so long before the last one is due.
LEAD_SECONDS = 0.2
# A worker takes permits for those that wait, and for as many calls as it sent of late, but only for what DokStamp takes
# within so many seconds: more would come too late.
USED_SECONDS = 0.3
# A record takes two calls one after the other, a look-up and a write.
FEW_CALLS = 2


@dataclass(frozen=True, slots=True)
class Permit:
    """For one call, at ``at``; taken at ``taken`` under ``law`` (see Pace.law). Seconds since the epoch.

    ``is_free``: no limit was known, and so nothing to take.
    """

    at: float = 0.0
    taken: float = 0.0
    law: Law = Pace().law
    is_free: bool = False


class LastSecond:
    """Counts what happened of late, for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moments: deque[float] = deque()

    def add(self) -> None:
        """It happens now."""
        with self._lock:
            self._moments.append(self._clock())
            self._forget()

    def count(self, seconds: float = 1.0) -> int:
        """How often it happened within so many seconds, one at most."""
        with self._lock:
            self._forget()
            return sum(each > self._clock() - seconds for each in self._moments)

    def _forget(self) -> None:
        while self._moments and self._moments[0] <= self._clock() - 1:
            self._moments.popleft()


class Permits:
    """Those of one worker, for all its threads."""

    def __init__(
        self,
        pace: SharedPace,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._lock = threading.Lock()
        self._permits: deque[Permit] = deque()
        self._law = pace.now.law
        self._last = 0.0
        self._answered: Law | None = None
        self._is_taking = False
        self._first = 0
        self._waiting = 0
        self._sent = LastSecond(clock)

    def get(self, longest: float, *, begun: bool, before: float = float("inf")) -> Permit:
        """Waits for a permit until its moment has come.

        ``begun``: it is for a record that somebody works on, and goes before those for records that are to be begun.
        Raises Throttled if it takes longer than ``longest`` seconds, OutOfTime at the moment ``before``.
        """
        with self._lock:
            self._first += begun
            self._waiting += 1
        try:
            while True:
                permit = self._next(longest, begun=begun)
                if self._clock() >= before:
                    raise OutOfTime("the worker's time is up; the record was not begun")
                if permit and self._is_good(permit):
                    return permit
        finally:
            with self._lock:
                self._first -= begun
                self._waiting -= 1

    def serve(self, permit: Permit) -> None:
        """DokStamp answered the call that had it."""
        self._answered = permit.law

    def _next(self, longest: float, *, begun: bool) -> Permit | None:
        """A permit whose moment has come; None if it is worth another look."""
        now, pace = self._clock(), self._pace.now
        if pace.at(now) >= NO_LIMIT and pace.free_at <= now:
            self._sent.add()
            return Permit(now, now, pace.law, is_free=pace.rate == 0)
        with self._lock:
            pace = self._pace.now
            self._drop_void(now, pace.law)
            goes_first = begun or not self._first
            permit = self._permits.popleft() if self._permits and goes_first else None
            # Nobody takes permits before the pace begins: until then others may say more of it.
            begins = pace.since if pace.since <= now + longest else 0.0
            wait = max(self._last, begins) - LEAD_SECONDS - now
            takes = goes_first and permit is None and not self._is_taking and wait <= 0
            self._is_taking = self._is_taking or takes
        if permit:
            self._sleep(max(0.0, permit.at - now))
            self._sent.add()
        elif takes:
            self._take(longest)
        else:
            self._sleep(max(MOMENT_SECONDS, wait) * (1 + self._random() / 10))
        return permit

    def _drop_void(self, now: float, law: Law) -> None:
        if self._law != law:
            self._law, self._last = law, 0.0
            self._permits.clear()
        while self._permits and self._permits[0].at < now - LATEST_SECONDS:
            self._permits.popleft()

    def _take(self, longest: float) -> None:
        """Takes the next permits. Raises Throttled if the first one is far, Retry if the mapping cannot be asked."""
        taken: list[Permit] = []

        def take(pace: Pace) -> Pace:
            now = self._clock()
            if pace.free_at - now > longest:
                raise Throttled("DokStamp is to be left alone for a while", after=pace.free_at - now)
            waiting = min(self._waiting, int(pace.at(now) * USED_SECONDS))
            few = min(FEW_CALLS, self._sent.count(), int(pace.at(now)))
            number = max(1, few, waiting, self._sent.count(USED_SECONDS))
            changed, first, between = pace.take(now, number, answered=self._answered == pace.law)
            taken[:] = [Permit(first + place * between, now, pace.law) for place in range(number)]
            return changed

        try:
            self._pace.change(take)
            # Only now nobody else has them.
            with self._lock:
                self._drop_void(self._clock(), taken[0].law)
                self._permits.extend(taken)
                self._last = taken[-1].at
        finally:
            with self._lock:
                self._is_taking = False

    def _is_good(self, permit: Permit) -> bool:
        """Whether it still holds: one that was taken long ago is compared with what the mapping says now."""
        return self._clock() - permit.taken < SURE_SECONDS or permit.law == self._pace.ask().law
