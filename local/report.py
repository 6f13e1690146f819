"""What the commands show on the screen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.follow import Ending, Follower, run_of
from local.parameters import STEPS
from local.school import Message
from local.veil import Veil, name

OUTCOMES = ("created", "updated", "unchanged", "stale", "rejected", "blocked")
COLOURS = {"created": "green", "updated": "green", "stale": "yellow", "rejected": "red", "blocked": "red"}
GOOD = ("completed",)
DELIVERED = ("created", "updated", "unchanged")
REFUSED = ("rejected", "blocked")

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
    veil = Veil()
    for number, message in enumerate(messages, 1):
        # Not by its id, which is whatever the SIS wrote there.
        title = f"message {number}/{len(messages)}  {run_of(message.id) if message.id else '(without an id)'}"
        began = time.monotonic()
        with console.status(title) as status:
            # B023: it is called before the loop goes on, and never after.
            ending = follower.follow(
                follower.send(message),
                lambda where: status.update(f"{title}  {where}  {time.monotonic() - began:.0f} s"),  # noqa: B023
                seconds,
            )
        endings.append(ending)
        veil.learn(ending)
        _show_ending(title, ending, time.monotonic() - began, veil)
        if ending.status == "open":
            break
    return endings


def _show_ending(title: str, ending: Ending, seconds: float, veil: Veil) -> None:
    counts = Counter(record["outcome"] for record in ending.records)
    text = Text("✓ " if ending.status in GOOD else "! ", "green" if ending.status in GOOD else "yellow")
    text += Text(f"{title}  {ending.status}  ")
    text += Text("dry run  " if ending.message.is_dry_run else "", "yellow")
    text += Text(", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome]))
    text += Text(f"  {seconds:.1f} s", "dim")
    console.print(text)
    if ending.note:
        console.print(Text(f"    {veil.hide(ending.note)}", "yellow"))
    for error in ending.errors:
        problem = f"{error.get('field') or 'message'}: {error.get('problem')}"
        console.print(Text(f"    {veil.hide(problem)}", "yellow"))


def show_outcomes(endings: list[Ending]) -> None:
    """The table of outcomes, a row for each step; below it what was not delivered and where to verify certificates.

    What dry runs would do stands in a table of its own.
    """
    veil = Veil(*endings)
    real = [ending for ending in endings if not ending.message.is_dry_run]
    dry = [ending for ending in endings if ending.message.is_dry_run]
    _show_records("What became of the records", "Not delivered", real, veil)
    _show_records("Dry run: what would become of the records", "Dry run: would not be delivered", dry, veil)
    _show_list("Verify the certificates at", to_verify(real))


def _show_records(title: str, title_of_refused: str, endings: list[Ending], veil: Veil) -> None:
    records = [record for ending in endings for record in ending.records]
    counts = Counter((record["step"], record["outcome"]) for record in records)
    table = Table("step", title=title, title_justify="left")
    for outcome in OUTCOMES:
        table.add_column(outcome, justify="right", style=COLOURS.get(outcome))
    for step in STEPS:
        if any(counts[step, outcome] for outcome in OUTCOMES):
            table.add_row(step, *(str(counts[step, outcome] or "") for outcome in OUTCOMES))
    if table.row_count:
        console.print()
        console.print(table)
    refused = [record for record in records if record["outcome"] in REFUSED]
    _show_list(title_of_refused, [(name(record), veil.hide(str(record["reason"]))) for record in refused])


def to_verify(endings: Iterable[Ending]) -> list[tuple[str, str]]:
    """Certificates that were delivered and not revoked since, and where to verify them."""
    found: dict[str, str] = {}
    for ending in endings:
        revoked = ending.message.revoked() if ending.records else set()
        for record in ending.records:
            url, outcome = record.get("public_verification_url"), record["outcome"]
            if not url or outcome not in DELIVERED:
                continue
            if record["sis_id"] in revoked and outcome != "created":
                found.pop(url, None)
            else:
                found[url] = name(record)
    return [(who, url) for url, who in found.items()]


def _show_list(title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        console.print(f"\n[bold]{title}[/bold]")
    for who, value in rows:
        console.print(Text(f"  {who}  ") + Text(value, "cyan"))
