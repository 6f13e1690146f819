"""One schedule: a world, a configuration and a weather, all drawn from a seed and played to the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dokstamp_sync.mapping.row import Store
from tests.model.stage import Stage
from tests.model.world import Timetable
from tests.support.memory import MemoryStore
from tests.support.simulation_weather import Weather


@dataclass(slots=True)
class Played:
    """``findings``: each begins with its kind; ``trace``: what happened, if it was asked for."""

    seed: int
    findings: list[str]
    trace: list[str]
    steps: int
    calls: int
    about: str


def play(seed: int, *, new_store: Callable[[], Store] = MemoryStore, trace: bool = False) -> Played:
    """Plays one schedule: the storm, the calm after it, and one redrive of all dead letters."""
    random = Random(seed)
    stage = Stage(random, Timetable(random).world(), new_store, seed=seed)
    simulation = stage.simulation
    if trace:
        simulation.watch.trace = []
    for message in stage.world.messages:
        for at in message.at:
            simulation.send(message.as_json(), after=at)
    _disturb(random, stage)
    weather = Weather.drawn(random, longest_pause=stage.settings.lease_seconds * random.choice([0.5, 3]))
    stage.pass_time(random.choice([60, 600, 3600]), weather)
    findings = stage.play_to_the_end()
    about = f"{stage.about}\n{weather}"
    return Played(seed, findings, simulation.watch.trace or [], simulation.time.steps, len(stage.sandbox.calls), about)


def _disturb(random: Random, stage: Stage) -> None:
    """Messages that are being worked on are handed out again, and tokens end before their time."""
    time = stage.simulation.time
    for _ in range(random.choice([0, 3, 20])):
        queue = random.choice(stage.simulation.all_queues)
        time.at(time.now + random.uniform(0, 120), queue.hand_out_again)
    for _ in range(random.choice([0, 0, 2])):
        time.at(time.now + random.uniform(0, 120), stage.sandbox.gate.clear)
