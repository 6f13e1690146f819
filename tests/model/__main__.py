"""`python -m tests.model --schedules 5000 --seed 1`: plays many schedules; exit code 1 if one of them went wrong.

A schedule that went wrong is repeated, step by step, by `python -m tests.model --seed N --schedules 1 -v`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from tests.model.schedule import Played, play

KINDS = ("lost", "doubled", "stale", "hung", "broken")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    kinds: Counter[str] = Counter()
    failed: list[Played] = []
    seeds = range(options.seed, options.seed + options.schedules)
    with ProcessPoolExecutor(options.jobs) as pool:
        plays = map(_traced, seeds) if options.verbose else pool.map(play, seeds, chunksize=10)
        for number, played in enumerate(plays, start=1):
            kinds.update({finding.split()[0] for finding in played.findings})
            failed += [played] if played.findings else []
            if options.verbose:
                _tell(played)
            elif number % 100 == 0 or number == len(seeds):
                _progress(number, len(seeds), kinds, time.monotonic() - started)
    for played in islice(failed, 10):
        _explain(played)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule; the next ones count up")
    parser.add_argument("--jobs", type=int, default=1, help="processes to share the schedules")
    parser.add_argument("-v", "--verbose", action="store_true", help="every step of every schedule")
    return parser


def _traced(seed: int) -> Played:
    return play(seed, trace=True)


def _progress(number: int, total: int, kinds: Counter[str], seconds: float) -> None:
    counts = ", ".join(f"{kind} {kinds[kind]}" for kind in KINDS)
    _say(f"{number} of {total} schedules, {seconds:.0f} s: {counts}")


def _explain(played: Played) -> None:
    _say(f"seed {played.seed}: {len(played.findings)} findings after {played.steps} steps and {played.calls} calls")
    for finding in played.findings[:5]:
        _say(f"  {finding}")
    _say(f"  again: python -m tests.model --seed {played.seed} --schedules 1 -v")


def _tell(played: Played) -> None:
    for line in (*played.about.splitlines(), *played.trace):
        _say(line)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
