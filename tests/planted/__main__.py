"""`python -m tests.planted`: plants each bug in a copy of the project and shows which checks see it.

Exit code 1 if the model misses one. `--only` chooses bugs, `--patches FOLDER` writes them down as diffs instead.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.command import carry_out
from tests.planted.bugs import BUGS, Bug
from tests.planted.copies import ROOT, Seen, copy_with, tried
from tests.support.options import regex

CHECKS = {
    "matrix": "fault matrix, quick part",
    "schedules": "seeded schedules",
    "ways": "handfuls of hypothesis's ways",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0: the model sees every bug, 1: it does not, 2: a wrong option."""
    options = _options(arguments)
    bugs = [bug for bug in BUGS if options.only.search(bug.key)]
    console = Console(soft_wrap=True, highlight=False)
    if not bugs:
        console.print(f"No bug is called {options.only.pattern!r}; there are {', '.join(bug.key for bug in BUGS)}.")
        return 2
    if options.patches:
        return _write(bugs, options.patches)
    told = Table("planted bug", *CHECKS.values(), title="Planted bugs", show_lines=True)
    missed = []
    for bug in bugs:
        began = time.monotonic()
        with console.status(f"{bug.key}: {bug.says}"):
            seen = _seen(bug, options)
        told.add_row(f"{bug.key}: {bug.says}", *(str(seen[check]) for check in CHECKS))
        missed += [] if seen["schedules"].failed or seen["ways"].failed else [bug.key]
        _tell(console, bug, seen, time.monotonic() - began)
    console.print(told)
    console.print(f"The model misses: {', '.join(missed) or 'none'}.")
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--only", type=regex, default=regex(""), metavar="REGEX", help="bugs by their name")
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--ways", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--patches", type=Path, metavar="FOLDER", help="writes the bugs as diffs, and tries nothing")
    return parser.parse_args(arguments)


def _seen(bug: Bug, options: argparse.Namespace) -> dict[str, Seen]:
    with copy_with(bug) as root:
        return tried(root, *(f"--{name}={getattr(options, name)}" for name in ("schedules", "ways", "jobs")))


def _tell(console: Console, bug: Bug, seen: dict[str, Seen], seconds: float) -> None:
    console.print(f"{bug.key}: {bug.says} ({seconds:.0f} s)", markup=False)
    for check, name in CHECKS.items():
        console.print(f"  {name}: {seen[check]}", markup=False)


def _write(bugs: Sequence[Bug], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for bug in bugs:
        (folder / f"{bug.key}.diff").write_text(bug.patch(ROOT), encoding="utf-8")
    return 0


if __name__ == "__main__":
    carry_out(main)
