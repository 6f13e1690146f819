"""Lays a case's fault in the way of its call, mends it again, and sees that time passes for the vendor too."""

import json
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from typing import Any

import httpx

from local.sandbox import Fault as SandboxFault
from local.sandbox import Sandbox
from tests.faults import faults
from tests.faults.calls import TOKEN_PATH
from tests.faults.cases import Case
from tests.faults.line import Line, Receive
from tests.faults.rival import outdo, remove
from tests.faults.stage import Stage
from tests.faults.wire import Ambush, Moment, Wire

PATIENCE_WITH_THE_SANDBOX = 3.0
SLOWLY = 0.9
# Seconds: less than a lease, more than a few back-offs.
PROMPTLY = 6


def let_the_vendor_finish(sandbox: Sandbox) -> None:
    """Returns when the sandbox has carried out what it took its time with."""
    give_up = time.monotonic() + PATIENCE_WITH_THE_SANDBOX
    while time.monotonic() < give_up:
        if not any(call.fault == "delay" and call.api_status is None for call in sandbox.calls):
            return
        time.sleep(0.005)


class Mischief:
    """The fault of one case."""

    def __init__(self, case: Case, sandbox: Sandbox, stage: Stage, dead_ends: Mapping[str, int]) -> None:
        assert case.fault is not None
        self._case = case
        self._call = case.call
        self._fault = case.fault
        self._sandbox = sandbox
        self._stage = stage
        self._dead_ends = dead_ends
        self._ambush: Ambush | None = None
        self._started = 0.0

    def arm(self, wire: Wire) -> None:
        """From now on the call meets its fault."""
        call, fault = self._call, self._fault
        self._started = self._stage.clock()
        if call.earlier:
            self._sandbox.add_faults(SandboxFault(**call.earlier))
        if fault.special in ("removed", "removed and kept"):
            held = fault.special == "removed and kept"
            self._sandbox.switch(trashed_blocks_unique=held)
            if call.method != "GET" or call.whose != "own":
                remove(self._sandbox, call)
                return
        self._wire = wire
        self._ambush = Ambush(call.method, call.path, self._spring, skip=call.skip)
        wire.ambushes.append(self._ambush)

    def _spring(self, request: httpx.Request) -> None:
        """The call is on its way: what meets it is laid now."""
        call, fault = self._call, self._fault
        if fault.detour:
            request.url = request.url.copy_with(port=self._dead_ends[fault.detour])
        if fault.sandbox:
            self._sandbox.add_faults(SandboxFault(method=call.method, path=call.path, **self._dated(fault.sandbox)))
        if fault.special == "token fails":
            self._sandbox.add_faults(SandboxFault(**faults.TOKEN_FAILS))
        if fault.special == "slow token":
            self._slow_token()
        if fault.special in ("removed", "removed and kept"):
            remove(self._sandbox, call)
        if self._case.rival:
            outdo(self._sandbox, self._case.rival, request)

    def _slow_token(self) -> None:
        """Both answers take all but the whole of a call's time."""
        with self._sandbox.lock:
            self._sandbox.gate.clear()

        def dawdle(request: httpx.Request) -> None:
            self._stage.clock.sleep(self._stage.settings.deadline_seconds * SLOWLY)

        answered: Moment = "answered"
        self._wire.ambushes.append(Ambush(self._call.method, self._call.path, dawdle, answered))
        self._wire.ambushes.append(Ambush("POST", TOKEN_PATH, dawdle, answered))

    def _dated(self, fault: Mapping[str, Any]) -> dict[str, Any]:
        written = json.dumps(dict(fault))
        date = formatdate(self._stage.clock() + faults.PAUSE, usegmt=True)
        dated: dict[str, Any] = json.loads(written.replace(faults.DATE, date))
        return dated

    def after(self, receive: int, received: Receive) -> None:
        """The message is hidden for as long as the worker said, and the vendor goes on meanwhile."""
        self._stage.clock.sleep(max(1.0, received.hidden or 1.0))
        if receive == self._fault.receives:
            with self._sandbox.lock:
                self._sandbox.faults.clear()
        sent = [each for each in self._stage.sent if not each.definite]
        processed = max((each.latest for each in sent), default=0.0) + self._stage.settings.processing_seconds
        if self._stage.clock() >= processed:
            let_the_vendor_finish(self._sandbox)

    def complaints(self, line: Line) -> Iterator[str]:
        """What the fault asks for besides a right end."""
        if self._ambush and not self._ambush.used:
            yield "the call never met its fault"
        if self._fault.receives and line.receives <= self._fault.receives:
            yield f"the message was gone after {line.receives} receives, though nobody had mended anything"
        if self._fault.once and not self._call.is_token and line.receives > self._call.receives:
            yield f"the worker needed {line.receives} receives"
        if self._fault.pauses:
            yield from self._too_early()
        elif self._is_prompt() and self._stage.clock() - self._started > PROMPTLY:
            yield f"the record took {self._stage.clock() - self._started:.0f} seconds, though nothing was in flight"

    def _is_prompt(self) -> bool:
        """Whether nothing can be in flight: no call was sent, or none that changes anything."""
        if self._call.earlier or self._fault.receives or self._fault.late or self._fault.group == "404":
            return False
        return self._fault.prompt or not self._call.writes

    def _too_early(self) -> Iterator[str]:
        sent = self._stage.sent
        throttled = next((place for place, each in enumerate(sent) if each.answer == "429"), None)
        if throttled is None:
            yield "nothing was answered 429"
            return
        resume = sent[throttled].at + self._fault.pauses
        for each in sent[throttled + 1 :]:
            if each.at < resume:
                yield f"{each.method} {each.path} was sent at {each.at}, before the {resume} that was asked for"
