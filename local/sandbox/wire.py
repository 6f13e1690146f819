"""The outermost layer: logs every API call, and lets a fault meet it on its way."""

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.sandbox.calls import LoggedCall, logged_body
from local.sandbox.errors import ApiError
from local.sandbox.faults import Fault
from local.sandbox.fields import now
from local.sandbox.sandbox import Sandbox

_log = logging.getLogger(__name__)
# The sandbox's own pages: never logged, never met by a fault.
_OWN_PAGES = ("/_sandbox", "/docs", "/openapi.json", "/static-offline-docs", "/verify/", "/favicon.ico")
# Linger on, for no time: closing the socket then sends RST instead of FIN.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_DRIPS = 200


@dataclass(slots=True)
class Exchange:
    """One API call with its body read, and the means to carry it out and to answer it, well or badly."""

    app: ASGIApp
    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    log: LoggedCall
    sandbox: Sandbox

    async def carry_out(self) -> Response:
        """The API's own answer."""
        requests = iter([{"type": "http.request", "body": self.body, "more_body": False}])
        messages: list[Message] = []

        async def receive() -> Message:
            return next(requests, None) or await self.receive()

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scope, receive, keep)
        start, *parts = messages
        response = Response(b"".join(part.get("body", b"") for part in parts), start["status"])
        response.raw_headers = list(start["headers"])
        self.log.api_status = response.status_code
        self.log.carried_out = response.status_code < 300
        return response

    async def answer(self, response: Response) -> None:
        self.log.status = response.status_code
        MutableHeaders(raw=response.raw_headers)["X-Request-Id"] = self.log.request_id
        await response(self.scope, self.receive, self.send)

    async def close(self, last_words: bytes = b"") -> None:
        """Closes the connection after `last_words`; without any, by a TCP reset."""
        transport: asyncio.Transport = self.scope["state"]["transport"]
        if last_words:
            transport.write(last_words)
            transport.close()
        else:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            transport.abort()
        while (await self.receive())["type"] != "http.disconnect":
            pass


class Wire:
    """ASGI application around the API's own."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self.app = app
        self.sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/" or scope["path"].startswith(_OWN_PAGES):
            return await self.app(scope, receive, send)
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        exchange = Exchange(self.app, scope, body, receive, send, self._logged(scope, body), self.sandbox)
        try:
            await self._met(exchange)
        # Whatever it is, it is the sandbox's own fault: said with its trace, and no answer at all.
        except Exception:
            _log.exception("The sandbox failed at %s %s", scope["method"], scope["path"])
            raise

    async def _met(self, exchange: Exchange) -> None:
        with self.sandbox.lock:
            fault = self.sandbox.faults.meeting(exchange.scope["method"], exchange.scope["path"], exchange.body)
        if fault is None:
            await exchange.answer(await exchange.carry_out())
        else:
            exchange.log.fault = fault.kind
            await _FAULTS[fault.kind](exchange, fault)

    def _logged(self, scope: Scope, body: bytes) -> LoggedCall:
        headers = Headers(scope=scope)
        return self.sandbox.log(
            at=now(),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            request_id=headers.get("x-request-id") or str(uuid4()),
            user_agent=headers.get("user-agent", ""),
            tenant=headers.get("x-tenant"),
            body=logged_body(scope["path"], headers.get("content-type", ""), body),
        )


async def _status(exchange: Exchange, fault: Fault) -> None:
    if fault.carry_out:
        await exchange.carry_out()
    content: Any = fault.body
    if content is None:
        content = ApiError(fault.status).body(exchange.sandbox.switches.generation)
    make = HTMLResponse if isinstance(content, str) else JSONResponse
    await exchange.answer(make(content, fault.status, headers=fault.headers))


async def _reset_before(exchange: Exchange, fault: Fault) -> None:
    await exchange.close()


async def _reset_after(exchange: Exchange, fault: Fault) -> None:
    await exchange.carry_out()
    await exchange.close()


async def _delay(exchange: Exchange, fault: Fault) -> None:
    await asyncio.sleep(fault.seconds)
    await exchange.answer(await exchange.carry_out())


async def _delay_after(exchange: Exchange, fault: Fault) -> None:
    response = await exchange.carry_out()
    await asyncio.sleep(fault.seconds)
    await exchange.answer(response)


async def _html(exchange: Exchange, fault: Fault) -> None:
    if fault.carry_out:
        await exchange.carry_out()
    page = fault.body if isinstance(fault.body, str) else "<!doctype html><title>Maintenance</title><h1>Back soon</h1>"
    await exchange.answer(HTMLResponse(page))


async def _truncated(exchange: Exchange, fault: Fault) -> None:
    response = await exchange.carry_out()
    whole = bytes(response.body)
    cut = whole[: len(whole) // 2]
    if fault.content_length == "right":
        await exchange.answer(Response(cut, response.status_code, media_type="application/json"))
        return
    exchange.log.status = response.status_code
    head = f"HTTP/1.1 {response.status_code} \r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
    await exchange.close(head.encode() + cut)


async def _drip(exchange: Exchange, fault: Fault) -> None:
    response = await exchange.carry_out()
    exchange.log.status = response.status_code
    body = bytes(response.body)
    size = -(-len(body) // _DRIPS) or 1
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    await exchange.send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    for piece in pieces:
        await asyncio.sleep(fault.seconds / len(pieces))
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


_FAULTS: dict[str, Callable[[Exchange, Fault], Awaitable[None]]] = {
    "status": _status,
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "delay": _delay,
    "delay_after": _delay_after,
    "html": _html,
    "truncated": _truncated,
    "drip": _drip,
}
