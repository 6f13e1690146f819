"""`make faults`: the whole fault matrix, then the model; writes one report. Exit code 1 if anything is not well."""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from local.command import carry_out
from tests.faults.cases import matrix
from tests.faults.report import lines, table, tally
from tests.faults.runner import run_all
from tests.faults.verdict import Verdict
from tests.model import report as model
from tests.model.attempts import Attempted, attempt_all, kinds, schedules, ways
from tests.support.options import regex

REPORT = Path(".local/faults.md")
PART = Path(".local/faults-part.md")
"""The report of less than everything: it must not take the place of the other one."""
WHOLE = {"schedules": 5000, "ways": 1000, "seed": 1}
COUNTED = ("cases", "lost", "doubled", "hung", "wrong")


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all is well, 1: something is not, 2: nothing was tried."""
    options = _options(arguments)
    console = Console(soft_wrap=True, highlight=False)
    began = time.monotonic()
    cases = [case for case in matrix() if options.only.search(case.id)]
    if not cases:
        console.print(f"No case of the matrix has an id that matches {options.only.pattern!r}.", markup=False)
    if not (cases or options.schedules or options.ways):
        return 2
    verdicts = run_all(cases, console)
    matrix_seconds = time.monotonic() - began
    seeded = attempt_all(schedules(options.schedules, options.seed), options.jobs, console, "seeded schedules")
    steered = attempt_all(ways(options.ways, options.seed), options.jobs, console, "ways of hypothesis")
    model_seconds = time.monotonic() - began - matrix_seconds
    counts = _counts(verdicts, seeded, steered)
    console.print(table(verdicts))
    text = [
        *_summary(counts),
        *_made_by(options),
        *_matrix(verdicts, matrix_seconds),
        "",
        *model.section(seeded, steered, model_seconds),
    ]
    report = options.report or (REPORT if _is_whole(options) else PART)
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("\n".join(text) + "\n", encoding="utf-8")
    console.print(f"{_told(counts)} in {time.monotonic() - began:.0f} s. Report: {report}")
    return 1 if any(counts[name] for name in COUNTED[1:]) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    parser.add_argument("--only", type=regex, default=regex(""), metavar="REGEX", help="the matrix' cases")
    parser.add_argument("--schedules", type=int, default=WHOLE["schedules"])
    parser.add_argument("--ways", type=int, default=WHOLE["ways"], help="of hypothesis")
    parser.add_argument("--seed", type=int, default=WHOLE["seed"], help="the first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--report", type=Path, metavar="PATH", help=f"default: {REPORT}, of a part {PART}")
    return parser.parse_args(arguments)


def _counts(verdicts: Sequence[Verdict], seeded: Sequence[Attempted], steered: Sequence[Attempted]) -> Counter[str]:
    """Of both; what is neither lost nor doubled nor hung is wrong."""
    counts = Counter(tally(verdicts).counts)
    counts["cases"] += sum(each.attempt.size for each in (*seeded, *steered))
    for kind, number in kinds((*seeded, *steered)).items():
        counts[kind if kind in COUNTED else "wrong"] += number
    return counts


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in COUNTED)


def _summary(counts: Counter[str]) -> Iterator[str]:
    yield "# Faults"
    yield ""
    yield f"{_told(counts)}."
    yield ""
    yield "Two things were tried: **the matrix**, in which every call of every step meets every fault by itself, with"
    yield "real processes and connections; and **the model**, in which a whole school meets many faults at once, in"
    yield "simulated time. A case is one of the matrix, or one schedule or way of the model. What the model calls stale"
    yield "or broken counts as wrong here."
    yield ""
    yield "To repeat a part: `make faults ONLY=regex SCHEDULES=0 WAYS=0` for cases of the matrix by their id,"
    yield "`make faults ONLY=nothing SCHEDULES=1 WAYS=0 SEED=17` for one schedule. What its words mean: RELIABILITY.md."
    yield ""


def _is_whole(options: argparse.Namespace) -> bool:
    return not options.only.pattern and all(vars(options)[name] >= number for name, number in WHOLE.items())


def _made_by(options: argparse.Namespace) -> Iterator[str]:
    given = f"SCHEDULES={options.schedules} WAYS={options.ways} SEED={options.seed}"
    yield f"Made by `make faults ONLY='{options.only.pattern}' {given}`: seeds count up from {options.seed}."
    yield ""


def _matrix(verdicts: Sequence[Verdict], seconds: float) -> Iterator[str]:
    for line in lines(verdicts, seconds):
        yield "## The matrix" if line == "# Faults" else f"#{line}" if line.startswith("#") else line


if __name__ == "__main__":
    carry_out(main)
