"""Other programs, started on a leash (see leash.py): none of them is left running, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from local.places import ROOT

LEASH = Path(__file__).with_name("leash.py")
SECONDS_TO_END = 8
LINES_SHOWN = 30


class Failed(Exception):
    """Something could not be started or ended badly; the text says what to do."""


def tail(log: Path, lines: int = LINES_SHOWN) -> str:
    """The last lines of a log, for an error message."""
    written = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join(f"  | {line}" for line in written)


@contextmanager
def running(
    command: Sequence[str | Path], *, environment: Mapping[str, str], log: Path, folder: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program for as long as the block lasts, its output in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", LEASH, *command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program started by `running` and everything that it started."""
    if process.stdin:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=SECONDS_TO_END)
    # A leash that was killed has not ended what it led.
    if process.returncode in (None, -signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(command: Sequence[str | Path], *, environment: Mapping[str, str], log: Path, what: str) -> None:
    """Runs a program to its end; raises Failed with the end of its output if it went wrong."""
    with running(command, environment=environment, log=log) as process:
        code = process.wait()
    if code != 0:
        raise Failed(f"{what} failed (exit code {code}). The end of {os.path.relpath(log)}:\n{tail(log)}")


def end_on_signals() -> None:
    """Makes SIGTERM and SIGHUP end this program as Ctrl-C does: through every `finally`.

    Also Ctrl-C itself, which a shell's script switches off for what it starts in the background.
    """

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
