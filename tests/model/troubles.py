"""What a DokStamp of the model does to all calls alike: it takes only so many a second, and for a time none at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

import httpx

from tests.support.simulation_http import Answer
from tests.support.simulation_time import START

# An outage may last as many back-offs as three days are on AWS; but that takes long to play.
BACK_OFFS = (5, 20, 20, 20, 20, 288)


class Troubled:
    """Answers like ``answer``, within a limit and outside of an outage; ``clock``: seconds since the epoch."""

    def __init__(self, answer: Answer, clock: Callable[[], float], random: Random, longest_back_off: float) -> None:
        self.limit = random.choice([0, 0, 0, 2, 10]) * (1 if longest_back_off > 60 else 10)
        self.begins = START + random.choice([0, 30, 300])
        self.ends = self.begins + random.choice([0, 0, 0, longest_back_off * random.choice(BACK_OFFS)])
        self._asks_to_wait = random.choice([None, "60"])
        self._answer = answer
        self._clock = clock
        self._recent: deque[float] = deque()

    @property
    def is_any(self) -> bool:
        """Whether there is a limit or an outage."""
        return bool(self.limit or self.seconds)

    @property
    def seconds(self) -> float:
        """How long the outage lasts; 0 if there is none."""
        return self.ends - self.begins

    def __str__(self) -> str:
        return f"limit {self.limit}, outage {self.seconds:g} s"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        now = self._clock()
        if self.begins <= now < self.ends:
            return httpx.Response(503, headers={"Retry-After": self._asks_to_wait} if self._asks_to_wait else {})
        if self.limit and not request.url.path.endswith(("/token", "/login")) and not self._takes(now):
            return httpx.Response(429, headers={"Retry-After": "1"}, json={})
        return self._answer(request)

    def _takes(self, now: float) -> bool:
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= self.limit:
            return False
        self._recent.append(now)
        return True
