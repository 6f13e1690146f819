"""`python -m tests.planted.trial`, in a copy with a bug: runs the checks, and says what they saw as a line of JSON."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

import tests.conftest  # noqa: F401
from local.sandbox import Sandbox, running_sandbox
from tests.faults.cases import Case, matrix, representative
from tests.faults.runner import running
from tests.faults.verdict import KINDS
from tests.limits.cases import QUICK
from tests.limits.simulated import play
from tests.model.attempts import Attempt, make, schedules, ways
from tests.mute.aws import FAULTS, Aws
from tests.mute.judging import first_of_its_kind, mute
from tests.mute.scenes import SCENES
from tests.mute.telling import Told, told
from tests.planted.seen import Found, Seen, look

# The most that one bug's trial may take: a bug must not keep the others from being tried.
LONGEST_SECONDS = 900


def main() -> int:
    """0: the checks ran, whatever they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("schedules", "ways"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--model-only", action="store_true")
    parser.add_argument("--beside", choices=BESIDE, help="only this check, of what the model does not play")
    options = parser.parse_args()
    # As if somebody had interrupted it, so that nothing outlives it.
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(LONGEST_SECONDS)
    seen = {options.beside: BESIDE[options.beside]()} if options.beside else _all(options)
    sys.stdout.write("\n" + json.dumps({name: asdict(each) for name, each in seen.items()}) + "\n")
    return 0


def _all(options: argparse.Namespace) -> dict[str, Seen]:
    return {
        "matrix": Seen() if options.model_only else _matrix(representative(matrix())),
        "schedules": _attempts(schedules(options.schedules, 1)),
        "ways": _attempts(ways(options.ways, 1, shorten=False)),
    }


def _edge() -> Seen:
    with running_sandbox() as sandbox:
        usual = {name: told(scene, sandbox, Aws()) for name, scene in SCENES.items()}
        cases = [(name, number) for name, numbers in first_of_its_kind(usual).items() for number in numbers]
        return look((_broken(name, number, usual[name], sandbox) for name, number in cases), len(cases))


def _broken(name: str, number: int, usual: Told, sandbox: Sandbox) -> Found:
    found = told(SCENES[name], sandbox, Aws(number, FAULTS["throttled"]))
    return Found(f"{name}, call {number}", mute(found, usual, usual.aws.calls[number], "throttled"))


def _limits() -> Seen:
    came = map(play, QUICK)
    return look(
        (Found(each.load.shown, [f"missed a bound: {it}" for it in each.complaints()]) for each in came), len(QUICK)
    )


def _matrix(cases: Sequence[Case]) -> Seen:
    with running() as runner:
        verdicts = map(runner.run, cases)
        found = (
            Found(each.case.id, [f"{kind} {what}" for kind in KINDS for what in getattr(each, kind)])
            for each in verdicts
        )
        return look(found, len(cases))


def _attempts(todo: Sequence[Attempt]) -> Seen:
    return look(_made(todo), len(todo))


def _made(todo: Iterable[Attempt]) -> Iterator[Found]:
    for attempt in todo:
        yield Found(f"seed {attempt.seed}", make(attempt).findings)


BESIDE: dict[str, Callable[[], Seen]] = {"edge": _edge, "limits": _limits}


if __name__ == "__main__":
    sys.exit(main())
