"""Which tests a mutant is tried with, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.mutants.covering import Covering
from tests.mutants.mutant import Mutant

FIRST_SECONDS = 1.5
MOST_SECONDS = 20.0
"""Tests of so many seconds in all are tried before a mutant counts as survived."""


class Choice:
    """The tests that run what is changed: those first that noticed its neighbours, then the fastest."""

    def __init__(self, tests: Iterable[Covering], most_seconds: float = MOST_SECONDS) -> None:
        self._tests = sorted(tests, key=lambda test: test.seconds)
        self._most_seconds = most_seconds
        self._noticed: Counter[tuple[str, str, str]] = Counter()

    def rounds(self, mutant: Mutant) -> Iterator[dict[str, float]]:
        """First a few tests, for most mutants need no more, then the others; each with its seconds."""
        tests = [test for test in self._tests if test.covers(mutant)]
        tests.sort(key=lambda test: -self._noticed[_place(mutant, test.id)])
        few = _within(FIRST_SECONDS, tests)
        if few:
            yield few
        rest = _within(self._most_seconds, [test for test in tests if test.id not in few])
        if rest:
            yield rest

    def learn(self, mutant: Mutant, test: str) -> None:
        """The test noticed the mutant."""
        self._noticed[_place(mutant, test)] += 1


def _place(mutant: Mutant, test: str) -> tuple[str, str, str]:
    return mutant.source.path, mutant.where, test


def _within(seconds: float, tests: Sequence[Covering]) -> dict[str, float]:
    """As many as fit, and one in any case."""
    chosen: dict[str, float] = {}
    for test in tests:
        if chosen and sum(chosen.values()) + test.seconds > seconds:
            break
        chosen[test.id] = test.seconds
    return chosen
