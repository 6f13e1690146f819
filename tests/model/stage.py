"""A school's SIS, the sync and DokStamp as one might find them: drawn from a random, and played in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from dokstamp_sync.mapping.row import Store
from dokstamp_sync.settings import Settings
from tests.model.monitor import Monitor
from tests.model.school import Traits
from tests.model.verdict import verdict
from tests.model.world import World
from tests.support.pipeline import settings
from tests.support.simulation import Simulation
from tests.support.simulation_http import BASE_URL, sandbox_in_process
from tests.support.simulation_time import Restless
from tests.support.simulation_weather import CALM, Weather

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


class Stage:
    """One configuration of the sync, against one kind of DokStamp."""

    def __init__(self, random: Random, world: World, new_store: Callable[[], Store], *, seed: int) -> None:
        self.world = world
        self.settings = _settings(random, world.traits)
        self.sandbox = sandbox_in_process().sandbox
        self.sandbox.reset()
        switches = _switches(random)
        self.sandbox.switch(**switches)
        self.simulation = Simulation(
            self.settings,
            sandbox_in_process().answer,
            seed=seed,
            store=new_store(),
            concurrency=random.randint(1, 3),
            batch_size=random.choice([1, 5]),
            visibility=random.choice([15, 720]),
        )
        self.monitor = Monitor(world, self.simulation)
        self.about = f"{world.traits}\n{self.settings!r}\n{switches}"

    def pass_time(self, seconds: float | None = None, weather: Weather = CALM) -> None:
        """As Simulation.run; what never comes to rest is a finding."""
        try:
            self.simulation.run(seconds, weather)
        except Restless as error:
            self.monitor.findings.append(f"hung {error}")

    def play_to_the_end(self) -> list[str]:
        """Lets the calm come, redrives all dead letters once, and answers every finding."""
        self.simulation.sky.clear_up()
        self.pass_time()
        # Whoever redrives does so after the storm, when no lease of it is left.
        self.pass_time(HOUR)
        self.simulation.redrive()
        self.pass_time()
        return [*self.seen(), *verdict(self.world, self.simulation, self.sandbox.state)]

    def seen(self) -> list[str]:
        """What was found while it was played."""
        return [*(f"broken {each}" for each in self.simulation.watch.violations), *self.monitor.findings]


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
