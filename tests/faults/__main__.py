"""`python -m tests.faults`: runs the matrix, shows a table, writes a report. Exit code 1 if anything is not well."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.faults.cases import matrix, representative
from tests.faults.report import markdown, table, tally
from tests.faults.runner import run_all
from tests.faults.verdict import KINDS
from tests.support.options import regex

REPORT = Path(".local/faults-matrix.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all is well, 1: something is not, 2: a wrong option."""
    options = _options(arguments)
    cases = [case for case in matrix() if options.only.search(case.id)]
    if options.quick:
        cases = representative(cases)
    console = Console()
    if not cases:
        console.print(f"No case's id matches {options.only.pattern!r}.")
        return 2
    started = time.monotonic()
    try:
        verdicts = run_all(cases, console)
    except KeyboardInterrupt:
        console.print("Interrupted; nothing is left running.")
        return 130
    seconds = time.monotonic() - started
    console.print(table(verdicts))
    options.report.parent.mkdir(parents=True, exist_ok=True)
    note = " (a representative part)" if options.quick else ""
    options.report.write_text(markdown(verdicts, seconds, note), encoding="utf-8")
    counts = tally(verdicts).counts
    told = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
    console.print(f"{counts['cases']} cases in {seconds:.0f} s: {told}. Report: {options.report}")
    return 0 if all(each.is_well for each in verdicts) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every call, fault and point once")
    parser.add_argument("--only", type=regex, default=regex(""), metavar="REGEX", help="cases by their id")
    parser.add_argument("--report", type=Path, default=REPORT, metavar="PATH", help="default: %(default)s")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
