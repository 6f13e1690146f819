"""What the commands show on the screen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.follow import Ending, Follower
from local.parameters import STEPS
from local.school import Message

OUTCOMES = ("created", "updated", "unchanged", "stale", "rejected", "blocked")
COLOURS = {"created": "green", "updated": "green", "stale": "yellow", "rejected": "red", "blocked": "red"}
GOOD = ("completed",)

console = Console(highlight=False, soft_wrap=True)
errors = Console(highlight=False, soft_wrap=True, stderr=True)


class Clock:
    """Says things with the seconds since the start before them."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        console.print(Text(f"{time.monotonic() - self.began:6.1f} s  ", "dim") + Text(text))


def send_and_follow(follower: Follower, messages: list[Message], seconds: float) -> list[Ending]:
    """Sends the messages one after the other, each when the one before has ended, and shows how it goes.

    Stops at a message that does not end: those behind it may well need what it brings.
    """
    endings: list[Ending] = []
    for number, message in enumerate(messages, 1):
        title = f"message {number}/{len(messages)}  {message.id or '(without an id)'}"
        began = time.monotonic()
        with console.status(title) as status:
            ending = follower.follow(
                follower.send(message),
                lambda where: status.update(f"{title}  {where}  {time.monotonic() - began:.0f} s"),  # noqa: B023
                seconds,
            )
        endings.append(ending)
        _show_ending(title, ending, time.monotonic() - began)
        if ending.status == "open":
            break
    return endings


def _show_ending(title: str, ending: Ending, seconds: float) -> None:
    counts = Counter(record["outcome"] for record in ending.records)
    text = Text("✓ " if ending.status in GOOD else "! ", "green" if ending.status in GOOD else "yellow")
    text += Text(f"{title}  {ending.status}  ")
    text += Text(", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome]))
    text += Text(f"  {seconds:.1f} s", "dim")
    console.print(text)
    if ending.note:
        console.print(Text(f"    {ending.note}", "yellow"))
    for error in ending.errors:
        console.print(Text(f"    {error.get('field') or 'message'}: {error.get('problem')}", "yellow"))


def show_outcomes(endings: Iterable[Ending]) -> None:
    """The table of outcomes, a row for each step; below it what was not delivered and where to verify certificates."""
    records = [record for ending in endings for record in ending.records]
    counts = Counter((record["step"], record["outcome"]) for record in records)
    table = Table("step", title="What became of the records", title_justify="left")
    for outcome in OUTCOMES:
        table.add_column(outcome, justify="right", style=COLOURS.get(outcome))
    for step in STEPS:
        if any(counts[step, outcome] for outcome in OUTCOMES):
            table.add_row(step, *(str(counts[step, outcome] or "") for outcome in OUTCOMES))
    if table.row_count:
        console.print()
        console.print(table)
    _show_list(
        "Not delivered", [record for record in records if record["outcome"] in ("rejected", "blocked")], "reason"
    )
    _show_list("Verify the certificates at", records, "public_verification_url")


def _show_list(title: str, records: list[dict[str, str]], key: str) -> None:
    # A certificate that is issued, then revoked, is two records with one address: shown once.
    rows = dict.fromkeys((f"{one['step']} {one['sis_id']}", str(one[key])) for one in records if one.get(key))
    if rows:
        console.print(f"\n[bold]{title}[/bold]")
    for name, value in rows:
        console.print(Text(f"  {name}  ") + Text(value, "cyan"))
