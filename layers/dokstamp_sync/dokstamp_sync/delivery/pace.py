"""How many calls a second DokStamp takes, as far as the workers know. Pure functions: moments are handed in.

Times are seconds since the epoch. The vendor says that there is a limit, but neither which nor how it is counted
[errors], so it is found out: the pace rises slowly, and falls when DokStamp refuses a call that kept to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

Law = tuple[float, float]
NO_LIMIT = 1000.0
"""Calls per second. Who may make so many need not count them."""
SLOWEST = 0.2
"""Calls per second."""

# A pace that was found rises by this share within so many seconds, or within so many calls if that takes longer: one
# call that is refused must stand against many that are not.
RISE = 0.05
RISE_SECONDS = 20.0
RISE_CALLS = 100.0
# Before the limit was met, the pace rises by this share each second.
SEARCH = 0.06
FALL = 0.05
# A refusal soon after a fall says that the pace is far too high.
SOON_SECONDS = 4.0
DEEP_FALL = 0.1
# After an outage the pace doubles each second, from one call.
OUTAGE_PAUSE_SECONDS = 5.0
LONGEST_OUTAGE_PAUSE_SECONDS = 120.0
# Where DokStamp does not say how long to wait after a 429.
PAUSE_SECONDS = 1.0
# Not every moment that several workers disagree by is worth a write.
SAME_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """``rate``: calls per second at the moment ``since``; 0 if no limit is known. ``fixed``: somebody set the rate, and
    it stays. ``found``: DokStamp refused a call that kept to the pace, so the limit is near.

    ``free_at``: when the next call may be sent that nobody has a permit for. ``up_since``: the end of the pause after
    the last outage, 0 if there was none; ``outage_pause``: how long that was, in seconds.
    """

    rate: float = 0.0
    since: float = 0.0
    fixed: bool = False
    found: bool = False
    free_at: float = 0.0
    up_since: float = 0.0
    outage_pause: float = 0.0

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Self:
        """From a row's facts."""
        return cls(**facts)

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
        recovering = 2.0 ** min(30.0, max(0.0, now - self.up_since)) if self.up_since else NO_LIMIT
        return min(known, recovering, NO_LIMIT)

    def _limit(self, now: float) -> float:
        seconds = max(0.0, now - self.since)
        if self.fixed:
            return self.rate
        if not self.found:
            return self.rate * _risen(SEARCH, seconds)
        return self.rate * _risen(RISE, seconds / max(RISE_SECONDS, RISE_CALLS / self.rate))

    def take(self, now: float, number: int) -> tuple[Pace, float, float]:
        """With that many permits given away: the pace then, the moment of the first, and the seconds between two."""
        first = max(now, self.free_at)
        between = 1 / self.at(first)
        return replace(self, free_at=first + number * between), first, between

    def pause(self, now: float, seconds: float) -> Pace:
        """DokStamp wants no call for so long."""
        return replace(self, free_at=now + seconds) if now + seconds > self.free_at + SAME_SECONDS else self

    def join(self, now: float, rate: float, seconds: float) -> Pace:
        """A worker that knew of no limit was refused, and was getting ``rate`` calls per second through.

        What all workers got through together is what DokStamp takes.
        """
        if self.fixed:
            return self.pause(now, seconds)
        # Permits of the smaller sum are void.
        return self._begin(max(1.0, self.rate + rate * (1 - FALL)), now + seconds)

    def lower(self, now: float, seconds: float) -> Pace:
        """DokStamp refused a call that kept to the pace."""
        if self.fixed:
            return self.pause(now, seconds)
        fall = DEEP_FALL if self.found and now - self.since < SOON_SECONDS else FALL
        # Permits of the old pace are void.
        return replace(self._begin(self.at(now) * (1 - fall), now + seconds), found=True)

    def _begin(self, rate: float, moment: float) -> Pace:
        return replace(self, rate=max(SLOWEST, rate), since=moment, free_at=moment)

    def stop(self, now: float) -> Pace:
        """DokStamp fails, call after call: nobody calls for a while, longer each time that this happens again."""
        again = self.outage_pause and now - self.up_since < 2 * self.outage_pause
        seconds = min(LONGEST_OUTAGE_PAUSE_SECONDS, 2 * self.outage_pause) if again else OUTAGE_PAUSE_SECONDS
        end = max(self.free_at if self.free_at - now < seconds else 0.0, now + seconds)
        return replace(self, free_at=end, up_since=end, outage_pause=seconds)


def _risen(share: float, times: float) -> float:
    # Beyond that there is no limit anyway, and a float has one.
    return float((1 + share) ** min(times, 1000.0))
