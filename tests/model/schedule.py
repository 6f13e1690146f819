"""One schedule: a world, a configuration and a weather, all drawn from a seed and played to the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from dokstamp_sync.mapping.row import Store
from tests.model.meetings import MEETING
from tests.model.plots import Plot
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


def play(
    seed: int,
    *,
    new_store: Callable[[], Store] = MemoryStore,
    meetings: frozenset[str] = MEETING,
    trace: bool = False,
) -> Played:
    """Plays one schedule: the storm, the calm after it, and one redrive of all dead letters."""
    random = Random(seed)
    stage = Stage(random, Timetable(random, meetings).world(), new_store, seed=seed)
    simulation = stage.simulation
    if trace:
        simulation.watch.trace = []
    for message in stage.world.messages:
        for at in message.at:
            simulation.send(message.as_json(), after=at)
    _meet(random, stage)
    _disturb(random, stage)
    weather = Weather.drawn(random, longest_pause=stage.settings.lease_seconds * random.choice([0.5, 3]))
    stage.pass_time(random.choice([60, 600, 3600]), weather)
    findings = stage.play_to_the_end()
    about = f"{stage.about}\n{weather}"
    return Played(seed, findings, simulation.watch.trace or [], simulation.time.steps, len(stage.sandbox.calls), about)


def _meet(random: Random, stage: Stage) -> None:
    """Every plot begins at some time; an act that waits for results is told when the last of them is there."""
    time, simulation = stage.simulation.time, stage.simulation

    def go_on(plot: Plot, spread: float) -> None:
        if plot.may_go_on({result["run"] for result in simulation.results}):
            stage.go_on(plot, len(plot.told), random, spread)
            time.at(time.now + random.choice([0, 0, 3, 60]), partial(go_on, plot, spread))

    def hear(plot: Plot, spread: float, result: Mapping[str, Any]) -> None:
        if plot.next and plot.next.when == "after results":
            go_on(plot, spread)

    for plot in stage.world.school.plots:
        spread = random.choice([0, 5, 60, 600])
        time.at(time.now + random.choice([0, 0, 30]), partial(go_on, plot, spread))
        simulation.reported.append(partial(hear, plot, spread))


def _disturb(random: Random, stage: Stage) -> None:
    """Messages that are being worked on are handed out again, and tokens end before their time."""
    time = stage.simulation.time
    for _ in range(random.choice([0, 3, 20])):
        queue = random.choice(stage.simulation.all_queues)
        time.at(time.now + random.uniform(0, 120), queue.hand_out_again)
    for _ in range(random.choice([0, 0, 2])):
        time.at(time.now + random.uniform(0, 120), stage.sandbox.gate.clear)
