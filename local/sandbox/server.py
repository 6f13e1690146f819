"""Serves a sandbox over HTTP on a loopback address, as a program or inside a test's process."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.sandbox.app import create_app
from local.sandbox.auth import Account
from local.sandbox.sandbox import Sandbox
from local.sandbox.switches import Switches

_START_SECONDS = 10
# Longer than any pause between calls, so that a kept connection does not end under a caller's hands.
_KEEP_ALIVE_SECONDS = 120


class _OpenTransport(H11Protocol):
    """Hands each request its connection's transport, for faults that are not HTTP."""

    # uvicorn narrows the base class's argument in this way, too.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class SandboxServer(uvicorn.Server):
    """A uvicorn server for one sandbox; calls `on_ready` once it listens."""

    def __init__(self, sandbox: Sandbox, host: str, port: int, on_ready: Callable[[], None]) -> None:
        self._listener = _listener(host, port)
        self._on_ready = on_ready
        shown_host = f"[{host}]" if ":" in host else host
        sandbox.url = f"http://{shown_host}:{self._listener.getsockname()[1]}"
        super().__init__(
            uvicorn.Config(
                create_app(sandbox),
                http=_OpenTransport,
                ws="none",
                lifespan="off",
                # What ends in the middle of a delay at a stop is no news; the application tells of its own defects.
                log_level="critical",
                access_log=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    def serve_until_stopped(self) -> None:
        self.run(sockets=[self._listener])


@contextmanager
def running_sandbox(
    account: Account | None = None, port: int = 0, journal: Path | None = None, **switches: object
) -> Iterator[Sandbox]:
    """A sandbox that is served from a thread of this process while the block runs.

    Example: `with running_sandbox(generation="g1", filter_match="contains") as sandbox: httpx.get(sandbox.url)`.
    Raises pydantic's ValidationError for an unknown switch, OSError for a port that is taken.
    """
    sandbox = Sandbox(Switches.model_validate(switches), account, journal)
    ready = threading.Event()
    server = SandboxServer(sandbox, "127.0.0.1", port, ready.set)
    thread = threading.Thread(target=server.serve_until_stopped, name="sandbox", daemon=True)
    thread.start()
    try:
        if not ready.wait(_START_SECONDS):
            raise RuntimeError("The sandbox did not start.")
        yield sandbox
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol by name asyncio leaves Nagle's algorithm on: 40 ms for every call.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener
