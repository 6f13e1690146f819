"""Which tests run which lines, and how long each takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from time import process_time
from typing import Any

import pytest

from tests.mutants.mutant import ROOT, Mutant
from tests.mutants.trials import run

FOLDERS = ("concurrency", "contract", "faults", "meeting", "unit", "worker", "hostile", "mapping")
"""Tests that need no local stack, the slowest first: nobody is to wait for one of them in the end.

Without the model: a test of it takes as long as a hundred others, and `make planted` shows what it sees.
"""


@dataclass(frozen=True, slots=True)
class Covering:
    """A test that passed; ``seconds`` of the processor, ``lines`` by the path of the module."""

    id: str
    seconds: float
    lines: Mapping[str, frozenset[int]]

    def covers(self, mutant: Mutant) -> bool:
        """Whether it runs what the mutant changes."""
        mine = self.lines.get(mutant.source.path, frozenset())
        if mutant.lines is None:
            return bool(mine)
        first, last = mutant.lines
        return any(first <= line <= last for line in mine)


@dataclass(slots=True)
class Measured:
    """The tests of one file; ``failed``: those that do not even pass without a mutant."""

    covering: list[Covering] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def files() -> list[str]:
    """The files with the tests."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))]
    return [str(path.relative_to(ROOT)) for path in found]


def measure(file: str, paths: Sequence[str], folder: str) -> Measured:
    """Runs the file's tests, each with a context of its own. To be called in a process of its own."""
    # Only the environment of `make mutants` has it; the rest of this module is tested without.
    coverage = import_module("coverage")
    watched = coverage.Coverage(data_file=None, config_file=False, include=[str(ROOT / path) for path in paths])
    watched.start()
    watch = _Watch(watched)
    code = run([file], folder, watch)
    watched.stop()
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        watch.failed.append(file)
    lines: dict[str, dict[str, set[int]]] = {}
    for path in paths:
        for line, contexts in watched.get_data().contexts_by_lineno(str(ROOT / path)).items():
            for test in contexts:
                lines.setdefault(test, {}).setdefault(path, set()).add(line)
    passed = [
        Covering(test, watch.seconds[test], {path: frozenset(found) for path, found in of_test.items()})
        for test, of_test in lines.items()
        if test in watch.seconds and test not in watch.failed
    ]
    return Measured(passed, watch.failed)


class _Watch:
    """Tells coverage which test is running, and takes its time."""

    def __init__(self, watched: Any) -> None:
        self._watched = watched
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._watched.switch_context(item.nodeid)
        began = process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = process_time() - began
            self._watched.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
