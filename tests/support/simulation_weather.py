"""What befalls the calls that a simulated process makes: pauses, faults, kills. Chances are per call.

Besides, a misfortune can be laid for the very next call.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from dokstamp_sync.errors import Retry
from tests.support.simulation_time import Killed, Process, Time

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weather:
    """``longest_pause``: how long a paused process stands still at most, in seconds. ``slow``: DokStamp takes its time,
    yet answers before the deadline. ``denied``: it answers 404 for what it has, once. ``twice``: a message is handed
    out twice. ``even``: calls take as long as they usually do, and no two as long as each other."""

    even: bool = False
    pause: float = 0.0
    longest_pause: float = 0.0
    slow: float = 0.0
    kill: float = 0.0
    store: float = 0.0
    runs: float = 0.0
    http: float = 0.0
    denied: float = 0.0
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
            denied=chance(0.2, 0.8),
            twice=chance(0.05, 0.3),
        )


CALM = Weather()
EVEN = Weather(even=True)

Way = Literal["store", "runs", "http"]
"""Where a call goes: to the mapping and what else is stored, to runs and queues, or to DokStamp."""


@dataclass(frozen=True, slots=True)
class Misfortune:
    """What the next call of that way meets; ``seconds``: for how long its process stands still, if it does so;
    ``only_writes``: calls that change nothing pass.
    """

    way: Way
    kind: str
    seconds: float = 0.0
    only_writes: bool = False


# What may be laid for calls to the store and to runs; see simulation_http.FAULTS for DokStamp's.
MISFORTUNES = ("fails before", "fails after", "dies before", "dies after", "stalls before", "stalls after")


class Sky:
    """The weather in force, and the luck of each call. ``denied``: paths that were answered 404 though they exist."""

    def __init__(self, time: Time, random: Random) -> None:
        self.weather = CALM
        self.random = random
        self.laid: list[Misfortune] = []
        self.denied: set[str] = set()
        self._time = time

    def clear_up(self) -> None:
        """Nothing befalls anybody any more."""
        self.weather = CALM
        self.laid.clear()

    def strikes(self, chance: float) -> bool:
        return chance > 0 and self.random.random() < chance

    def met(self, way: Way, *, writes: bool, spared: Container[str] = ()) -> Misfortune:
        """What was laid for this call, which is used up thereby. ``spared``: kinds that cannot befall it."""
        fits = (each for each in self.laid if each.way == way and each.kind not in spared)
        found = next((each for each in fits if writes or not each.only_writes), None)
        if found is None:
            return Misfortune(way, "none")
        self.laid.remove(found)
        return found

    def call(self, process: Process, what: str, act: Callable[[], T], *, way: Way, writes: bool) -> T:
        """One call of a process; may fail with Retry, or kill the process, before it or after it."""
        chance: float = getattr(self.weather, way)
        met = self.met(way, writes=writes)
        self.pause(met.seconds if met.kind == "stalls before" else 0.0)
        self.perhaps_kill(process, surely=met.kind == "dies before")
        if met.kind == "fails before" or self.strikes(chance):
            raise Retry(f"{what} failed before it was done", definite=not writes)
        result = act()
        self.perhaps_kill(process, surely=met.kind == "dies after")
        if writes and (met.kind == "fails after" or self.strikes(chance)):
            raise Retry(f"{what} was done, and its answer lost", definite=False)
        self.pause(met.seconds if met.kind == "stalls after" else 0.0)
        return result

    def pause(self, stall: float = 0.0) -> None:
        """Others may go first; now and then for long."""
        seconds = stall
        if self.strikes(self.weather.pause):
            seconds += self.random.uniform(0, self.weather.longest_pause)
        elif self.weather.even:
            seconds += self.random.uniform(0.004, 0.012)
        elif self.random.random() < 0.5:
            seconds += self.random.choice([0.001, 0.01, 0.1])
        self._time.sleep(seconds)

    def perhaps_kill(self, process: Process, *, surely: bool = False) -> None:
        if surely or self.strikes(self.weather.kill):
            self._time.kill(process)
            raise Killed(process.name)
