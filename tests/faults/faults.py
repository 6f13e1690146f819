"""The faults that a call can meet, each with what is asked of the worker besides a right end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.faults.calls import TOKEN_PATH

Detour = Literal["closed", "silent"]
Special = Literal["removed", "removed and kept", "token fails", "slow token"]

DEADLINE = 0.12
"""Seconds of real time for a call where an answer comes too late: HTTP knows no other time."""
LATER = DEADLINE * 1.5
DATE = "<a date, so many seconds ahead>"
PAUSE = 7
"""Seconds that a Retry-After asks for."""
MENDED_AFTER = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``sandbox``: as the sandbox takes it. ``detour``: where the call ends up instead of in the sandbox.

    ``receives``: after so many receives it is mended. ``late``: the call's deadline has to pass. ``for_writes``: a
    read could not tell it from another fault. ``pauses``: nothing may be sent for so many seconds. ``once``: the
    worker has to get over it within one receive. ``prompt``: nothing was carried out for sure, so the next try must not
    wait for the lease. ``special``: what the bench has to do besides.
    """

    key: str
    group: str
    says: str
    sandbox: Mapping[str, Any] | None = None
    detour: Detour | None = None
    receives: int | None = None
    late: bool = False
    for_writes: bool = False
    pauses: int = 0
    once: bool = False
    prompt: bool = False
    special: Special | None = None


def _status(status: int, says: str = "", key: str = "", *, carry_out: bool = False, **more: Any) -> Fault:
    """An answer of this status instead of the right one, or after it."""
    group = "5xx" if status >= 500 else str(status)
    sandbox = {"kind": "status", "status": status, "carry_out": carry_out}
    return Fault(key or str(status), group, says or str(status), sandbox, for_writes=carry_out, **more)


def _always(status: int) -> Fault:
    """An answer of this status, until somebody mends it."""
    group = "5xx" if status >= 500 else str(status)
    says = f"{status} always, until somebody mends it after the message was received {MENDED_AFTER} times"
    sandbox = {"kind": "status", "status": status, "times": None}
    return Fault(f"{status}-while", group, says, sandbox, receives=MENDED_AFTER)


def _throttled(key: str, retry_after: str, says: str) -> Fault:
    sandbox = {"kind": "status", "status": 429, "headers": {"Retry-After": retry_after}}
    return Fault(key, "429", f"429 with a Retry-After {says}", sandbox, pauses=PAUSE)


def _late(key: str, kind: str, says: str, **more: Any) -> Fault:
    return Fault(key, "late", says, {"kind": kind, "seconds": LATER}, late=True, **more)


_RESET = "the connection is reset"
_CARRIED_OUT = "the call is carried out"
_SILENCE = "no answer before our deadline"
_HTML = "200 with a page of HTML"

ANSWERS = (
    Fault("refused", "network", "the connection is refused", detour="closed", prompt=True),
    Fault("reset", "network", f"{_RESET} before the call is carried out", {"kind": "reset_before"}),
    Fault(
        "reset-after", "network", f"{_RESET} after the call was carried out", {"kind": "reset_after"}, for_writes=True
    ),
    Fault("silence", "late", f"{_SILENCE}, and the call is never carried out", detour="silent", late=True),
    _late("late", "delay_after", f"{_CARRIED_OUT}, and answered after our deadline"),
    _late("late-and-done-later", "delay", f"{_SILENCE}, and {_CARRIED_OUT} after it", for_writes=True),
    _late("drip", "drip", f"{_CARRIED_OUT}, and its answer drips in for longer than our deadline"),
    *map(_status, (500, 502, 503, 504)),
    _always(503),
    _status(500, "500 after the call was carried out", "500-after", carry_out=True),
    _throttled("429-seconds", str(PAUSE), f"of {PAUSE} seconds"),
    _throttled("429-date", DATE, f"that is a date {PAUSE} seconds ahead"),
    _status(429, "429 without a Retry-After"),
    _status(408),
    Fault("html", "rubbish", f"{_HTML}, and the call is not carried out", {"kind": "html"}),
    Fault(
        *("html-after", "rubbish", f"{_HTML} after the call was carried out", {"kind": "html", "carry_out": True}),
        for_writes=True,
    ),
    Fault("truncated", "rubbish", f"{_CARRIED_OUT}, and the answer's JSON ends in the middle", {"kind": "truncated"}),
    Fault(
        *("cut-off", "rubbish", f"{_CARRIED_OUT}, and the connection ends in the middle of the answer"),
        {"kind": "truncated", "content_length": "too_long"},
    ),
    _status(401, "401 once", "401-once", once=True),
    _always(401),
    _status(
        401, "401, and the request for a new token is answered 503", "401-no-token", prompt=True, special="token fails"
    ),
    _always(403),
)

SLOW_TOKEN = Fault(
    "401-slowly",
    "401",
    "401 and a new token, both so slow that the lease would lapse before the repetition has taken effect",
    special="slow token",
    for_writes=True,
)

_REMOVED = "404 because the entity was removed behind our back"
UNKNOWN = (
    _status(404, "404 once, though the mapped uuid is right"),
    Fault("404-removed", "404", _REMOVED, special="removed"),
)
DENIED = Fault(
    "404-twice", "404", "404 twice, though the mapped uuid is right", {"kind": "status", "status": 404, "times": 2}
)
STILL_HELD = Fault("404-held", "404", f"{_REMOVED}, and it still holds its unique value", special="removed and kept")
RIVAL = Fault("422", "422", "422 on a unique field")

TOKEN_FAILS: Mapping[str, Any] = {"kind": "status", "status": 503, "method": "POST", "path": TOKEN_PATH}
GROUPS = ("network", "late", "5xx", "429", "408", "rubbish", "401", "403", "404", "422")
