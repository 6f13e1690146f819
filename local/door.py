"""Lets containers reach what listens on loopback only: a port of their gateway leads to the same one here."""

from __future__ import annotations

import errno
import socket
import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from local.emulator import HOST
from local.processes import Failed

CHUNK_BYTES = 65536


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _HandOn(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        port: int = self.request.getsockname()[1]
        # Where nobody listens, the caller is hung up on.
        with suppress(OSError), socket.create_connection((HOST, port)) as inside:
            back = threading.Thread(target=_pipe, args=(inside, self.request), daemon=True)
            back.start()
            _pipe(self.request, inside)
            back.join()


class _Door(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@contextmanager
def opened(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Hands on what comes to these ports of `address` for as long as the block lasts.

    Where Docker runs in a machine of its own (Docker Desktop), its gateway is not ours, and it hands on by itself.
    """
    with ExitStack() as exits:
        for port in ports:
            try:
                door = exits.enter_context(_Door((address, port), _HandOn))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    continue
                raise Failed(f"Nothing can listen on {address}:{port} for the container: {error.strerror}") from None
            threading.Thread(target=door.serve_forever, args=(0.1,), daemon=True).start()
            exits.callback(door.shutdown)
        yield
