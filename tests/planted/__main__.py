"""`python -m tests.planted`: plants each bug in a copy of the project and shows which checks see it.

A check stops at the third case that sees the bug. Exit code 1 if a bug is seen by nothing but the fault matrix.
`--only` chooses bugs, `--patches FOLDER` writes them down as diffs instead.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from rich.console import Console

from local.command import carry_out
from tests.planted.bug import Bug
from tests.planted.bugs import BUGS
from tests.planted.copies import ROOT, copy_with, tried
from tests.planted.seen import Seen
from tests.support.options import regex

CHECKS = {
    "matrix": "fault matrix, quick part",
    "schedules": "seeded schedules",
    "ways": "handfuls of hypothesis' ways",
}
BESIDE = {"edge": "every call of AWS, failing once", "limits": "loads against a limit"}
"""Checks of what the model does not play."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every bug is seen, 1: one is not, 2: a wrong option."""
    options = _options(arguments)
    bugs = [bug for bug in BUGS if options.only.search(bug.key)]
    console = Console(soft_wrap=True, highlight=False)
    if not bugs:
        console.print(f"No bug is called {options.only.pattern!r}; there are {', '.join(bug.key for bug in BUGS)}.")
        return 2
    if options.patches:
        return _write(bugs, options.patches)
    missed: list[str] = []
    rows: dict[str, list[str]] = {"": [], **{check: [] for check in BESIDE}}
    began = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        for bug, seen in zip(bugs, pool.map(partial(_seen, options), bugs), strict=True):
            missed += [] if any(each.failed for check, each in seen.items() if check != "matrix") else [bug.key]
            rows[bug.check].append(_row(bug.says, f"`{bug.key}`", *(each.short for each in seen.values())))
            _tell(console, bug, seen)
    for check, those in rows.items():
        checks = [BESIDE[check]] if check else CHECKS.values()
        head = _row("planted bug", "name", *checks), _row(*["---"] * (2 + len(checks)))
        console.print("\n".join(["", *head, *those] if those else []), markup=False)
    console.print(f"{time.monotonic() - began:.0f} s. Missed: {', '.join(missed) or 'none'}.")
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--only", type=regex, default=regex(""), metavar="REGEX", help="bugs by their name")
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--ways", type=int, default=100)
    parser.add_argument("--model-only", action="store_true", help="leaves the fault matrix out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="bugs that are tried at the same time")
    parser.add_argument("--patches", type=Path, metavar="FOLDER", help="writes the bugs as diffs, and tries nothing")
    return parser.parse_args(arguments)


def _seen(options: argparse.Namespace, bug: Bug) -> Mapping[str, Seen]:
    chosen = [f"--{name}={getattr(options, name)}" for name in ("schedules", "ways")]
    only = [f"--beside={bug.check}"] * bool(bug.check) + ["--model-only"] * options.model_only
    with copy_with(bug) as root:
        return tried(root, *chosen, *only)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _tell(console: Console, bug: Bug, seen: Mapping[str, Seen]) -> None:
    console.print(f"{bug.key}: {bug.says}", markup=False)
    for check, each in seen.items():
        console.print(f"  {(CHECKS | BESIDE)[check]}: {each}", markup=False)


def _write(bugs: Sequence[Bug], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for bug in bugs:
        (folder / f"{bug.key}.diff").write_text(bug.patch(ROOT), encoding="utf-8")
    return 0


if __name__ == "__main__":
    carry_out(main)
