"""What is told of a failure: one log line with its type and place, and the metrics that the alarms read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dokstamp_sync import observability
from dokstamp_sync.errors import Misconfigured, NotReady, Retry, SyncError, Throttled
from dokstamp_sync.observability import logger


def shown(error: Exception) -> dict[str, Any]:
    """Type and place, and the reason of an error of ours. The message of any other one may hold personal data."""
    reason = {"reason": error.reason} if isinstance(error, SyncError) else {}
    return {"error": type(error).__name__, "where": _place(error), **reason}


def log(what: str, error: Exception, **about: Any) -> None:
    """The one line about a failure. ``what`` is retried now: the record, the message or the result."""
    if isinstance(error, SyncError):
        logger.warning(f"{what} is retried", **shown(error), **about)
    else:
        logger.error("unforeseen error", **shown(error), **about)


def count(error: Exception) -> None:
    """Its metrics."""
    observability.count("NotReady" if isinstance(error, NotReady) else "Retried")
    if isinstance(error, Misconfigured | Throttled):
        observability.count(type(error).__name__)
    elif not isinstance(error, SyncError):
        observability.count("Unforeseen")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Tells of whatever is raised within, and raises it again, without the message of an error that is not ours."""
    try:
        yield
    # Whoever calls the function shows and keeps what it raises.
    except Exception as error:
        log(what, error)
        count(error)
        if isinstance(error, SyncError):
            raise
        raise Retry(f"{type(error).__name__} at {_place(error)}") from None


def _place(error: Exception) -> str:
    """The function and line that raised it."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
