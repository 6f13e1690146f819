"""Which tests a mutant is tried with, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.mutants.covering import Covering
from tests.mutants.mutant import Mutant

FIRST_SECONDS = (0.3, 1.5)
"""For most mutants a few tests are enough: the first rounds take no more than so many seconds each."""
MOST_SECONDS = 20.0
"""Tests of so many seconds more are tried before a mutant counts as survived."""


class Choice:
    """The tests that run what is changed: those first that noticed its neighbours, then the fastest."""

    def __init__(self, tests: Iterable[Covering], most_seconds: float = MOST_SECONDS) -> None:
        self._tests = sorted(tests, key=lambda test: test.seconds)
        self._seconds = (*FIRST_SECONDS, most_seconds)
        self._noticed: Counter[tuple[str, str]] = Counter()

    def rounds(self, mutant: Mutant) -> Iterator[dict[str, float]]:
        """First a few tests, then more, then the others; each with its seconds."""
        tests = [test for test in self._tests if test.covers(mutant)]
        tests.sort(key=lambda test: [-self._noticed[place, test.id] for place in _places(mutant)])
        for seconds in self._seconds:
            chosen = _within(seconds, tests)
            if chosen:
                yield chosen
            tests = [test for test in tests if test.id not in chosen]

    def learn(self, mutant: Mutant, test: str) -> None:
        """The test noticed the mutant."""
        for place in _places(mutant):
            self._noticed[place, test] += 1


def _places(mutant: Mutant) -> tuple[str, str]:
    """What is near, and what is not so near: the function, and the module."""
    return f"{mutant.source.path}:{mutant.where}", mutant.source.path


def _within(seconds: float, tests: Sequence[Covering]) -> dict[str, float]:
    """As many as fit, and one in any case."""
    chosen: dict[str, float] = {}
    for test in tests:
        if chosen and sum(chosen.values()) + test.seconds > seconds:
            break
        chosen[test.id] = test.seconds
    return chosen
