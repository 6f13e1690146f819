"""`make outage SECONDS=60`: the sandbox of `make up` answers every call with 503 for so long.

Shows how many calls that meets, and how all goes on by itself afterwards.

The sandbox ends it by itself, too, however this command ends. The exit code is 1 if messages are left or have become
dead letters.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

from local import stack_file
from local.command import carry_out
from local.letters import Lane, count, lanes, waiting
from local.practice import Steering, steering
from local.processes import Failed
from local.report import console

NAME = "outage"
LONGEST = 86_400
SECONDS_BETWEEN_LOOKS = 1.0
# Longer than a record waits for its parents by default.
SECONDS_TO_WATCH = 180

Show = Callable[[str], None]


def seconds_of(text: str) -> float:
    """SECONDS as a number; raises Failed where it is none."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= LONGEST:
        raise Failed(f"SECONDS is {text!r}; say for how long, from 1 to {LONGEST} seconds: make outage SECONDS=60")
    return seconds


def fail(sandbox: Steering, seconds: float, show: Show) -> int:
    """Lets the sandbox fail for so long, or until somebody interrupts; answers how many calls it has refused."""
    end = time.monotonic() + seconds
    fault = {"name": NAME, "kind": "status", "status": 503, "times": None, "lasts": seconds}
    sandbox.ask("DELETE", "faults", name=NAME)
    sandbox.ask("POST", "faults", [fault])
    try:
        while (left := end - time.monotonic()) > 0:
            show(f"{left:3.0f} s left, {_refused(sandbox)} calls refused")
            time.sleep(min(left, SECONDS_BETWEEN_LOOKS))
        return _refused(sandbox)
    finally:
        sandbox.ask("DELETE", "faults", name=NAME)


def _refused(sandbox: Steering) -> int:
    used = [each["used"] for each in sandbox.ask("GET", "faults") if each["fault"]["name"] == NAME]
    if not used:
        raise Failed("The sandbox was started again, or somebody ended its faults: the outage is over.")
    return int(used[0])


def watch(found: list[Lane], show: Show) -> int:
    """Waits until no message waits any more, but not for ever; answers how many still do."""
    give_up = time.monotonic() + SECONDS_TO_WATCH
    while (left := sum(map(waiting, found))) and time.monotonic() < give_up:
        show(f"{left} messages on their way")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return left


def main() -> int:
    parser = argparse.ArgumentParser(prog="make outage SECONDS=60", description=__doc__)
    parser.add_argument("seconds", nargs="?", default="60")
    seconds = seconds_of(parser.parse_args().seconds)
    info = stack_file.read()
    found = lanes("")
    before = sum(map(count, found))
    with steering(info) as sandbox:
        console.print(f"The sandbox answers every call with 503 for {seconds:g} s. Ctrl-C ends it earlier.")
        with console.status("") as status:
            try:
                refused = fail(sandbox, seconds, lambda text: status.update(f"outage: {text}"))
            except KeyboardInterrupt:
                console.print("Ended: the sandbox takes calls again.")
                raise
            console.print(f"It takes calls again. {refused} calls were refused.")
            began = time.monotonic()
            left = watch(found, lambda text: status.update(f"after the outage: {text}"))
    dead = sum(map(count, found))
    took = time.monotonic() - began
    what = f"{left} messages are still on their way" if left else "No message is on its way any more"
    console.print(f"{what}, {took:.0f} s after the outage. Dead letters: {dead}.")
    return 1 if left or dead > before else 0


if __name__ == "__main__":
    carry_out(main)
