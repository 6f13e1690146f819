"""A school that is steered event by event: what its SIS has told so far, and the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from hypothesis.stateful import RuleBasedStateMachine, invariant

from dokstamp_sync.mapping.row import Store
from dokstamp_sync.order import Step
from tests.model.plots import Plot
from tests.model.said import Key, Message, Version, left_to_groups
from tests.model.school import School
from tests.model.stage import Stage
from tests.model.world import World
from tests.support.simulation_weather import Misfortune


class Wrong(AssertionError):
    """``findings``: each begins with its kind."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


class Steering(RuleBasedStateMachine):
    """``new_store``: where the mapping is kept; ``meetings``: the kinds that a school may have."""

    def __init__(self, new_store: Callable[[], Store], meetings: frozenset[str]) -> None:
        super().__init__()
        self._new_store = new_store
        self._meetings = meetings
        self._stage: Stage | None = None
        self._hour = 0
        self._told: set[Key] = set()

    def _begin(self, random: Random, seed: int) -> None:
        self._world = World(School(random, self._meetings))
        self._keys = set(self._school.keys())
        self._stage = Stage(random, self._world, self._new_store, seed=seed)

    @invariant()
    def nothing_forbidden_was_seen(self) -> None:
        if self._stage:
            self._judge(self._stage.seen())

    def teardown(self) -> None:
        if self._stage is None:
            return
        # What was never told would be waited for without end, or for nothing.
        self._hour += 1
        self._tell([self._school.version(key, self._hour) for key in self._untold])
        self._judge(self._stage.play_to_the_end())

    def _judge(self, findings: list[str]) -> None:
        if findings:
            stage, self._stage = self._playing, None
            stage.simulation.time.end()
            raise Wrong(findings)

    def _lay(self, misfortune: Misfortune, calls: int) -> None:
        seconds = misfortune.seconds * self._playing.settings.lease_seconds
        self._playing.simulation.sky.laid += [replace(misfortune, seconds=seconds)] * calls

    @property
    def _playing(self) -> Stage:
        assert self._stage is not None
        return self._stage

    @property
    def _school(self) -> School:
        return self._world.school

    @property
    def _untold(self) -> list[Key]:
        # SIM118: the school is no dict, and cannot be iterated over.
        return [key for key in self._school.keys() if key not in self._told]  # noqa: SIM118

    @property
    def _to_go_on(self) -> list[Plot]:
        """Plots whose next act may be told now."""
        known = {result["run"] for result in self._playing.simulation.results}
        return [plot for plot in self._school.plots if plot.may_go_on(known)]

    @property
    def _taken(self) -> list[Message]:
        """Messages whose runs have begun; and those that had a result without one, if the inbox is done with them."""
        simulation = self._playing.simulation
        known = set() if simulation.inbox.messages else {result["run"] for result in simulation.results}
        return [each for each in self._world.messages if each.run in known or simulation.exists(each.run)]

    def _at(self, key: Key, hour: int) -> Version | None:
        """Something new about an earlier hour; of a certificate only what was said then."""
        return self._school.as_of(key, hour) if key[0] is Step.CERTIFICATE else self._school.changed(key, hour)

    def _tell(
        self,
        said: Iterable[Version | None],
        *,
        hour: int | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> None:
        versions = {version.key: version for version in said if version}
        if versions:
            at = self._hour if hour is None else hour
            self._send(left_to_groups(versions), at, {"force": force, "dry_run": dry_run})

    def _send(self, versions: dict[Key, Version], hour: int, options: dict[str, bool]) -> None:
        message = Message(str(len(self._world.messages)), hour, options, versions)
        self._playing.tell(message)
        if not options["dry_run"]:
            self._told |= versions.keys() & self._keys
