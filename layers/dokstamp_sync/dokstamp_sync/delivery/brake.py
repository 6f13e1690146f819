"""The brake: all workers together send no more calls than DokStamp takes, though none of them knows the others.

A worker takes permits for the calls of a moment with one write (see permits.py), so that a call costs none of its own.
While no limit is known there is no row, and nothing to ask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from dokstamp_sync.delivery.pace import LONGEST_OUTAGE_PAUSE_SECONDS, OUTAGE_PAUSE_SECONDS, PAUSE_SECONDS, Pace
from dokstamp_sync.delivery.permits import LastSecond, Permit, Permits
from dokstamp_sync.delivery.shared_pace import SharedPace
from dokstamp_sync.mapping.row import Row, Store

LONGEST_WAIT_SECONDS = 10.0
"""A record whose call would have to wait longer is not begun: its message comes back later."""
LONGEST_BEGUN_SECONDS = 15.0
"""The same for a record that is begun, and would have to begin anew."""
# A permit that a thread holds while it claims its record is good for so long.
HELD_SECONDS = 2.0
# So many failures in a row are no accident.
MANY_FAILURES = 8


class _Held(threading.local):
    """The permit of this thread's call, and whether the call is still to be sent."""

    permit = Permit()
    is_unused = False


class Brake:
    """One per environment, for all its threads. ``limit``: calls per second of all workers; 0: find it out.

    ``longest_pause``: the most seconds for which calls that failed stop all others. ``begin_before``: nobody waits for
    a record to be begun after that moment. ``calls``: how many DokStamp answered.
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
        self._permits = Permits(self._pace, clock, sleep, random)
        self._longest_pause = min(longest_pause, LONGEST_OUTAGE_PAUSE_SECONDS)
        self._clock = clock
        self._held = _Held()
        self._lock = threading.Lock()
        self._served = LastSecond(clock)
        self._failures = 0
        self._joined_at: float | None = None

    def learn(self, rows: Mapping[str, Row]) -> None:
        """Takes over what other workers have found out, and adds what this one has got through if they just did."""
        self._pace.learn(rows)
        pace, now = self._pace.now, self._clock()
        with self._lock:
            joins = pace.rate > 0 and self._joined_at is None
            self._joined_at = (now if joins else self._joined_at) if pace.rate else None
        got_through = float(self._served.count()) if joins and now < pace.since else 0.0
        if got_through:
            self._pace.tell(lambda pace: pace.join(now, got_through, 0.0))

    def forget(self) -> None:
        """Gives up a permit that this thread has left from an earlier message."""
        self._held.is_unused = False

    def hold(self, *, begun: bool) -> None:
        """Waits until this thread may send a call, and keeps its permit. Raises Throttled if that takes long.

        ``begun``: for a record that somebody works on; it goes before those that are to be begun.
        """
        held = self._held
        if held.is_unused and held.permit.at > self._clock() - HELD_SECONDS:
            return
        if begun:
            held.permit = self._permits.get(LONGEST_BEGUN_SECONDS, begun=True)
        else:
            held.permit = self._permits.get(LONGEST_WAIT_SECONDS, begun=False, before=self.begin_before)
        held.is_unused = True

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
        permit = self._held.permit
        self._permits.serve(permit)
        self._served.add()
        with self._lock:
            self._failures = 0
            self.calls += 1
            was_under_way = self._joined_at is not None and permit.is_free and permit.taken <= self._joined_at
        if was_under_way:
            now = self._clock()
            self._pace.tell(lambda pace: pace.join(now, 1.0, 0.0))

    def refuse(self, after: float | None) -> None:
        """DokStamp refused a call because there were too many. ``after``: the seconds that it asked to wait."""
        seconds = PAUSE_SECONDS if after is None else after
        now, law, got_through = self._clock(), self._held.permit.law, float(self._served.count())
        with self._lock:
            self._failures = 0
            is_new = self._joined_at is None and self._pace.now.rate == 0
            self._joined_at = now if self._joined_at is None else self._joined_at

        def lower(pace: Pace) -> Pace:
            if is_new:
                return pace.join(now, got_through, seconds)
            keeps_to_it = pace.rate > 0 and law == pace.law
            return pace.lower(now, seconds, self._longest_pause) if keeps_to_it else pace.pause(now, seconds)

        self._pace.tell(lower)

    def fail(self, after: float | None) -> None:
        """A call failed. ``after``: the seconds that DokStamp asked to wait, None if it said nothing of it."""
        now, law, asked = self._clock(), self._held.permit.law, after or 0.0
        with self._lock:
            self._failures += 1
            is_many = self._failures >= MANY_FAILURES

        def stop(pace: Pace) -> Pace:
            is_outage = is_many or asked >= OUTAGE_PAUSE_SECONDS or pace.is_tried(now)
            return (
                pace.stop(now, self._longest_pause, asked) if is_outage and law == pace.law else pace.pause(now, asked)
            )

        if is_many or asked or self._pace.now.is_tried(now):
            self._pace.tell(stop)
