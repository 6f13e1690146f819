"""Between client and network: what was sent, when, under which lease; and detours to where nobody answers."""

import json
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import uuid4

import httpx

from dokstamp_sync.mapping.row import Claim

# Whoever is told so can be sure that nothing was carried out; any other 4xx is as good.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
_UNSURE = {408}

Moment = Literal["before", "answered", "lost"]


@dataclass(slots=True)
class Sent:
    """A call as it left. ``latest``: when at the latest the vendor may have begun with it; ``id`` is in its log.

    ``owner`` and ``until``: whose claim the record had then, and for how long; of several rows that a call needs, the
    worst one's. ``definite``: the answer says whether it was carried out. ``astray``: it went to a dead end.
    """

    worker: str
    method: str
    path: str
    at: float
    latest: float
    owner: str = ""
    until: float = 0.0
    definite: bool = False
    answer: str = "nothing"
    id: str = field(default_factory=lambda: str(uuid4()))
    astray: bool = False

    @property
    def is_write(self) -> bool:
        return self.method != "GET" and not re.search("^/(oauth|auth)/", self.path)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Ambush:
    """Does something when a certain call comes by, ``skip`` others let pass, ``times`` times.

    ``act`` may send the request elsewhere by changing its address.
    """

    method: str
    path: str
    act: Callable[[httpx.Request], None]
    moment: Moment = "before"
    skip: int = 0
    times: int = 1
    used: int = 0

    def meet(self, request: httpx.Request, moment: Moment) -> None:
        if moment != self.moment or request.method != self.method or not re.search(self.path, request.url.path):
            return
        if self.skip:
            self.skip -= 1
        elif self.used < self.times:
            self.used += 1
            self.act(request)


class Wire(httpx.BaseTransport):
    """One worker's way to the network.

    ``claims``: those that a call on a path needs, as they stand (None: not claimed). ``in_time``: how long a call may
    stay unanswered.
    """

    def __init__(
        self,
        worker: str,
        network: httpx.BaseTransport,
        clock: Callable[[], float],
        claims: Callable[[str], Iterable[Claim | None]],
        in_time: float,
        tell: Callable[[Sent], None],
    ) -> None:
        self._worker = worker
        self._network = network
        self._clock = clock
        self._claims = claims
        self._in_time = in_time
        self._tell = tell
        self.ambushes: list[Ambush] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = Sent(self._worker, request.method, request.url.path, 0.0, 0.0)
        request.headers["X-Request-Id"] = sent.id
        port = request.url.port
        self._meet(request, "before")
        sent.at, sent.astray = self._clock(), request.url.port != port
        if sent.is_write:
            sent.owner, sent.until = self._worst_claim(request.url.path)
        try:
            response = self._network.handle_request(request)
            response.read()
        except httpx.HTTPError as error:
            sent.answer, sent.definite = type(error).__name__, isinstance(error, _NEVER_SENT)
            self._meet(request, "lost")
            raise
        else:
            sent.answer, sent.definite = str(response.status_code), _is_definite(response)
        finally:
            sent.latest = self._clock() + self._in_time
            self._tell(sent)
        self._meet(request, "answered")
        return response

    def _worst_claim(self, path: str) -> tuple[str, float]:
        claims = list(self._claims(path))
        if not all(claims):
            return "", 0.0
        foreign = [each for each in claims if each and not each.owner.startswith(f"{self._worker}-")]
        worst = min((each for each in foreign or claims if each), key=lambda each: each.until)
        return worst.owner, worst.until

    def _meet(self, request: httpx.Request, moment: Moment) -> None:
        for ambush in self.ambushes:
            ambush.meet(request, moment)


def _is_definite(response: httpx.Response) -> bool:
    if response.is_success:
        try:
            return not response.content or isinstance(json.loads(response.content), dict)
        except ValueError:
            return False
    return 400 <= response.status_code < 500 and response.status_code not in _UNSURE


@contextmanager
def dead_ends() -> Iterator[dict[str, int]]:
    """Ports of loopback: ``closed`` refuses, ``silent`` takes a connection and never answers."""
    with socket.socket() as closed, socket.socket() as silent:
        # Bound, so that nobody else gets the port, but not listening.
        closed.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen(128)
        yield {"closed": closed.getsockname()[1], "silent": silent.getsockname()[1]}
