"""What became of everything that a SIS has told."""

from __future__ import annotations

from collections import defaultdict

from dokstamp_sync.messages import run_of
from dokstamp_sync.outcomes import Outcome
from tests.model.said import Key, Message, Version
from tests.model.world import World
from tests.support.simulation import Simulation

DELIVERED = {Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED}
REFUSED = {Outcome.REJECTED, Outcome.BLOCKED}
DRAFT = "DokStamp keeps the certificate as"
"""So begins the reason of a certificate that DokStamp did not issue."""

Told = list[tuple[Message, Version, str]]
"""Every version of one record, with its message and its outcome."""


def healed_runs(simulation: Simulation) -> dict[str, str]:
    """The run of each healing -> the run of the SIS in which its records were blocked first."""
    first: dict[str, str] = {}
    for message in simulation.healing:
        first.setdefault(run_of(message["id"]), first.get(message["heals"], message["heals"]))
    return first


def healings_before(simulation: Simulation) -> dict[str, int]:
    """The run of each healing -> how many healings lie between it and the run of the SIS, itself included."""
    before: dict[str, int] = {}
    for message in simulation.healing:
        before.setdefault(run_of(message["id"]), before.get(message["heals"], 0) + 1)
    return before


def told_of(world: World, simulation: Simulation) -> dict[Key, Told]:
    """Every version of each record with its outcome: that of its run, or of its last result without one.

    What a healing made of a record that was refused counts instead; it may come before the result of what it heals.
    """
    outcomes: dict[tuple[str, str, str], str] = {}
    first, before = healed_runs(simulation), healings_before(simulation)
    for result in sorted(simulation.results, key=lambda each: before.get(each["run"], 0)):
        for each in result["records"]:
            # A draft that was waited for in vain is called rejected, but is given up as what is blocked.
            given_up = each["reason"].startswith(DRAFT)
            outcome = Outcome.BLOCKED if given_up else each["outcome"]
            place = first.get(result["run"], result["run"]), each["step"], each["sis_id"]
            if result["run"] not in first or outcomes.get(place, Outcome.BLOCKED) in REFUSED:
                outcomes[place] = outcome
    told: dict[Key, Told] = defaultdict(list)
    for message, version in world.versions:
        step, sis_id = version.key
        told[version.key].append((message, version, outcomes.get((message.run, step.value, sis_id), "missing")))
    return told


def newest(told: Told) -> list[Version]:
    """What the record must say in the end: the newest that was delivered; several if the SIS contradicts itself."""
    delivered = [version for _, version, outcome in told if outcome in DELIVERED]
    latest = max((version.occurred_at for version in delivered), default="")
    if not latest:
        return []
    return [version for version in perhaps_delivered(told) if version.occurred_at >= latest]


def perhaps_delivered(told: Told) -> list[Version]:
    """What was given up may have been delivered after all, by a second copy of its message."""
    return [version for _, version, outcome in told if outcome in DELIVERED | {Outcome.BLOCKED}]
