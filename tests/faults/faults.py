"""The faults that a call can meet, each with what is asked of the worker besides a right end."""

from __future__ import annotations

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
UNTIL_MENDED = f"until somebody mends it after the message was received {MENDED_AFTER} times"


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


def _status(status: int, says: str, **more: Any) -> Fault:
    return Fault(
        str(status), "5xx" if status >= 500 else str(status), says, {"kind": "status", "status": status}, **more
    )


_CARRIED_OUT = {"carry_out": True}

ANSWERS = (
    Fault("refused", "network", "the connection is refused", detour="closed", prompt=True),
    Fault("reset", "network", "the connection is reset before the call is carried out", {"kind": "reset_before"}),
    Fault(
        "reset-after",
        "network",
        "the connection is reset after the call was carried out",
        {"kind": "reset_after"},
        for_writes=True,
    ),
    Fault(
        "silence",
        "late",
        "no answer before our deadline, and the call is never carried out",
        detour="silent",
        late=True,
    ),
    Fault(
        "late",
        "late",
        "the call is carried out, and answered after our deadline",
        {"kind": "delay_after", "seconds": LATER},
        late=True,
    ),
    Fault(
        "late-and-done-later",
        "late",
        "no answer before our deadline, and the call is carried out after it",
        {"kind": "delay", "seconds": LATER},
        late=True,
        for_writes=True,
    ),
    Fault(
        "drip",
        "late",
        "the call is carried out, and its answer drips in for longer than our deadline",
        {"kind": "drip", "seconds": LATER},
        late=True,
    ),
    _status(500, "500"),
    _status(502, "502"),
    _status(503, "503"),
    _status(504, "504"),
    Fault(
        "503-while",
        "5xx",
        f"503 always, {UNTIL_MENDED}",
        {"kind": "status", "status": 503, "times": None},
        receives=MENDED_AFTER,
    ),
    Fault(
        "500-after",
        "5xx",
        "500 after the call was carried out",
        {"kind": "status", "status": 500, **_CARRIED_OUT},
        for_writes=True,
    ),
    Fault(
        "429-seconds",
        "429",
        f"429 with a Retry-After of {PAUSE} seconds",
        {"kind": "status", "status": 429, "headers": {"Retry-After": str(PAUSE)}},
        pauses=PAUSE,
    ),
    Fault(
        "429-date",
        "429",
        f"429 with a Retry-After that is a date {PAUSE} seconds ahead",
        {"kind": "status", "status": 429, "headers": {"Retry-After": DATE}},
        pauses=PAUSE,
    ),
    _status(429, "429 without a Retry-After"),
    _status(408, "408"),
    Fault("html", "rubbish", "200 with a page of HTML, and the call is not carried out", {"kind": "html"}),
    Fault(
        "html-after",
        "rubbish",
        "200 with a page of HTML after the call was carried out",
        {"kind": "html", **_CARRIED_OUT},
        for_writes=True,
    ),
    Fault(
        "truncated",
        "rubbish",
        "the call is carried out, and the answer's JSON ends in the middle",
        {"kind": "truncated"},
    ),
    Fault(
        "cut-off",
        "rubbish",
        "the call is carried out, and the connection ends in the middle of the answer",
        {"kind": "truncated", "content_length": "too_long"},
    ),
    Fault("401-once", "401", "401 once", {"kind": "status", "status": 401}, once=True),
    Fault(
        "401-while",
        "401",
        f"401 always, {UNTIL_MENDED}",
        {"kind": "status", "status": 401, "times": None},
        receives=MENDED_AFTER,
    ),
    Fault(
        "401-no-token",
        "401",
        "401, and the request for a new token is answered 503",
        {"kind": "status", "status": 401},
        prompt=True,
        special="token fails",
    ),
    Fault(
        "403-while",
        "403",
        f"403 always, {UNTIL_MENDED}",
        {"kind": "status", "status": 403, "times": None},
        receives=MENDED_AFTER,
    ),
)

SLOW_TOKEN = Fault(
    "401-slowly",
    "401",
    "401 and a new token, both so slow that the lease would lapse before the repetition has taken effect",
    special="slow token",
    for_writes=True,
)

UNKNOWN = (
    Fault("404", "404", "404 once, though the mapped uuid is right", {"kind": "status", "status": 404}),
    Fault("404-removed", "404", "404 because the entity was removed behind our back", special="removed"),
)
DENIED = Fault(
    "404-twice", "404", "404 twice, though the mapped uuid is right", {"kind": "status", "status": 404, "times": 2}
)
STILL_HELD = Fault(
    "404-held",
    "404",
    "404 because the entity was removed behind our back, and it still holds its unique value",
    special="removed and kept",
)
RIVAL = Fault("422", "422", "422 on a unique field")

TOKEN_FAILS: Mapping[str, Any] = {"kind": "status", "status": 503, "method": "POST", "path": TOKEN_PATH}
GROUPS = ("network", "late", "5xx", "429", "408", "rubbish", "401", "403", "404", "422")
