"""`make fuzz [SECONDS=600]`: two engines search side by side for a body that breaks what must hold (see bench.py).

Shows how far they are; keeps every finding in .local/fuzz/ with how to repeat it. Exit code 1 if there is one.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from local.command import carry_out
from local.processes import Failed, running, tail
from local.report import console
from tests.fuzz.by_bytes import WITHOUT, guide

ENGINES = {"schema": "tests.fuzz.by_schema", "bytes": "tests.fuzz.by_bytes"}
TITLES = {"schema": "hypothesis, from the models' schema", "bytes": "bytes, guided by coverage (atheris)"}
SECONDS_BETWEEN_LINES = 10
# An engine that does not end in time hangs.
GRACE_SECONDS = 120

Process = subprocess.Popen[bytes]


def main() -> int:
    """0: nothing was found, 1: something was."""
    options = _options()
    if options.repeat:
        return _repeat(options.repeat)
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    earlier = folder / "earlier"
    earlier.mkdir(exist_ok=True)
    for old in folder.glob("*.*"):
        old.replace(earlier / old.name)
    if guide() is None:
        TITLES["bytes"] = "bytes, changed blindly"
        console.print(f"! {WITHOUT}", style="yellow", markup=False)
    console.print(f"Fuzzing intake and workers for {options.seconds} s, seed {options.seed}; findings go to {folder}/")
    codes = _search(folder, options.seconds, options.seed)
    return verdict(folder, codes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the byte engine; default: the time")
    parser.add_argument("--folder", type=Path, default=Path(".local/fuzz"), help="default: %(default)s")
    parser.add_argument("--repeat", type=Path, metavar="FILE", help="judges this body alone")
    return parser.parse_args()


def _search(folder: Path, seconds: int, seed: int) -> dict[str, int | None]:
    """Runs the engines to their end; answers their exit codes, None for one that hangs."""
    with ExitStack() as stack:
        engines = {
            name: stack.enter_context(
                running(
                    [sys.executable, "-m", module, folder, str(seconds), str(seed)],
                    environment=os.environ,
                    log=folder / f"{name}.log",
                )
            )
            for name, module in ENGINES.items()
        }
        _watch(folder, engines, time.monotonic() + seconds + GRACE_SECONDS)
        return {name: engine.poll() for name, engine in engines.items()}


def _watch(folder: Path, engines: dict[str, Process], until: float) -> None:
    said = 0.0
    while time.monotonic() < until and any(engine.poll() is None for engine in engines.values()):
        time.sleep(0.5)
        if time.monotonic() > said + SECONDS_BETWEEN_LINES:
            said = time.monotonic()
            console.print("   ".join(_progress(folder, name) for name in engines), markup=False, highlight=False)


def _progress(folder: Path, name: str) -> str:
    note = _note(folder, name)
    return f"{name}: {note['executions']} bodies in {note['seconds']:.0f} s, {len(note['findings'])} findings"


def _note(folder: Path, name: str) -> dict[str, Any]:
    file = folder / f"{name}.json"
    empty: dict[str, Any] = {"executions": 0, "seconds": 0, "findings": []}
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else empty


def verdict(folder: Path, codes: dict[str, int | None]) -> int:
    """Shows what came of it. Raises Failed if an engine, by its exit code, did not come to its end."""
    trouble = list(_troubles(folder, codes))
    for name, title in TITLES.items():
        console.print(
            f"{'✗' if _note(folder, name)['findings'] else '✓'} {title}: {_progress(folder, name)}", markup=False
        )
    for text in (*_kept(folder), *trouble):
        console.print(text, style="red", markup=False)
    if trouble:
        raise Failed("An engine did not come to its end: that is a finding, too.")
    return int(any(_note(folder, name)["findings"] for name in ENGINES))


def _kept(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.txt")):
        yield file.read_text(encoding="utf-8")


def _troubles(folder: Path, codes: dict[str, int | None]) -> Iterator[str]:
    for name, code in codes.items():
        if code != 0:
            yield f"{name}: exit code {code}. The end of {folder / name}.log:\n{tail(folder / f'{name}.log')}"
        elif _note(folder, name)["executions"] == 0:
            yield f"{name}: tried nothing"


def _repeat(file: Path) -> int:
    from tests.fuzz.bench import Finding, judge
    from tests.fuzz.lines import caught

    with caught() as lines:
        try:
            ended = judge(file.read_bytes().decode(errors="surrogatepass"), lines)
        except Finding as finding:
            console.print(str(finding), style="red", markup=False)
            raise
    console.print(f"✓ {ended}", markup=False)
    return 0


if __name__ == "__main__":
    carry_out(main)
