"""A school's SIS, the sync and DokStamp as one might find them: drawn from a random, and played in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from dokstamp_sync.mapping.row import Store
from dokstamp_sync.settings import Settings
from tests.model.by_hand import by_hand
from tests.model.monitor import Monitor
from tests.model.plots import Plot, portions
from tests.model.said import Message
from tests.model.school import Traits
from tests.model.troubles import Troubled
from tests.model.verdict import verdict
from tests.model.world import World
from tests.support.pipeline import settings
from tests.support.simulation import Simulation
from tests.support.simulation_http import BASE_URL, sandbox_in_process
from tests.support.simulation_time import MOST_STEPS, Restless
from tests.support.simulation_weather import CALM, Misfortune, Weather

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
MOST_RESTS = 20
HOUR = 3600.0
RECEIVES_IN_A_QUEUE = 60
STEPS_A_SECOND_OF_OUTAGE = 4
"""So often a crowd of messages is looked at in vain."""
FEW_CALLS = 3
"""So many calls meet the fault of an act: others may be made before its own."""


class Stage:
    """One configuration of the sync, against one kind of DokStamp."""

    def __init__(self, random: Random, world: World, new_store: Callable[[], Store], *, seed: int) -> None:
        self.world = world
        self.settings = _settings(random, world.traits)
        self.sandbox = sandbox_in_process().sandbox
        self.sandbox.reset()
        switches = _switches(random, world.traits)
        self.sandbox.switch(**switches)
        self.dokstamp = Troubled(
            sandbox_in_process().answer,
            lambda: self.simulation.time.now,
            Random(f"troubles of {seed}"),
            self.settings.retry_cap_seconds,
        )
        if self.dokstamp.is_any and not world.traits.patient:
            # To wait for a turn, or for all the others that an outage held up, costs receives, too, though few of those
            # that AWS has.
            self.settings = self.settings.model_copy(update={"maximum_receives": RECEIVES_IN_A_QUEUE})
        self.simulation = Simulation(
            self.settings,
            self.dokstamp,
            seed=seed,
            store=new_store(),
            concurrency=random.randint(1, 3),
            batch_size=random.choice([1, 5]),
            visibility=random.choice([15, 720]),
        )
        self.monitor = Monitor(world, self.simulation)
        self.about = f"{world.traits}\n{self.settings!r}\n{switches}\n{self.dokstamp}"

    def pass_time(self, seconds: float | None = None, weather: Weather = CALM) -> None:
        """As Simulation.run; what never comes to rest is a finding."""
        try:
            self.simulation.run(seconds, weather, MOST_STEPS + int(self.dokstamp.seconds) * STEPS_A_SECOND_OF_OUTAGE)
        except Restless as error:
            self.monitor.findings.append(f"hung {error}")

    def tell(self, message: Message, at: float = 0.0) -> None:
        """The SIS sends a message, so many seconds from now."""
        self.world.messages.append(message)
        self.monitor.learn(message)
        self.simulation.send(message.as_json(), after=at)

    def go_on(self, plot: Plot, hour: int, random: Random, spread: float = 0.0) -> None:
        """The next act of a plot is told, its messages up to ``spread`` seconds from now."""
        assert plot.next is not None
        if plot.next.by_hand and not by_hand(plot.next.by_hand, self.simulation.store, self.sandbox):
            plot.spared.add(plot.next.by_hand.key)
        if plot.next.fault:
            self.simulation.sky.laid += [Misfortune("http", plot.next.fault, only_writes=True)] * FEW_CALLS
        spread, late = min(spread, 0.1) if plot.next.at_once else spread, plot.next.late
        versions = [self.world.school.meeting(key, hour, said) for key, said in plot.next.says]
        plot.told.append([])
        for place, portion in enumerate(portions(versions, random)):
            options = {"force": random.random() < 0.05, "dry_run": False}
            message = Message(f"{plot.kind}/{versions[0].key[1]}/{hour}/{place}", hour, options, portion)
            plot.told[-1].append(message)
            self.tell(message, late + random.uniform(0, spread))
            if random.random() < 0.15:
                self.simulation.send(message.as_json(), after=late + random.uniform(0, spread))

    def play_to_the_end(self) -> list[str]:
        """Lets the calm come, redrives all dead letters once, tells what is left of the plots, and answers every
        finding.
        """
        self.simulation.sky.clear_up()
        self._rest()
        # Whoever redrives does so after the storm, when no outage and no lease of it is left.
        self.pass_time(HOUR + max(0.0, self.dokstamp.ends - self.simulation.time.now))
        self.simulation.redrive()
        self._rest()
        random = Random(0)
        while plots := self._begun:
            hour = max(message.hour for message in self.world.messages) + 1
            overtaken = any(plot.next and plot.next.late for plot in plots)
            self._hear_results(plots)
            for plot in self._begun:
                self.go_on(plot, hour, random)
            if not overtaken:
                self._rest()
        # The last act of a plot may have been told while the others were waited for.
        self._rest()
        return [*self.seen(), *verdict(self.world, self.simulation, self.sandbox.state)]

    @property
    def _begun(self) -> list[Plot]:
        """Plots of which an act was told, and another one was not."""
        return [plot for plot in self.world.school.plots if plot.told and plot.next]

    def _hear_results(self, plots: Sequence[Plot]) -> None:
        """Until those who wait for results have them: a message may be hidden for longer than all others rest."""
        for _ in range(MOST_RESTS):
            known = {result["run"] for result in self.simulation.results}
            if all(plot.has_results(known) for plot in plots if plot.next and plot.next.when != "any time"):
                return
            self._rest()

    def _rest(self) -> None:
        """Until nothing is left to be done; or, where something waits for an act to come, until all have come back."""
        given = self.settings
        patience = 0 if self.world.traits.patient else given.patience_seconds
        longest = given.lease_seconds + given.retry_cap_seconds + patience
        self.pass_time(3 * longest if self._begun else None)

    def seen(self) -> list[str]:
        """What was found while it was played."""
        return [*(f"broken {each}" for each in self.simulation.watch.violations), *self.monitor.findings]


def _settings(random: Random, traits: Traits) -> Settings:
    times: dict[str, Any] = dict(random.choice([LOCAL, TIGHT, REAL]))
    # Two institutions have a course of the same code: one must be the default, for a reference names only the code.
    times["default_institution"] = "I1" if traits.second_institution else random.choice(["", "I1"])
    if traits.patient:
        ends = {"patience_seconds": NEVER, "maximum_receives": NEVER}
    else:
        ends = {"patience_seconds": random.choice([10, 600]), "maximum_receives": random.choice([8, 20])}
    given = settings(BASE_URL, record_threads=random.choice([1, 4]), **times)
    # Other than AWS would let them be, so that nobody gives up, or everybody soon.
    return given.model_copy(update=ends)


def _switches(random: Random, traits: Traits) -> dict[str, object]:
    """DokStamp as one might find it."""
    return {
        # What was deleted could not be made again.
        "trashed_blocks_unique": "deleted" not in traits.meetings,
        "filter_match": random.choice(["exact", "contains"]),
        "filter_fields": random.choice(["every_field", "documented"]),
        "unknown_filter": random.choice(["ignored", "refused"]),
        "default_order": random.choice(["oldest", "newest"]),
        "attach_refusal": random.choice(["all_or_nothing", "partial"]),
        "attach_answer": random.choice(["list", "message", "empty"]),
        "attachable_paginated": random.choice([True, False]),
        "issue_after_reads": random.choice([0, 0, 1]),
    }
