"""Measures the tests, then tries the mutants, several at a time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from rich.console import Console

from local.processes import Failed
from tests.mutants.choosing import Choice
from tests.mutants.covering import Covering, Measured, files, measure
from tests.mutants.forks import Crashed, Forks, OutOfTime
from tests.mutants.kept import Kept
from tests.mutants.mutant import Mutant, Source
from tests.mutants.trials import longest, trial
from tests.support.progress import bar

SECONDS_TO_MEASURE = 1200
SECONDS_TO_IMPORT = 60

Work = TypeVar("Work")
Done = TypeVar("Done")


class Verdict(StrEnum):
    """What became of a mutant; one that takes too long is noticed, too."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Tried:
    """``by``: the test that noticed it; of a survivor, with how many tests it was tried. ``seconds`` of the trial."""

    mutant: Mutant
    verdict: Verdict
    by: str
    seconds: float


class Trials:
    """``jobs``: how many processes at a time."""

    def __init__(self, jobs: int, console: Console) -> None:
        self._forks = Forks()
        self._jobs = jobs
        self._console = console

    def measure(self, paths: Sequence[str]) -> list[Covering]:
        """All tests that run any of these modules and pass; those that fail are named on the screen."""
        kept = Kept(paths)
        measured = {file: known for file in files() if (known := kept.get(file))}

        def of(file: str) -> tuple[str, Measured]:
            with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
                return file, self._forks.call(SECONDS_TO_MEASURE, measure, file, paths, folder)

        measured |= self._all("files of tests measured", [file for file in files() if file not in measured], of)
        kept.keep(measured)
        for test in (test for each in measured.values() for test in each.failed):
            self._console.print(f"Not used, for it fails without any mutant: {test}", markup=False)
        return [test for each in measured.values() for test in each.covering]

    def control(self, sources: Sequence[Source], choice: Choice) -> None:
        """Raises Failed if an unchanged module is taken for a mutant: then no verdict would mean anything."""
        unchanged = [Mutant(source, "none", "", 0, None, ()) for source in sources]
        for tried in self._all("modules unchanged", unchanged, lambda mutant: self._try(mutant, choice, rounds=2)):
            if tried.verdict is not Verdict.SURVIVED:
                raise Failed(f"{tried.mutant.source.path} fails unchanged, in {tried.by}; try that test by itself.")

    def all(self, mutants: Sequence[Mutant], choice: Choice) -> list[Tried]:
        """What became of each, in their order."""
        places = {mutant: place for place, mutant in enumerate(mutants)}
        done = self._all("mutants", mutants, lambda mutant: self._try(mutant, choice))
        return sorted(done, key=lambda tried: places[tried.mutant])

    def _try(self, mutant: Mutant, choice: Choice, rounds: int | None = None) -> Tried:
        began = time.monotonic()
        verdict, by, number = Verdict.SURVIVED, "", 0
        for tests in islice(choice.rounds(mutant), rounds):
            number += len(tests)
            try:
                by = self._noticed_by(mutant, tests)
            except OutOfTime:
                verdict, by = Verdict.TIMEOUT, "the clock"
            except Crashed:
                by = "a crash"
            if by:
                break
        if by and verdict is Verdict.SURVIVED:
            verdict = Verdict.KILLED
            choice.learn(mutant, by)
        return Tried(mutant, verdict, by or f"{number} tests", time.monotonic() - began)

    def _noticed_by(self, mutant: Mutant, tests: dict[str, float]) -> str:
        most = SECONDS_TO_IMPORT + sum(longest(seconds) for seconds in tests.values())
        source = mutant.source
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            return self._forks.call(most, trial, source.module, source.path, mutant.text(), tests, folder)

    def _all(self, what: str, work: Sequence[Work], do: Callable[[Work], Done]) -> Iterator[Done]:
        with bar(self._console) as steps, ThreadPoolExecutor(self._jobs) as pool:
            task = steps.add_task(what, total=len(work))
            waiting = [pool.submit(do, each) for each in work]
            try:
                for done in as_completed(waiting):
                    yield done.result()
                    steps.advance(task)
            except BaseException:
                # Whoever interrupts it does not wait for tests.
                pool.shutdown(wait=False, cancel_futures=True)
                self._forks.end()
                raise
