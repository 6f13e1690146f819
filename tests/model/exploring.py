"""Lets hypothesis look for a way of steering a school that ends wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test

from dokstamp_sync.mapping.row import Store
from tests.model.machine import SchoolMachine
from tests.model.meetings import MEETING
from tests.model.steering import Wrong
from tests.support.memory import MemoryStore

STEPS = 25


@dataclass(slots=True)
class Explored:
    """``findings`` of the shortest way that was found to end wrong, and ``story``: its events."""

    seed: int
    findings: list[str]
    story: str


def explore(
    number: int,
    examples: int,
    *,
    new_store: Callable[[], Store] = MemoryStore,
    meetings: frozenset[str] = MEETING,
    shorten: bool = True,
) -> Explored:
    """Plays so many ways; ``number`` seeds them all. ``shorten``: looks for the shortest one that ends wrong."""

    class Steered(SchoolMachine):
        def __init__(self) -> None:
            super().__init__(new_store, meetings)

    given = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink) if shorten else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    try:
        # Constants of whatever modules are loaded would make a seed mean something else in another process.
        with patch.object(HypothesisProvider, "_maybe_draw_constant", lambda *_, **__: None):
            run_state_machine_as_test(seed(number)(Steered), settings=given)
    except Wrong as wrong:
        return Explored(number, wrong.findings, "\n".join(getattr(wrong, "__notes__", [])))
    return Explored(number, [], "")
