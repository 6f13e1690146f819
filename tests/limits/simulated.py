"""Plays a load in simulated time, with the template's own settings: the whole sync, from the inbox to the results."""

from __future__ import annotations

from dataclasses import replace

import httpx

from dokstamp_sync.settings import Settings
from tests.limits.cases import HIGH, Came, Load, Met, pace
from tests.support.simulation import Simulation
from tests.support.simulation_http import sandbox_in_process
from tests.support.simulation_weather import EVEN

SETTINGS = Settings(
    dokstamp_base_url="http://localhost",
    dokstamp_tenant="sandbox",
    pdf_bucket="pdfs",
    # The clocks of AWS's machines differ by milliseconds.
    skew_seconds=0,
)


def play(load: Load, *, calls_per_second: float = 0.0, seed: int = 0) -> Came:
    """What came of the load. ``calls_per_second``: as the template's parameter."""
    met, dead, missing = _play(load, calls_per_second, seed)
    without_limit = float("inf")
    if load.limit >= HIGH:
        free, _, _ = _play(replace(load, limit=0), calls_per_second, seed)
        without_limit = pace(free.taken, free.began)
    return Came.of(load, met.taken, met.refused, met.began, dead=dead, missing=missing, without_limit=without_limit)


def _play(load: Load, calls_per_second: float, seed: int) -> tuple[Met, int, int]:
    """What DokStamp saw, and how many messages died and records are missing."""
    box = sandbox_in_process()
    box.sandbox.reset()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(("/token", "/login")) or met.takes():
            return box.answer(request)
        return httpx.Response(429, headers={"Retry-After": "1"}, json={})

    settings = SETTINGS.model_copy(update={"calls_per_second": calls_per_second})
    simulation = Simulation(settings, answer, seed=seed, concurrency=load.workers, batch_size=1)
    met = Met(load.limit, lambda: simulation.time.now, simulation.time.now)
    for number, (step, records) in enumerate(load.step_messages()):
        message = {"id": f"m{number}", "occurred_at": "2026-11-20T12:00:00Z", step.section: records}
        simulation.send(message)
    simulation.run(weather=EVEN)
    dead = sum(len(queue.dead) for queue in simulation.all_queues)
    created = sum(result["counts"].get("created", 0) for result in simulation.results)
    return met, dead, load.messages * load.size - created
