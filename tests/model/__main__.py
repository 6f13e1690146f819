"""`python -m tests.model --schedules 5000 --seed 1`: plays many schedules; exit code 1 if one of them went wrong.

A schedule that went wrong is repeated, step by step, by `python -m tests.model --seed N --schedules 1 -v`.
`--stateful 1000` lets hypothesis look for ways to steer the school wrong, twenty to a seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from tests.model.attempts import KINDS, Attempt, attempt_all, kinds, schedules, ways
from tests.model.meetings import KINDS as MEETINGS
from tests.model.meetings import MEETING
from tests.model.schedule import play
from tests.support.options import regex


def main(arguments: list[str] | None = None) -> int:
    """0: nothing was found, 1: something was."""
    options = _parser().parse_args(arguments)
    console = Console(soft_wrap=True)
    meetings = MEETING if options.meetings is None else frozenset(filter(options.meetings.search, MEETINGS))
    if options.verbose:
        return _tell(schedules(options.schedules, options.seed, meetings=meetings), console)
    started = time.monotonic()
    todo = schedules(options.schedules, options.seed, meetings=meetings) if not options.stateful else []
    todo += ways(options.stateful, options.seed, shorten=not options.fast, meetings=meetings)
    done = attempt_all(todo, options.jobs, console, "model")
    found = kinds(done)
    counts = ", ".join(f"{found[kind]} {kind}" for kind in KINDS)
    told = f"{options.stateful} ways of hypothesis" if options.stateful else f"{options.schedules} schedules"
    console.print(f"{told}, {time.monotonic() - started:.0f} s: {counts}", highlight=False)
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule; the next ones count up")
    parser.add_argument("--jobs", type=int, default=1, help="processes to share the schedules")
    parser.add_argument("--stateful", type=int, default=0, metavar="N", help="so many ways of hypothesis instead")
    parser.add_argument("--fast", action="store_true", help="no way of hypothesis is shortened")
    parser.add_argument(
        "--meetings", type=regex, metavar="REGEX", help=f"of {', '.join(MEETINGS)}; those that are played"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="every step of every schedule")
    return parser


def _tell(todo: Sequence[Attempt], console: Console) -> int:
    found = False
    for attempt in todo:
        with attempt.mapping() as new_store:
            played = play(attempt.seed, new_store=new_store, meetings=attempt.meetings, trace=True)
        found = found or bool(played.findings)
        lines = [*played.about.splitlines(), *played.trace, *(f"FOUND {each}" for each in played.findings)]
        console.print("\n".join(lines), markup=False, highlight=False)
        console.print(f"seed {attempt.seed}: {played.steps} steps, {played.calls} calls", highlight=False)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
