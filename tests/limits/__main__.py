"""`make limits`: loads against a limit that nobody tells the workers; exit code 1 if one of them misses its bounds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from local.command import carry_out
from tests.limits import real, simulated
from tests.limits.cases import BOTH, HEADINGS, Came, Load
from tests.support.options import regex

REPORT = Path(".local/limits.md")

SIMULATED = [
    *(Load(1, 1, 500) for _ in range(1)),
    *(
        load
        for limit in (10, 20, 100)
        for load in (Load(limit, 1, 500), Load(limit, 8, 100), Load(limit, 400, 1), Load(limit, 8, 100, steps=BOTH))
    ),
    *(Load(limit, 400, 1, workers=40) for limit in (10, 20)),
]
# One process for each worker of a step, as many as two processors carry.
REAL = [
    load
    for limit in (10, 20, 100)
    for load in (
        Load(limit, 1, 500, workers=4),
        Load(limit, 8, 100, workers=8),
        Load(limit, 400, 1, workers=8),
        Load(limit, 8, 100, workers=4, steps=BOTH),
    )
]
WAYS: dict[str, tuple[Sequence[Load], Callable[[Load], Came]]] = {
    "simulated": (SIMULATED, simulated.play),
    "real": (REAL, real.play),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every load keeps its bounds, 1: one does not, 2: none was played."""
    parser = argparse.ArgumentParser(prog="python -m tests.limits", description=__doc__)
    parser.add_argument("--only", type=regex, default=regex(""), metavar="REGEX", help="of a way and a load")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True, highlight=False)
    lines, missed, played = [], 0, 0
    for way, (loads, play) in WAYS.items():
        chosen = [load for load in loads if options.only.search(f"{way} {load.shown}")]
        if chosen:
            lines += ["", f"**{way}**", "", "| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
        for load in chosen:
            came = play(load)
            played += 1
            lines.append("| " + " | ".join(came.row()) + " |")
            complaints = came.complaints()
            missed += bool(complaints)
            console.print(f"{way}: {', '.join(map(' '.join, zip(HEADINGS, came.row(), strict=True)))}", markup=False)
            for each in complaints:
                console.print(f"  MISSED: {each}", markup=False)
    if not played:
        console.print("No load matches.")
        return 2
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
    console.print(f"{played} loads, {missed} of them missed a bound. Report: {REPORT}")
    return 1 if missed else 0


if __name__ == "__main__":
    carry_out(main)
