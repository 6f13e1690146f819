"""A function's cold start: what it needs is made while Lambda gives it a whole processor, before the first message."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import suppress


def prepare(build: Callable[[], object], environment: Mapping[str, str]) -> None:
    """Builds at import, in a function. What fails then is tried again, and told of, at the first message."""
    if "AWS_LAMBDA_FUNCTION_NAME" not in environment:
        return
    with suppress(Exception):
        build()
    # It was off while everything was imported (see dokstamp_sync/__init__.py), and need not look at that again.
    gc.freeze()
    gc.enable()
