"""A server on loopback that keeps every request as it came over the wire, and answers what it is told to."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from dokstamp_sync.dokstamp.client import DokStamp
from tests.support.pipeline import CREDENTIALS, Clock, a_brake, settings

TOKEN_PATH = b"/oauth/token"


def answer(body: object = None, status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer; ``body`` is sent as JSON, bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content_Length": str(len(content)), "Connection": "close"} | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


TOKEN = answer({"access_token": "the-token", "expires_in": 3600})


class Loopback:
    """``says``: the answer to a request, in pieces if it is a generator."""

    def __init__(self, says: Callable[[bytes], bytes | Iterator[bytes]]) -> None:
        self.requests: list[bytes] = []
        self.sent = 0
        self._says = says
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                self._exchange(connection)

    def _exchange(self, connection: socket.socket) -> None:
        request = _whole_request(connection)
        self.requests.append(request)
        said = self._says(request)
        for piece in [said] if isinstance(said, bytes) else said:
            connection.sendall(piece)
            self.sent += len(piece)


def _whole_request(connection: socket.socket) -> bytes:
    taken = b""
    while b"\r\n\r\n" not in taken:
        taken += connection.recv(65536)
    head, _, body = taken.partition(b"\r\n\r\n")
    wanted = int(fields(head).get("content-length", "0"))
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def fields(request: bytes) -> dict[str, str]:
    """A request's header fields, by their names in lower case."""
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return {
        name.decode().lower(): value.decode().strip() for name, _, value in (line.partition(b":") for line in lines)
    }


@contextmanager
def serving(says: Callable[[bytes], bytes | Iterator[bytes]]) -> Iterator[Loopback]:
    """A server that gives out a token, and answers the rest with ``says``."""
    server = Loopback(lambda request: TOKEN if TOKEN_PATH in request.split(b"\r\n")[0] else says(request))
    try:
        yield server
    finally:
        server.close()


@contextmanager
def client_of(url: str) -> Iterator[DokStamp]:
    client = DokStamp(settings(url), lambda afresh: CREDENTIALS, a_brake(Clock()), clock=Clock())
    try:
        yield client
    finally:
        client.close()
