"""`make mutants`: tries the mutants of the modules that decide, and lists those that no test notices.

Exit code 1 if fewer than 95 % of those that can be noticed are killed.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from local.command import carry_out
from tests.mutants.choosing import MOST_SECONDS, Choice
from tests.mutants.equivalent import EQUIVALENT, Equivalent
from tests.mutants.finding import mutants
from tests.mutants.mutant import LAYER, Mutant, Source
from tests.mutants.report import HOW_TO_GO_ON, LEAST_PER_CENT, Report
from tests.mutants.trying import Trials
from tests.support.options import regex

MODULES = (
    f"{LAYER}dokstamp_sync/mapping/decision.py",
    f"{LAYER}dokstamp_sync/mapping/claims.py",
    f"{LAYER}dokstamp_sync/delivery/parents.py",
    f"{LAYER}dokstamp_sync/delivery/delivery.py",
    f"{LAYER}dokstamp_sync/steps/look_up_create_update.py",
    f"{LAYER}dokstamp_sync/steps/attachment_plan.py",
    "functions/step9_certificate/app.py",
)
"""The modules that decide what is sent, and what becomes of a record."""
REPORT = Path(".local/mutants.md")
PART = Path(".local/mutants-part.md")
"""The report of less than everything: it must not take the place of the other one."""
SEED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """0: enough were killed, 1: not enough, 2: there was nothing to try."""
    options = _options(arguments)
    console = Console(soft_wrap=True, highlight=False)
    began = time.monotonic()
    sources = [Source.read(path) for path in MODULES if options.only.search(path)]
    if not sources:
        console.print(f"No module matches {options.only.pattern!r}; there are {', '.join(MODULES)}.", markup=False)
        return 2
    found = [mutant for source in sources for mutant in mutants(source)]
    spared = [(mutant, known) for mutant in found if (known := _known(mutant))]
    wanted = [mutant for mutant in found if not _known(mutant)]
    if options.sample and options.sample < len(wanted):
        chosen = set(random.Random(SEED).sample(range(len(wanted)), options.sample))
        wanted = [mutant for place, mutant in enumerate(wanted) if place in chosen]
    trials = Trials(options.jobs, console)
    choice = Choice(trials.measure(MODULES), options.most_seconds)
    trials.control(sources, choice)
    report = Report(trials.all(wanted, choice), spared, time.monotonic() - began)
    return _told(report, options, console)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", type=regex, default=regex(""), metavar="REGEX", help="modules by their path")
    parser.add_argument("--sample", type=int, default=0, help="tries only so many mutants; 0: all")
    parser.add_argument("--most-seconds", type=float, default=MOST_SECONDS, help="of tests for each mutant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


def _known(mutant: Mutant) -> Equivalent | None:
    return next((each for each in EQUIVALENT if each.is_meant_by(mutant)), None)


def _told(report: Report, options: argparse.Namespace, console: Console) -> int:
    is_whole = not options.only.pattern and not options.sample
    path = REPORT if is_whole else PART
    path.parent.mkdir(parents=True, exist_ok=True)
    made_by = f"make mutants ONLY='{options.only.pattern}' SAMPLE={options.sample}"
    path.write_text("\n".join(report.lines(made_by)) + "\n", encoding="utf-8")
    # Where the output is no terminal it counts as a narrow one.
    console.width = max(110, console.width)
    console.print(report.table())
    console.print(f"{report.told()} Report: {path}", markup=False)
    if report.per_cent >= LEAST_PER_CENT:
        return 0
    console.print(f"At least {LEAST_PER_CENT:.0f} % must be killed. {HOW_TO_GO_ON}", markup=False)
    return 1


if __name__ == "__main__":
    carry_out(main)
