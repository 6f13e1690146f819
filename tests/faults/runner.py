"""Runs cases on benches that are opened when they are first needed."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rich.console import Console

from dokstamp_sync.observability import logger
from tests.faults.bench import Bench, open_bench
from tests.faults.cases import KILLED, Case
from tests.faults.kills import KillBench, open_kill_bench
from tests.faults.verdict import Verdict
from tests.support.progress import bar


class Runner:
    """Every case on its bench."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bench: Bench | None = None
        self._kill_bench: KillBench | None = None

    def run(self, case: Case) -> Verdict:
        """The verdict on a case."""
        if self._bench is None:
            self._bench = self._stack.enter_context(open_bench())
        if case.group != KILLED:
            return self._bench.run(case)
        if self._kill_bench is None:
            self._kill_bench = self._stack.enter_context(open_kill_bench(self._bench))
        return self._kill_bench.run(case)


@contextmanager
def running() -> Iterator[Runner]:
    """A runner; all that it starts ends with the block."""
    level = logger.log_level
    logger.setLevel("CRITICAL")
    try:
        with ExitStack() as stack:
            yield Runner(stack)
    finally:
        logger.setLevel(level)


def run_all(cases: Sequence[Case], console: Console) -> list[Verdict]:
    """The verdict on each case; shows a bar, and what is not well as soon as it is known."""
    verdicts = []
    with running() as runner, bar(console) as progress:
        task = progress.add_task("", total=len(cases))
        for case in cases:
            progress.update(task, description=f"{case.call.title}, {case.group}"[:60].ljust(60))
            verdict = runner.run(case)
            verdicts.append(verdict)
            if not verdict.is_well:
                console.print(str(verdict), markup=False, highlight=False)
            progress.advance(task)
    return verdicts
