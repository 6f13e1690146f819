"""`make sam-test`: `sam local invoke` for all eleven functions, on their events, in an empty school.

A stack of its own is started, so every record of the nine steps is new, and has to be created through the container.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from local.command import carry_out
from local.invoke import FUNCTIONS
from local.own_docker import found_or_started
from local.parameters import STEPS
from local.places import EVENTS
from local.report import Clock, console, errors
from local.sam_invoke import sam_invoke
from local.stack import LocalStack

# In the order in which the records need each other.
ORDER = (*STEPS, *(name for name in FUNCTIONS if name not in STEPS))


def said(log: Path) -> list[dict[str, Any]]:
    """The function's own lines, among SAM's."""
    return [json.loads(line) for line in log.read_text(errors="replace").splitlines() if line.startswith('{"level"')]


def wanted(name: str) -> tuple[str, Any]:
    """The line that tells that the function did its work, and the counts in it."""
    if name == "intake":
        return "run started", None
    if name == "results":
        return "run ended", {}
    body = json.loads(json.loads((EVENTS / f"{name}.json").read_text())["Records"][0]["body"])
    return "message done", {"created": len(body["records"])}


def told(lines: list[dict[str, Any]]) -> str:
    counts = lines[-1].get("counts") or {}
    return ", ".join([lines[-1]["message"], *(f"{number} {outcome}" for outcome, number in counts.items())])


def is_as_wanted(name: str, answer: Any, lines: list[dict[str, Any]]) -> bool:
    text, counts = wanted(name)
    good = (answer or {}).get("status") == "failed" if name == "results" else answer == {"batchItemFailures": []}
    return bool(good and lines and (lines[-1]["message"], lines[-1].get("counts")) == (text, counts))


def main() -> int:
    clock = Clock()
    wrong = []
    with found_or_started(clock.say) as docker, LocalStack("sam-test", say=clock.say) as stack:
        for name in ORDER:
            began, log = time.monotonic(), Path(stack.info.logs) / f"{name}.log"
            with log.open("w") as written:
                answer = sam_invoke(stack.info, docker, name, EVENTS / f"{name}.json", written)
            lines = said(log)
            good = is_as_wanted(name, answer, lines)
            clock.say(f"{name:<15} {time.monotonic() - began:4.1f} s  {told(lines) if good else answer}")
            if not good:
                wrong.append(name)
                errors.print(log.read_text(errors="replace"), style="red", markup=False)
        clock.say("Stopping")
    if wrong:
        errors.print(f"{len(wrong)} of {len(ORDER)} functions did otherwise: {', '.join(wrong)}", style="bold red")
        return 1
    console.print(f"[green]All {len(ORDER)} functions did their work in a container.[/green]")
    return 0


if __name__ == "__main__":
    carry_out(main)
