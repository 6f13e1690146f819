"""One schedule: a world, a configuration and a weather, all drawn from a seed and played to the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from dokstamp_sync.mapping.memory import MemoryStore
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.settings import Settings
from tests.model.monitor import Monitor
from tests.model.verdict import verdict
from tests.model.world import Traits, World
from tests.support.pipeline import settings
from tests.support.simulation import Simulation
from tests.support.simulation_http import BASE_URL, sandbox_in_process
from tests.support.simulation_time import Restless
from tests.support.simulation_weather import Weather

LOCAL = {"lease_seconds": 8}
# The lease is only just longer than a call can take.
TIGHT = {"lease_seconds": 6.5, "retry_cap_seconds": 30}
REAL = {
    "retry_base_seconds": 10,
    "retry_cap_seconds": 900,
    "deadline_seconds": 20,
    "processing_seconds": 60,
    "skew_seconds": 10,
    "lease_seconds": 180,
}
NEVER = 10_000_000
HOUR = 3600.0


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
    world = World(random)
    given = _settings(random, world.traits)
    dokstamp = sandbox_in_process()
    dokstamp.sandbox.reset()
    switches = _switches(random)
    dokstamp.sandbox.switch(**switches)
    simulation = Simulation(
        given,
        dokstamp.answer,
        seed=seed,
        store=new_store(),
        concurrency=random.randint(1, 3),
        batch_size=random.choice([1, 5]),
        visibility=random.choice([15, 720]),
    )
    if trace:
        simulation.watch.trace = []
    monitor = Monitor(world, simulation)
    _send(world, simulation)
    _disturb(random, simulation)
    weather = Weather.drawn(random, longest_pause=given.lease_seconds * random.choice([0.5, 3]))
    storm = random.choice([60, 600, 3600])
    try:
        simulation.run(storm, weather)
        simulation.run()
        # Whoever redrives does so after the storm, when no lease of it is left.
        simulation.run(HOUR)
        simulation.redrive()
        simulation.run()
    except Restless as error:
        monitor.findings.append(f"hung {error}")
    findings = [*(f"broken {each}" for each in simulation.watch.violations), *monitor.findings]
    findings += verdict(world, simulation, dokstamp.sandbox.state)
    about = f"{world.traits}\n{weather}\n{given!r}\n{switches}"
    return Played(
        seed, findings, simulation.watch.trace or [], simulation.time.steps, len(dokstamp.sandbox.calls), about
    )


def _settings(random: Random, traits: Traits) -> Settings:
    times: dict[str, Any] = dict(random.choice([LOCAL, TIGHT, REAL]))
    # Two institutions have a course of the same code: one must be the default, for a reference names only the code.
    times["default_institution"] = "I1" if traits.second_institution else random.choice(["", "I1"])
    if traits.patient:
        times |= {"patience_seconds": NEVER, "maximum_receives": NEVER}
    else:
        times |= {"patience_seconds": random.choice([10, 600]), "maximum_receives": random.choice([8, 20])}
    return settings(BASE_URL, record_threads=random.choice([1, 4]), **times)


def _switches(random: Random) -> dict[str, object]:
    """DokStamp as one might find it."""
    return {
        "filter_match": random.choice(["exact", "contains"]),
        "filter_fields": random.choice(["every_field", "documented"]),
        "unknown_filter": random.choice(["ignored", "refused"]),
        "default_order": random.choice(["oldest", "newest"]),
        "attach_refusal": random.choice(["all_or_nothing", "partial"]),
        "attach_answer": random.choice(["list", "message", "empty"]),
        "attachable_paginated": random.choice([True, False]),
        "issue_after_reads": random.choice([0, 0, 1]),
    }


def _send(world: World, simulation: Simulation) -> None:
    for message in world.messages:
        for at in message.at:
            simulation.send(message.as_json(), after=at)


def _disturb(random: Random, simulation: Simulation) -> None:
    """Messages that are being worked on are handed out again, and tokens end before their time."""
    time, sandbox = simulation.time, sandbox_in_process().sandbox
    for _ in range(random.choice([0, 3, 20])):
        queue = random.choice(simulation.all_queues)
        time.at(time.now + random.uniform(0, 120), queue.hand_out_again)
    for _ in range(random.choice([0, 0, 2])):
        time.at(time.now + random.uniform(0, 120), sandbox.gate.clear)
