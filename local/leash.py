"""Runs a command and never outlives whoever started it: `python leash.py COMMAND ...`.

It runs in a session of its own with a pipe as its standard input. The pipe closes when its owner closes it or dies,
even by SIGKILL, and then the command and all that the command started are ended: SIGTERM first, SIGKILL after a while.
Standard library only and no import of ours, for it is started by path.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

SECONDS_TO_END = 2


def end_group(child: subprocess.Popen[bytes]) -> None:
    """Ends everything in this process group, this process included."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=SECONDS_TO_END)
    os.killpg(0, signal.SIGKILL)


def end(*_: object) -> None:
    # Leaves the wait below: nothing can wait for the child while that does.
    raise SystemExit


def wait_for_owner() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main(command: list[str]) -> None:
    signal.signal(signal.SIGTERM, end)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=wait_for_owner, daemon=True).start()
    try:
        code = child.wait()
    except SystemExit:
        end_group(child)
        raise
    # Without tidying up: the thread still reads the pipe.
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(sys.argv[1:])
