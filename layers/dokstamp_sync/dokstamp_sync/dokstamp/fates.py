"""The one table that says what an answer's status means. Source: [errors]; what it leaves open is decided here."""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """What happens next with a call."""

    DONE = "done"
    RETRY = "retry"
    THROTTLED = "throttled"
    RENEW = "renew the token, repeat once, then misconfigured"
    MISCONFIGURED = "misconfigured"
    NOT_FOUND = "not found"
    REJECTED = "rejected"


_EXACT: dict[int, Fate] = {
    401: Fate.RENEW,
    403: Fate.MISCONFIGURED,
    404: Fate.NOT_FOUND,
    408: Fate.RETRY,
    425: Fate.RETRY,
    429: Fate.THROTTLED,
}
_BY_HUNDRED: dict[int, Fate] = {
    2: Fate.DONE,
    # The API documents no redirect, so another server must have sent it: the address is wrong.
    3: Fate.MISCONFIGURED,
    4: Fate.REJECTED,
    5: Fate.RETRY,
}

# The server says that it has not begun the call.
NOT_CARRIED_OUT = frozenset({425, 429})


def fate(status: int) -> Fate:
    """What happens next after this HTTP status. A status outside 200 to 599 is rubbish: retry."""
    return _EXACT.get(status) or _BY_HUNDRED.get(status // 100, Fate.RETRY)
