"""`make limit CALLS=10`: how many calls a second the sandbox of `make up` takes; 0 takes the limit away."""

from __future__ import annotations

import argparse

from local import stack_file
from local.command import carry_out
from local.practice import steering
from local.processes import Failed
from local.report import console


def main() -> int:
    parser = argparse.ArgumentParser(prog="make limit CALLS=10", description=__doc__)
    parser.add_argument("calls", nargs="?", default="")
    given = parser.parse_args().calls
    if not (given.isascii() and given.isdecimal()):
        raise Failed(f"CALLS is {given!r}; say how many calls a second: make limit CALLS=10 (0 takes the limit away).")
    calls = int(given)
    with steering(stack_file.read()) as sandbox:
        sandbox.ask("PATCH", "switches", {"rate_limit": calls or None})
    if calls:
        console.print(
            f"The sandbox takes {calls} calls a second from now on, and refuses more with 429 and `Retry-After: 1`.\n"
            "Take the limit away:  make limit CALLS=0"
        )
    else:
        console.print("The sandbox takes as many calls as come.")
    return 0


if __name__ == "__main__":
    carry_out(main)
