"""A small school whose SIS, workers and DokStamp hypothesis steers, event by event; judged after each and at the end.

Each rule is one event; most let some time pass afterwards, or none at all, so that events meet each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from dokstamp_sync.order import Step
from tests.model.said import Key, Message, left_to_groups
from tests.model.school import RENAMED
from tests.model.steering import Steering
from tests.support.simulation_http import FAULTS, HTTP_MISFORTUNES
from tests.support.simulation_weather import MISFORTUNES, Misfortune, Weather

LUCK = st.integers(0, 2**16)
"""Seeds what a rule leaves open, e.g. which records a message is about."""
MOMENTS = st.sampled_from([0.0, 0.05, 0.3, 0.3, 1.0, 1.0, 5.0, 20.0])
FEW = st.integers(1, 6)
CALLS = st.integers(1, 4)
STALLS = st.sampled_from([0.6, 0.95, 3.0])
"""For how many leases a process stands still."""


class SchoolMachine(Steering):
    """The events."""

    @initialize(luck=LUCK, share=st.sampled_from([1.0, 0.8, 0.4]), messages=FEW, then=MOMENTS)
    def a_school_has_told(self, luck: int, share: float, messages: int, then: float) -> None:
        random = Random(luck)
        self._begin(random, seed=luck)
        keys = [key for key in self._untold if random.random() < share]
        for place in range(messages):
            self._tell(self._school.version(key, 0) for key in keys[place::messages])
        for plot in self._school.plots:
            self._playing.go_on(plot, 0, random)
        self._playing.pass_time(then)

    @rule(luck=LUCK, most=FEW, then=MOMENTS)
    @precondition(lambda self: self._untold)
    def a_new_record_is_told(self, luck: int, most: int, then: float) -> None:
        self._hour += 1
        self._tell(self._school.changed(key, self._hour) for key in _some(self._untold, most, luck))
        self._playing.pass_time(then)

    @rule(luck=LUCK, most=FEW, force=st.booleans(), dry_run=st.booleans(), then=MOMENTS)
    @precondition(lambda self: self._told)
    def a_change_is_told(self, luck: int, most: int, force: bool, dry_run: bool, then: float) -> None:
        self._hour += 1
        changed = (self._school.changed(key, self._hour) for key in _some(self._told, most, luck))
        self._tell(changed, force=force, dry_run=dry_run)
        self._playing.pass_time(then)

    @rule(luck=LUCK, most=FEW, then=MOMENTS)
    @precondition(lambda self: self._told)
    def the_same_is_told_again_later(self, luck: int, most: int, then: float) -> None:
        self._hour += 1
        self._tell(self._school.as_told_last(key, self._hour) for key in _some(self._told, most, luck))
        self._playing.pass_time(then)

    @rule(luck=LUCK, most=FEW, back=st.integers(1, 3), then=MOMENTS)
    @precondition(lambda self: self._told and self._hour)
    def a_message_comes_late(self, luck: int, most: int, back: int, then: float) -> None:
        """It is about an earlier hour than the newest message."""
        hour = max(0, self._hour - back)
        self._tell((self._at(key, hour) for key in _some(self._told, most, luck)), hour=hour)
        self._playing.pass_time(then)

    @rule(luck=LUCK, then=MOMENTS)
    @precondition(lambda self: self._told)
    def a_message_contradicts_another(self, luck: int, then: float) -> None:
        """It says something else of the same moment."""
        other = Random(luck).choice(self._world.messages)
        self._tell((self._at(key, other.hour) for key in other.versions if key in self._told), hour=other.hour)
        self._playing.pass_time(then)

    @rule(luck=LUCK, then=MOMENTS)
    @precondition(lambda self: self._told)
    def a_message_of_another_id_says_the_same(self, luck: int, then: float) -> None:
        other = Random(luck).choice(self._world.messages)
        self._send(other.versions, other.hour, dict(other.options))
        self._playing.pass_time(then)

    @rule(luck=LUCK, most=FEW, acts=st.integers(1, 3), spread=st.sampled_from([0.0, 5.0, 60.0]), then=MOMENTS)
    @precondition(lambda self: self._to_go_on)
    def records_meet(self, luck: int, most: int, acts: int, spread: float, then: float) -> None:
        """Some plots go on; messages may come as late as ``spread`` says, and so before those of an act before."""
        random = Random(luck)
        for _ in range(acts):
            self._hour += 1
            plots = self._to_go_on
            for plot in random.sample(plots, min(most, len(plots))):
                self._playing.go_on(plot, self._hour, random, spread)
        self._playing.pass_time(then)

    @rule(luck=LUCK, copies=st.integers(1, 3), then=MOMENTS)
    @precondition(lambda self: self._told)
    def a_message_is_sent_again(self, luck: int, copies: int, then: float) -> None:
        message = Random(luck).choice(self._world.messages)
        for _ in range(copies):
            self._playing.simulation.send(message.as_json())
        self._playing.pass_time(then)

    @rule(luck=LUCK, then=MOMENTS)
    @precondition(lambda self: self._taken)
    def something_else_is_sent_under_an_id_that_is_known(self, luck: int, then: float) -> None:
        message = Random(luck).choice(self._taken)
        said = (
            self._school.changed(key, message.hour)
            for key in message.versions
            if key in self._told and key[0] is not Step.CERTIFICATE
        )
        other = {version.key: version for version in said}
        if other:
            told = Message(message.id, message.hour, message.options, left_to_groups(other))
            self._playing.simulation.send(told.as_json())
        self._playing.pass_time(then)

    @rule(
        kind=st.sampled_from((*FAULTS, *HTTP_MISFORTUNES)),
        calls=CALLS,
        stall=STALLS,
        writes=st.booleans(),
        then=MOMENTS,
    )
    def dokstamp_fails(self, kind: str, calls: int, stall: float, writes: bool, then: float) -> None:
        self._lay(Misfortune("http", kind, stall, writes), calls)
        self._playing.pass_time(then)

    @rule(luck=LUCK, most=FEW, then=MOMENTS)
    @precondition(lambda self: self._told & RENAMED)
    def dokstamp_denies_what_is_renamed(self, luck: int, most: int, then: float) -> None:
        """What is renamed or moved just then can't be found again by its new name."""
        self._hour += 1
        renamed = _some(self._told & RENAMED, most, luck)
        self._tell(self._school.changed(key, self._hour) for key in renamed)
        self._lay(Misfortune("http", "denied"), len(renamed))
        self._playing.pass_time(then)

    @rule(kind=st.sampled_from(MISFORTUNES), calls=CALLS, stall=STALLS, writes=st.booleans(), then=MOMENTS)
    def the_mapping_fails(self, kind: str, calls: int, stall: float, writes: bool, then: float) -> None:
        self._lay(Misfortune("store", kind, stall, writes), calls)
        self._playing.pass_time(then)

    @rule(kind=st.sampled_from(MISFORTUNES), calls=CALLS, stall=STALLS, then=MOMENTS)
    def runs_and_queues_fail(self, kind: str, calls: int, stall: float, then: float) -> None:
        self._lay(Misfortune("runs", kind, stall), calls)
        self._playing.pass_time(then)

    @rule(stall=STALLS, calls=CALLS, then=MOMENTS)
    def slow_workers_meet_a_late_dokstamp(self, stall: float, calls: int, then: float) -> None:
        """They claim, stand still, and their calls are carried out when they have given them up."""
        self._lay(Misfortune("store", "stalls after", stall, only_writes=True), calls)
        self._lay(Misfortune("http", "late", only_writes=True), calls)
        self._playing.pass_time(then)

    @rule(luck=LUCK, seconds=st.sampled_from([1.0, 10.0, 100.0]))
    def a_storm_passes(self, luck: int, seconds: float) -> None:
        longest = self._playing.settings.lease_seconds * 3
        self._playing.pass_time(seconds, Weather.drawn(Random(luck), longest_pause=longest))

    @rule(luck=LUCK, then=MOMENTS)
    def a_worker_dies(self, luck: int, then: float) -> None:
        simulation = self._playing.simulation
        running = [process for function in simulation.functions for process in function.running]
        if running:
            simulation.time.kill(Random(luck).choice(running))
        self._playing.pass_time(then)

    @rule(then=MOMENTS)
    def every_function_is_deployed_anew(self, then: float) -> None:
        for function in self._playing.simulation.functions:
            function.restart()
        self._playing.pass_time(then)

    @rule(then=MOMENTS)
    def messages_in_work_are_handed_out_again(self, then: float) -> None:
        for queue in self._playing.simulation.all_queues:
            queue.hand_out_again()
        self._playing.pass_time(then)

    @rule(then=MOMENTS)
    def dokstamp_s_tokens_end(self, then: float) -> None:
        self._playing.sandbox.gate.clear()
        self._playing.pass_time(then)

    @rule(then=MOMENTS)
    def dead_letters_are_redriven(self, then: float) -> None:
        self._playing.simulation.redrive()
        self._playing.pass_time(then)

    @rule(seconds=st.sampled_from([0.01, 0.2, 2.0, 10.0, 200.0]))
    def time_passes(self, seconds: float) -> None:
        """Leases and visibilities run out."""
        self._playing.pass_time(seconds)


def _some(keys: Iterable[Key], most: int, luck: int) -> list[Key]:
    known = sorted(keys)
    return Random(luck).sample(known, min(most, len(known)))
