"""File locks. The kernel drops them when their owner dies, however it dies, so a lock is never stale."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Somebody else holds the lock."""


@contextmanager
def hold(path: Path, *, wait: bool) -> Iterator[None]:
    """Holds the lock; `wait=False` raises Taken where somebody else does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Taken(str(path)) from None
        yield


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock right now."""
    if not path.exists():
        return False
    try:
        with hold(path, wait=False):
            return False
    except Taken:
        return True
