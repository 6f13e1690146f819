"""The brake: all workers together send no more calls than DokStamp takes, though none of them knows the others.

A worker takes permits for the calls of about a second with one write (see shared_pace.py), so that a call costs none of
its own. While no limit is known there is no row, and nothing to ask.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dokstamp_sync.delivery.pace import LONGEST_OUTAGE_PAUSE_SECONDS, NO_LAW, NO_LIMIT, PAUSE_SECONDS, Law, Pace
from dokstamp_sync.delivery.shared_pace import MOMENT_SECONDS, SharedPace
from dokstamp_sync.errors import OutOfTime, Throttled
from dokstamp_sync.mapping.row import Row, Store

LONGEST_WAIT_SECONDS = 10.0
"""A record whose call would have to wait longer is not begun: its message comes back later."""
LONGEST_BEGUN_SECONDS = 15.0
"""The same for a record that is begun, and would have to begin anew."""
# A permit that was not used in time is lost: calls that come together would be refused together.
LATEST_SECONDS = 0.3
# One that a thread holds while it claims its record is good a little longer.
HELD_SECONDS = 2.0
# A permit that was taken longer ago is good only if the pace is still the same.
SURE_SECONDS = 1.0
# New permits are taken so long before the last one is due.
LEAD_SECONDS = 0.2
# A worker takes permits for as many calls as it sent within so many seconds, for more would come too late; or for a few
# that it sent within the last second, for each taking is a write to the one row.
USED_SECONDS = 0.3
FEW_CALLS = 2
# So many failures in a row are no accident.
MANY_FAILURES = 8


@dataclass(frozen=True, slots=True)
class Permit:
    """For one call, at ``at``; taken at ``taken`` under ``law`` (see Pace.law). Seconds since the epoch."""

    at: float
    taken: float
    law: Law


class _Held(threading.local):
    """The permit of this thread's call, and whether the call is still to be sent."""

    permit = Permit(0.0, 0.0, Pace().law)
    is_unused = False


