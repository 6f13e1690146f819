"""`python -m tests.planted.trial`, in a copy with a bug: runs the checks, and says what they saw as a line of JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from tests.faults.cases import matrix, representative
from tests.faults.runner import run_all
from tests.faults.verdict import KINDS, Verdict
from tests.model import attempts
from tests.model.attempts import Attempted, attempt_all, schedules, ways
from tests.planted.copies import Seen


def main() -> int:
    """0: the checks ran, whatever they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("schedules", "ways", "jobs"):
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()
    console = Console(quiet=True)
    seen = {
        "matrix": _matrix(run_all(representative(matrix()), console)),
        "schedules": _attempts(attempt_all(schedules(options.schedules, 1), options.jobs, console, "")),
        "ways": _attempts(attempt_all(ways(options.ways, 1, shorten=False), options.jobs, console, "")),
    }
    sys.stdout.write("\n" + json.dumps({name: asdict(each) for name, each in seen.items()}) + "\n")
    return 0


def _matrix(verdicts: Sequence[Verdict]) -> Seen:
    bad = [each for each in verdicts if not each.is_well]
    if not bad:
        return Seen(len(verdicts))
    finding = next(f"{kind}: {each}" for kind in KINDS for each in getattr(bad[0], kind))
    kinds = {kind: sum(bool(getattr(each, kind)) for each in bad) for kind in KINDS}
    return Seen(len(verdicts), len(bad), kinds, bad[0].case.id, finding)


def _attempts(done: Sequence[Attempted]) -> Seen:
    bad = [each for each in done if each.findings]
    if not bad:
        return Seen(len(done))
    found = dict(attempts.kinds(bad))
    return Seen(len(done), len(bad), found, f"seed {bad[0].attempt.seed}", bad[0].findings[0])


if __name__ == "__main__":
    sys.exit(main())
