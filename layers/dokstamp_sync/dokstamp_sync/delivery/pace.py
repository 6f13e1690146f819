"""How many calls a second DokStamp takes, as far as the workers know. Pure functions: moments are handed in.

Times are seconds since the epoch. The vendor says that there is a limit, but neither which nor how it is counted
[errors], so it is found out: the pace rises slowly, and falls when DokStamp refuses a call that kept to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

Law = tuple[float, float]
NO_LIMIT = 1000.0
"""Calls per second. Who may make so many need not count them."""
SLOWEST = 0.5
"""Calls per second."""
LEAST_FOUND = 2.0
"""Calls per second: how many got through before the first refusal says nothing where it is fewer."""

# The pace falls by this share below the one that was refused, is back there after so many seconds (or so many calls,
# if that takes longer, for one call that is refused must stand against many that are not), and then rises beyond it:
# near the limit slowest, much as the congestion control CUBIC does it (RFC 9438).
FALL = 0.05
BACK_SECONDS = 60.0
BACK_CALLS = 100.0
# What workers got through before they were first refused is not measured well. It may be far below the limit, too, for
# they had no more to send: after so many seconds the pace doubles, again and again, until it is refused.
FIRST_FALL = 0.08
KNOWN_SECONDS = 30.0
DOUBLE_SECONDS = 10.0
# A refusal so soon after a fall says that the pace is far too high: the fall is twice as deep, up to the deepest.
SOON_SECONDS = 4.0
DEEPEST_FALL = 0.5
# After an outage the pace doubles each second, from one call.
OUTAGE_PAUSE_SECONDS = 5.0
RECOVERY_SECONDS = 10.0
TRIAL_SECONDS = 1.5
LONGEST_OUTAGE_PAUSE_SECONDS = 120.0
# Where DokStamp does not say how long to wait after a 429.
PAUSE_SECONDS = 1.0
# Not every moment that several workers disagree by is worth a write.
SAME_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """``rate``: the calls per second that DokStamp last refused, or that got through before it first refused any; 0 if
    no limit is known. ``since``: when the pace begins, by the share ``fall`` below the rate. ``fixed``: somebody set
    the rate, and it stays. ``found``: DokStamp refused calls that kept to the pace, so the limit is near. ``answered``:
    it has answered a call since the pace began.

    ``free_at``: when the next call may be sent that nobody has a permit for. ``up_since``: the end of the pause after
    the last outage, 0 if there was none; ``outage_pause``: how long that was, in seconds.
    """

    rate: float = 0.0
    since: float = 0.0
    fixed: bool = False
    found: bool = False
    fall: float = FALL
    answered: bool = False
    free_at: float = 0.0
    up_since: float = 0.0
    outage_pause: float = 0.0

    @staticmethod
    def read(facts: Mapping[str, Any]) -> Pace:
        """From a row's facts. What cannot be read, such as those of another version, says nothing: it is found anew."""
        try:
            return _PACE.validate_python(facts)
        except ValidationError:
            return Pace()

    @property
    def facts(self) -> dict[str, Any]:
        """For a row."""
        return asdict(self)

    @property
    def law(self) -> Law:
        """Changes whenever the pace is changed other than by time, so that older permits can be told from newer."""
        return self.since, self.up_since

    def at(self, now: float) -> float:
        """Calls per second; NO_LIMIT if they need not be counted."""
        known = self._limit(now) if self.rate else NO_LIMIT
        return min(known, 2.0 ** max(0.0, now - self.up_since) if self.is_recovering(now) else NO_LIMIT)

    def is_recovering(self, now: float) -> bool:
        """Whether an outage has ended only now, or is not over."""
        return now < self.up_since + RECOVERY_SECONDS

    def is_tried(self, now: float) -> bool:
        """Whether an outage seems to be over, and the first calls show whether it is: one that fails is enough."""
        return self.up_since <= now < self.up_since + TRIAL_SECONDS

    def _limit(self, now: float) -> float:
        if self.fixed:
            return self.rate
        seconds = max(0.0, now - self.since)
        if not self.found and seconds > KNOWN_SECONDS:
            return self.rate * float(2.0 ** min(100.0, (seconds - KNOWN_SECONDS) / DOUBLE_SECONDS))
        passed = seconds / max(BACK_SECONDS, BACK_CALLS / self.rate) - 1
        fall = self.fall if passed < 0 else FALL
        return self.rate * (1 + fall * (passed**3 if passed < 1 else 3 * passed - 2))

    def take(self, now: float, number: int, *, answered: bool = False) -> tuple[Pace, float, float]:
        """With that many permits given away: the pace then, the moment of the first, and the seconds between two.

        ``answered``: DokStamp has answered a call that kept to the pace.
        """
        first = max(now, self.free_at)
        between = 1 / self.at(first)
        taken = replace(self, free_at=first + number * between, answered=self.answered or answered)
        return taken, first, between

    def pause(self, now: float, seconds: float) -> Pace:
        """DokStamp wants no call for so long."""
        is_longer = seconds > 0 and now + seconds > self.free_at + SAME_SECONDS
        return replace(self, free_at=now + seconds) if is_longer else self

    def join(self, now: float, rate: float, seconds: float) -> Pace:
        """A worker that knew of no limit was refused, and was getting ``rate`` calls per second through.

        What all workers got through together is what DokStamp takes.
        """
        if self.fixed:
            return self.pause(now, seconds)
        # Permits of the smaller sum are void.
        begun = self._begin(max(LEAST_FOUND, self.rate + rate), max(self.since, now + seconds))
        return replace(begun, fall=FIRST_FALL)

    def lower(self, now: float, seconds: float, longest: float = LONGEST_OUTAGE_PAUSE_SECONDS) -> Pace:
        """DokStamp refused a call that kept to the pace. ``longest``: as for ``stop``."""
        if self.fixed:
            return self.pause(now, seconds)
        if self.rate <= SLOWEST and not self.answered:
            # It is not the pace: DokStamp takes no call at all.
            stopped = self.stop(now, longest, seconds)
            return replace(stopped, since=stopped.free_at, found=False)
        is_soon = now - self.since < SOON_SECONDS or not self.answered
        fall = min(DEEPEST_FALL, 2 * self.fall) if is_soon else FALL
        # Permits of the old pace are void. After the deepest fall nobody knows how near the limit is.
        return replace(self._begin(self.at(now), now + seconds), found=fall < DEEPEST_FALL, fall=fall)

    def _begin(self, rate: float, moment: float) -> Pace:
        return replace(self, rate=max(SLOWEST, rate), since=moment, free_at=moment, answered=False)

    def stop(self, now: float, longest: float = LONGEST_OUTAGE_PAUSE_SECONDS, asked: float = 0.0) -> Pace:
        """DokStamp fails, call after call: nobody calls for a while, longer each time that this happens again.

        ``longest``: no such pause is longer, unless DokStamp ``asked`` for a longer one. Both in seconds.
        """
        again = self.outage_pause and now - self.up_since < 2 * self.outage_pause
        seconds = min(longest, 2 * self.outage_pause if again else OUTAGE_PAUSE_SECONDS)
        end = max(self.free_at if self.free_at - now < seconds else 0.0, now + seconds, now + asked)
        return replace(self, free_at=end, up_since=end, outage_pause=seconds, answered=False)


_PACE = TypeAdapter(Pace)