class Brake:
    """One per environment, for all its threads. ``limit``: calls per second of all workers; 0: find it out.
    ``longest_pause``: where no back-off is longer, no pause after failures is, either. Seconds.

    ``begin_before``: nobody waits for a record to be begun after that moment. ``calls``: how many DokStamp answered.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        limit: float = 0.0,
        longest_pause: float = LONGEST_OUTAGE_PAUSE_SECONDS,
    ) -> None:
        self.begin_before = float("inf")
        self.calls = 0
        self._pace = SharedPace(store, clock, sleep, random, limit)
        self._longest_pause = min(longest_pause, LONGEST_OUTAGE_PAUSE_SECONDS)
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._held = _Held()
        self._lock = threading.Lock()
        self._permits: deque[Permit] = deque()
        self._law = self._pace.now.law
        self._last = 0.0
        self._is_taking = False
        self._begun = 0
        self._sent: deque[float] = deque()
        self._served: deque[float] = deque()
        self._failures = 0
        self._has_joined = False

    def learn(self, rows: Mapping[str, Row]) -> None:
        """Takes over what other workers have found out, and adds what this one has got through if they just did."""
        self._pace.learn(rows)
        pace, now = self._pace.now, self._clock()
        if pace.rate and not self._has_joined:
            self._has_joined = True
            got_through = float(len(_recent(self._served, now)))
            if got_through and now < pace.since:
                self._pace.tell(lambda pace: pace.join(now, got_through, 0.0))

    def hold(self, *, begun: bool) -> None:
        """Waits until this thread may send a call, and keeps its permit. Raises Throttled if that takes long.

        ``begun``: for a record that somebody works on; it goes before those that are to be begun.
        """
        held = self._held
        if held.is_unused and held.permit.at > self._clock() - HELD_SECONDS:
            return
        longest = LONGEST_BEGUN_SECONDS if begun else LONGEST_WAIT_SECONDS
        with self._lock:
            self._begun += begun
        try:
            permit = None
            while not permit or not self._is_good(permit):
                permit = self._next(longest, begun=begun)
                if not begun and self._clock() >= self.begin_before:
                    raise OutOfTime("the worker's time is up; the record was not begun")
        finally:
            with self._lock:
                self._begun -= begun
        held.permit, held.is_unused = permit, True

    def wait(self) -> None:
        """Waits until this thread may send a call, which it now does. Raises Throttled if that takes long.

        A permit that it holds is good however old it is: between ``hold`` and the call the lease was checked.
        """
        if not self._held.is_unused:
            self.hold(begun=True)
        self._held.is_unused = False

    def serve(self) -> None:
        """DokStamp answered a call, whatever it said of it.

        One that was under way when the first one was refused counts among those that DokStamp takes.
        """
        with self._lock:
            self._failures = 0
            self.calls += 1
            _count(self._served, self._clock())
            was_under_way = self._has_joined and self._held.permit.law == NO_LAW
        if was_under_way:
            self._pace.tell(lambda pace: pace.join(self._clock(), 1.0, 0.0))

    def refuse(self, after: float | None) -> None:
        """DokStamp refused a call because there were too many. ``after``: the seconds that it asked to wait."""
        seconds = PAUSE_SECONDS if after is None else after
        law = self._held.permit.law
        with self._lock:
            self._failures = 0
            is_new, self._has_joined = not self._has_joined and self._pace.now.rate == 0, True
            got_through = float(len(_recent(self._served, self._clock())))

        def lower(pace: Pace) -> Pace:
            now = self._clock()
            if is_new:
                return pace.join(now, got_through, seconds)
            keeps_to_it = pace.rate > 0 and law == pace.law
            return pace.lower(now, seconds) if keeps_to_it else pace.pause(now, seconds)

        self._pace.tell(lower)

    def fail(self, after: float | None) -> None:
        """A call failed. ``after``: the seconds that DokStamp asked to wait, None if it said nothing of it."""
        law = self._held.permit.law
        with self._lock:
            self._failures += 1
            is_many = self._failures >= MANY_FAILURES

        def stop(pace: Pace) -> Pace:
            now = self._clock()
            # One failure is enough if it was the first call after a stop.
            is_outage = law == pace.law and (is_many or pace.is_recovering(now))
            stopped = pace.stop(now, self._longest_pause) if is_outage else pace
            return stopped.pause(now, after) if after else stopped

        if is_many or after or self._pace.now.is_recovering(self._clock()):
            self._pace.tell(stop)

    def _next(self, longest: float, *, begun: bool) -> Permit | None:
        """A permit whose moment has come; None if it is worth another look."""
        now, pace = self._clock(), self._pace.now
        if pace.at(now) >= NO_LIMIT and pace.free_at <= now:
            return self._count_sent(Permit(now, now, pace.law))
        with self._lock:
            if self._law != pace.law:
                self._law, self._last = pace.law, 0.0
                self._permits.clear()
            while self._permits and self._permits[0].at < now - LATEST_SECONDS:
                self._permits.popleft()
            goes_first = begun or not self._begun
            permit = self._permits.popleft() if self._permits and goes_first else None
            # Nobody takes permits before the pace begins: until then others may say more of it.
            begins = pace.since if pace.since <= now + longest else 0.0
            wait = max(self._last, begins) - LEAD_SECONDS - now
            takes = goes_first and permit is None and not self._is_taking and wait <= 0
            self._is_taking = self._is_taking or takes
        if permit:
            self._sleep(max(0.0, permit.at - now))
            return self._count_sent(permit)
        if takes:
            self._take(longest)
        else:
            self._sleep(max(MOMENT_SECONDS, wait) * (1 + self._random() / 10))
        return None

    def _take(self, longest: float) -> None:
        """Takes the next permits. Raises Throttled if the first one is far."""
        taken: list[Permit] = []

        def take(pace: Pace) -> Pace:
            now = self._clock()
            if pace.free_at - now > longest:
                raise Throttled("DokStamp is to be left alone for a while", after=pace.free_at - now)
            number = self._number(now, pace.at(now))
            changed, first, between = pace.take(now, number)
            taken[:] = [Permit(first + place * between, now, pace.law) for place in range(number)]
            return changed

        try:
            self._pace.change(take)
        finally:
            with self._lock:
                self._permits.extend(taken)
                self._last = taken[-1].at if taken else 0.0
                self._is_taking = False

    def _number(self, now: float, rate: float) -> int:
        """How many permits to take. ``rate``: calls per second of all workers."""
        sent = _recent(self._sent, now)
        return max(1, sum(each > now - USED_SECONDS for each in sent), min(FEW_CALLS, len(sent), int(rate)))

    def _is_good(self, permit: Permit) -> bool:
        """Whether it still holds: one that was taken long ago is compared with what the mapping says now."""
        return self._clock() - permit.taken < SURE_SECONDS or permit.law == self._pace.ask().law

    def _count_sent(self, permit: Permit) -> Permit:
        with self._lock:
            _count(self._sent, self._clock())
        return permit


def _recent(moments: deque[float], now: float) -> deque[float]:
    """Those of the last second."""
    while moments and moments[0] <= now - 1:
        moments.popleft()
    return moments


def _count(moments: deque[float], now: float) -> None:
    _recent(moments, now).append(now)
