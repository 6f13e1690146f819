"""`make dead-letters [STEP=course] [STACK=name]`: what waits in the dead letters, of the stack of `make up` or on AWS.

Shows no record: only runs, numbers and ages. Looking takes nothing away.
"""

from __future__ import annotations

import argparse

from rich.table import Table

from local.command import carry_out
from local.letters import MOST_SHOWN, Lane, Letter, count, lanes, look
from local.report import console

RUN_WIDTH = 40


def span(seconds: float) -> str:
    """A time in its two largest units: 2 d 3 h."""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts: list[str] = []
    left = int(seconds)
    for name, size in units:
        if left >= size or (name == "s" and not parts):
            parts.append(f"{left // size} {name}")
            left %= size
    return " ".join(parts[:2])


def show(found: list[tuple[Lane, int, list[Letter]]]) -> None:
    """One row for each letter that was looked at, below its step's count."""
    table = Table("step", "letters", "oldest", "run", "records", "receives")
    # Whole, to be looked for in logs and in Step Functions.
    table.columns[3].min_width = RUN_WIDTH
    for lane, number, letters in found:
        oldest = span(letters[0].age) if letters else ""
        table.add_row(lane.name, str(number), oldest, style="red" if number else "dim")
        for letter in letters:
            records = "unreadable" if letter.records is None else str(letter.records)
            table.add_row("", "", span(letter.age), letter.run or "", records, str(letter.receives))
    console.print(table)
    if any(number > len(letters) for _, number, letters in found):
        console.print(f"Up to {MOST_SHOWN} letters of each step were looked at; the oldest is the oldest of those.")
    if any(number for _, number, _ in found):
        console.print("Mend what kept them, then: make redrive STEP=...")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make dead-letters [STEP=course] [STACK=name]", description=__doc__)
    parser.add_argument("--step", default="")
    parser.add_argument("--stack", default="")
    options = parser.parse_args()
    numbers = [(lane, count(lane)) for lane in lanes(options.stack, options.step)]
    show([(lane, number, look(lane) if number else []) for lane, number in numbers])
    return 0


if __name__ == "__main__":
    carry_out(main)
