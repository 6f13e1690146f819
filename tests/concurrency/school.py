"""The sample school in other orders and portions than its own, sent through a simulation."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.events.samples import STEPS, messages, records, sis_id
from tests.support.pipeline import FolderPdfs, settings
from tests.support.simulation import Simulation
from tests.support.simulation_http import BASE_URL, sandbox_in_process
from tests.support.simulation_state import natural
from tests.support.simulation_weather import CALM, Weather

Message = dict[str, Any]

# Two cohorts say the same code, so the first one gets it and the other one is rejected: their order matters.
CONTRADICTING = {"ENF-2026-1", "2025300312/SIS-310/ENF-2026-1"}


def one_by_one() -> list[Message]:
    """One message per record, in the school's order, without the records that contradict others."""
    return [
        {
            "id": f"{message['id']}/{step}/{sis_id(step, record)}",
            "occurred_at": message["occurred_at"],
            STEPS[step]: [record],
        }
        for message in messages()
        for step, record in records(message)
        if sis_id(step, record) not in CONTRADICTING
    ]


def simulated(seed: int, patience: float = 10_000_000) -> Simulation:
    """A simulation of the local stack with an empty sandbox. ``patience``, in seconds, never ends unless given."""
    dokstamp = sandbox_in_process()
    dokstamp.sandbox.reset()
    given = settings(BASE_URL, default_institution="UFP")
    # More than AWS would keep, so that nothing ends before the test does.
    patient = given.model_copy(update={"patience_seconds": patience, "maximum_receives": 10_000})
    return Simulation(patient, dokstamp.answer, pdfs=FolderPdfs(), seed=seed, concurrency=3)


def held() -> dict[str, Any]:
    """All that the sandbox holds."""
    return sandbox_in_process().sandbox.state


def send(simulation: Simulation, told: Sequence[Message], every: float, weather: Weather = CALM) -> None:
    """Sends messages so many seconds apart; after ten minutes at most, the weather is calm."""
    for place, message in enumerate(told):
        simulation.send(message, after=place * every)
    simulation.run(600, weather)
    simulation.run()
    simulation.redrive()
    simulation.run()
    assert not simulation.machine.open
    assert simulation.watch.violations == []


@cache
def in_order() -> dict[str, dict[str, Any]]:
    """What the school comes to, told record by record in its own order; empties the sandbox."""
    send(simulated(0), one_by_one(), every=100)
    return natural(held())


def without_snapshots(told: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What DokStamp holds, but for what each certificate has frozen of its student."""
    certificates = {name: {**said, "snapshot": None} for name, said in told["certificates"].items()}
    return {**told, "certificates": certificates}
