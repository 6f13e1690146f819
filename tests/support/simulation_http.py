"""The real client's way to the real sandbox without a socket: in virtual time, and with faults on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import httpx
from starlette.types import Message

from local.sandbox import Sandbox
from local.sandbox.app import create_app
from tests.support.simulation_time import Process, Time
from tests.support.simulation_watch import Sent, Watch
from tests.support.simulation_weather import Sky

# Where one entity is changed, as far as it can be moved or renamed meanwhile.
OWN_PATH = re.compile(r"/\w+/[0-9a-f-]{36}(/modules/groups/[0-9a-f-]{36}|/revoke)?")
BASE_URL = "http://127.0.0.1"
TOKEN_PATHS = ("/oauth/", "/auth/")


class SandboxInProcess:
    """The sandbox's own application, called as a function."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self._app = create_app(self.sandbox)

    def answer(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        # Nothing in the sandbox waits for anything, so no event loop is needed.
        answering: Any = self._app(scope, receive, send)
        with suppress(StopIteration):
            while True:
                answering.send(None)
        start, *parts = messages
        body = b"".join(part.get("body", b"") for part in parts)
        return httpx.Response(start["status"], headers=start["headers"], content=body, request=request)


@cache
def sandbox_in_process() -> SandboxInProcess:
    """One for all simulations, for it is dear to build; ``reset`` its sandbox first."""
    return SandboxInProcess()


Answer = Callable[[httpx.Request], httpx.Response]


class Wire(httpx.BaseTransport):
    """What one environment's client sends through. ``process``: the one that is running in the environment."""

    def __init__(
        self, answer: Answer, time: Time, sky: Sky, watch: Watch, *, deadline: float, processing: float
    ) -> None:
        self.process = Process("nobody")
        self._answer = answer
        self._time = time
        self._sky = sky
        self._watch = watch
        self._deadline = deadline
        self._processing = processing

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        task = self._time.running
        sent = Sent(request, self.process.name, dict(task.leases))
        deniable = self._may_deny(request)
        met = self._sky.met("http", writes=sent.writes, spared=() if deniable else ("denied",))
        self._sky.perhaps_kill(self.process, surely=met.kind == "dies before")
        left = max(0.0, min(self._deadline, task.deadline - self._time.now))
        self._watch.sending(sent, self._time.now + left + self._processing)
        kind = self._sky.random.choice(FAULTS) if self._sky.strikes(self._sky.weather.http) else met.kind
        if kind == "none" and self._sky.strikes(self._sky.weather.denied):
            kind = "denied"
        if kind == "denied":
            kind = self._denied(request) if deniable else "none"
        if kind != "none":
            self._watch.note(f"{sent} meets {kind}")
        if kind in IN_DOUBT:
            self._watch.in_doubt(sent)
        call = _Call(self._answer, self._watch, sent)
        taken_up, answered = self._moments(kind, left, met.seconds)
        if taken_up is not None:
            self._schedule(call, taken_up)
        self._time.sleep(answered)
        self._sky.perhaps_kill(self.process, surely=kind == "dies after")
        return self._heard(call, kind)

    def _heard(self, call: _Call, kind: str) -> httpx.Response:
        if kind == "truncated" and call.response and call.response.is_success and call.response.content:
            self._watch.in_doubt(call.sent)
        return _answer_to(call, kind, self._sky)

    def _may_deny(self, request: httpx.Request) -> bool:
        """A write to an entity, each entity once: twice would be believed."""
        path = request.url.path
        return request.method != "GET" and path not in self._sky.denied and bool(OWN_PATH.fullmatch(path))

    def _denied(self, request: httpx.Request) -> str:
        self._sky.denied.add(request.url.path)
        return "denied"

    def _moments(self, kind: str, left: float, stall: float) -> tuple[float | None, float]:
        """When DokStamp carries the call out, and when the caller hears or gives up; in seconds from now.

        ``left``: until the deadline; ``stall``: for how long a process stands still that was meant to.
        """
        uniform = self._sky.random.uniform
        if kind in NEVER_CARRIED_OUT:
            return None, uniform(0, 0.2)
        if kind == "never":
            return None, left
        if kind == "late":
            return uniform(0, left + self._processing), left
        if kind == "frozen":
            return uniform(0, left), left + uniform(0, self._sky.weather.longest_pause) + stall
        if kind == "slow" or self._sky.strikes(self._sky.weather.slow):
            first, second = sorted((uniform(0, left), uniform(0, left)))
            return first, second
        if self._sky.weather.even:
            return uniform(0.01, 0.03), uniform(0.04, 0.06)
        return self._sky.random.choice([0.0, 0.01, 0.1]), 0.101

    def _schedule(self, call: _Call, seconds: float) -> None:
        """A process that is killed takes its call along, or not."""
        process = self.process
        outlives = self._sky.strikes(0.5)
        self._time.at(self._time.now + seconds, lambda: call.carry_out() if process.alive or outlives else None)


# What can be laid for a call besides: DokStamp takes its time, or the process dies.
HTTP_MISFORTUNES = ("slow", "dies before", "dies after")
# What a call can meet; the answer of those in doubt never says whether it was carried out.
_AT_ONCE = ("refused", "reset_before", "reset_after", "busy", "busy_after", "server_error", "throttled")
FAULTS = (*_AT_ONCE, "unauthenticated", "denied", "never", "late", "frozen", "rubbish", "truncated")
NEVER_CARRIED_OUT = frozenset(FAULTS) - {"reset_after", "busy_after", "never", "late", "frozen", "truncated"}
IN_DOUBT = frozenset(FAULTS) - {"refused", "throttled", "unauthenticated", "denied", "truncated"}


class _Call:
    def __init__(self, answer: Answer, watch: Watch, sent: Sent) -> None:
        self.sent = sent
        self.response: httpx.Response | None = None
        self._answer = answer
        self._watch = watch

    def carry_out(self) -> None:
        self.response = self._answer(self.sent.request)
        self._watch.carried_out(self.sent, self.response)


def _answer_to(call: _Call, kind: str, sky: Sky) -> httpx.Response:
    request = call.sent.request
    later = {"Retry-After": str(sky.random.choice([0, 1, 5]))} if sky.strikes(0.5) else {}
    match kind:
        case "refused":
            raise httpx.ConnectError("refused", request=request)
        case "reset_before" | "reset_after":
            raise httpx.ReadError("reset", request=request)
        case "never" | "late" | "frozen":
            raise httpx.ReadTimeout("silence", request=request)
        case "busy" | "busy_after":
            return httpx.Response(503, headers=later, request=request)
        case "server_error":
            return httpx.Response(500, json={"message": "Server Error"}, request=request)
        case "throttled":
            return httpx.Response(429, headers=later, request=request)
        case "unauthenticated":
            return httpx.Response(401, json={"message": "Unauthenticated."}, request=request)
        case "denied":
            return httpx.Response(404, json={"message": "Resource not found."}, request=request)
        case "rubbish":
            return httpx.Response(200, text="<html>", request=request)
    assert call.response is not None
    if kind == "truncated":
        content = call.response.content
        return httpx.Response(call.response.status_code, content=content[: len(content) // 2], request=request)
    return call.response
