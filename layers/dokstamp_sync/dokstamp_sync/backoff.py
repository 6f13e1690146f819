"""When a message that could not be finished comes back. Pure functions: clock and randomness are handed in."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

# SQS hides a message for twelve hours at most, counted from its receipt. Forty receives of four hours each stay
# within a queue's retention of ten days.
LONGEST_RETRY_AFTER = 4 * 3600.0


def ceiling(receives: int, base: float, cap: float) -> float:
    """The longest back-off after the n-th receive (n from 1), in seconds: doubles, up to the cap."""
    return min(cap, base * 2.0 ** min(receives - 1, 30))


def full_jitter(longest: float, random: Callable[[], float]) -> float:
    """A wait anywhere from 0 to ``longest`` seconds; ``random`` answers from [0, 1)."""
    return longest * random()


def visibility(wait: float) -> int:
    """Whole seconds for SQS: rounded up, so that no message comes back too early."""
    return math.ceil(max(0.0, min(wait, LONGEST_RETRY_AFTER)))


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait by a ``Retry-After`` header (seconds or HTTP date), None if there is none or it is unreadable.

    ``now``: seconds since the epoch. The vendor documents no such header [errors]; RFC 9110 10.2.3 does.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, moment.timestamp() - now), LONGEST_RETRY_AFTER)
