"""When a message that could not be finished comes back. Pure functions: clock and randomness are handed in."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST_RETRY_AFTER = 240.0
"""Seconds. However long DokStamp asks for, a call asks again after that, so that the end of an outage is noticed."""
LONGEST_HIDDEN = 12 * 3600.0
"""Seconds that SQS hides a message at most."""
KEPT_SECONDS = 14 * 86_400.0
"""How long queues and dead letters keep a message, and a run waits for a step: the most that SQS can."""

# A record that waits is looked at again after this share of the time that it has waited, and so is one that a limit
# gave no turn.
LOOK_SHARE = 1 / 6


def ceiling(receives: int, base: float, cap: float, growth: float = 2.0) -> float:
    """The longest back-off after the n-th receive (n from 1), in seconds: grows by this factor, up to the cap."""
    return min(cap, base * growth ** min(receives - 1, 500))


def next_turn(receives: int, base: float, cap: float) -> float:
    """The longest back-off of a record that got no turn within a limit, in seconds.

    Near the end of a long queue nobody must be away for long, or the limit is not used.
    """
    return ceiling(receives, base, cap, 1 + LOOK_SHARE)


def look_again(waited: float, base: float, cap: float) -> float:
    """The longest back-off of a record that has waited so long for something that is missing, in seconds; 1 at least.

    It is not counted by receives: after an outage there are many, and what is missing may be there in a moment.
    """
    return max(1.0, min(cap, max(base, waited * LOOK_SHARE)))


def equal_jitter(longest: float, drawn: float) -> float:
    """A wait from half of ``longest`` to all of it; ``drawn`` is from [0, 1)."""
    return longest / 2 * (1 + drawn)


def visibility(wait: float) -> int:
    """Whole seconds for SQS: rounded up, so that no message comes back too early."""
    return math.ceil(max(0.0, min(wait, LONGEST_HIDDEN)))


def longest_patience(receives: int, base: float, cap: float) -> float:
    """The longest that a record can wait with so many receives, in seconds."""
    waited = 0.0
    for _ in range(receives - 1):
        waited += visibility(look_again(waited, base, cap))
    return waited


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
