"""One folder below .local/stacks for each running stack: its lock, its logs, and all that its programs write."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from local.locks import Taken, hold, is_held
from local.places import STACK_FILE, STACKS
from local.processes import Failed

# The one stack that stack.json tells about: `make up`'s.
UP = "up"
LOGS = "*.log"
BETWEEN = "The local stack is just starting or stopping. Try again in a minute."


def _lock(name: str) -> Path:
    return STACKS / f"{name}.lock"


def is_in_use(name: str) -> bool:
    return is_held(_lock(name))


@contextmanager
def claimed(name: str) -> Iterator[Path]:
    """An empty folder of our own. At the end only the logs stay in it, until the next stack of that name."""
    for number in count(1):
        unique = name if number == 1 else f"{name}-{number}"
        lock = hold(_lock(unique), wait=False)
        try:
            lock.__enter__()
            break
        except Taken:
            if name == UP:
                raise Failed(
                    "The stack of `make up` runs already: .local/stack.json says where. Use it, or end it first "
                    "(Ctrl-C in its terminal)."
                    if STACK_FILE.exists()
                    else BETWEEN
                ) from None
    folder = STACKS / unique
    try:
        # A killed run may have left things behind.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
    finally:
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif not path.match(LOGS):
                path.unlink(missing_ok=True)
        lock.__exit__(None, None, None)
