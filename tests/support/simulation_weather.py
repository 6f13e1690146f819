"""What befalls the calls that a simulated process makes: pauses, faults, kills. Chances are per call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from dokstamp_sync.errors import Retry
from tests.support.simulation_time import Killed, Process, Time

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weather:
    """``longest_pause``: how long a paused process stands still at most, in seconds. ``slow``: DokStamp takes its time,
    yet answers before the deadline. ``twice``: a message is handed out twice."""

    pause: float = 0.0
    longest_pause: float = 0.0
    slow: float = 0.0
    kill: float = 0.0
    store: float = 0.0
    runs: float = 0.0
    http: float = 0.0
    twice: float = 0.0

    @classmethod
    def drawn(cls, random: Random, longest_pause: float) -> Weather:
        """Each kind of trouble by itself: absent, rare or frequent; all at once would hide each other."""

        def chance(rare: float, frequent: float) -> float:
            return random.choice([0.0, rare, frequent])

        return cls(
            pause=chance(0.02, 0.12),
            longest_pause=longest_pause,
            slow=chance(0.05, 0.3),
            kill=chance(0.003, 0.02),
            store=chance(0.005, 0.03),
            runs=chance(0.02, 0.2),
            http=chance(0.03, 0.25),
            twice=chance(0.05, 0.3),
        )


CALM = Weather()


class Sky:
    """The weather in force, and the luck of each call."""

    def __init__(self, time: Time, random: Random) -> None:
        self.weather = CALM
        self.random = random
        self._time = time

    def strikes(self, chance: float) -> bool:
        return chance > 0 and self.random.random() < chance

    def call(self, process: Process, what: str, act: Callable[[], T], *, chance: float, writes: bool) -> T:
        """One call of a process over a port; may fail with Retry, or kill the process, before it or after it."""
        self.pause()
        self.perhaps_kill(process)
        if self.strikes(chance):
            raise Retry(f"{what} failed before it was done", definite=not writes)
        result = act()
        self.perhaps_kill(process)
        if writes and self.strikes(chance):
            raise Retry(f"{what} was done, and its answer lost", definite=False)
        self.pause()
        return result

    def pause(self) -> None:
        """Others may go first; now and then for long."""
        seconds = 0.0
        if self.strikes(self.weather.pause):
            seconds = self.random.uniform(0, self.weather.longest_pause)
        elif self.random.random() < 0.5:
            seconds = self.random.choice([0.001, 0.01, 0.1])
        self._time.sleep(seconds)

    def perhaps_kill(self, process: Process) -> None:
        if self.strikes(self.weather.kill):
            self._time.kill(process)
            raise Killed(process.name)
