"""What may stand in a log line, key by key: whatever else does may have come from a body."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dokstamp_sync.observability import logger, metrics

_REASONS = (
    r"the (mapping|outcomes table|run|result) could not be (read|written|asked for|started|sent|answered) \(\w+\)",
    r"another worker (owns|has taken over|was faster)[a-z ]*",
    r"the worker's time is up; [a-z ]+",
)
_OUTCOMES = "created|updated|unchanged|stale|rejected|blocked"
FORMS = {
    "level": r"INFO|WARNING|ERROR",
    "location": r"[\w.<>]+:\d+",
    "message": r"[a-z ,]+",
    "timestamp": r"[0-9 ,:+-]+",
    "service": r"[a-z_]+",
    "run": r"[0-9a-f]{40}|None",
    "record": r"[0-9a-f]{12}",
    "step": r"institution|course|module|course_modules|module_group|cohort|student|enrollment|certificate",
    "counts": rf"\{{('({_OUTCOMES})': \d+(, )?)*\}}",
    "reason": "|".join(_REASONS),
    "error": r"[A-Z]\w+",
    "where": r"[\w.<>]+:\d+",
    "status": r"\d+|None",
    "fields": r"\[\]",
    **dict.fromkeys(("problems", "records", "receives", "done", "open", "seconds"), r"\d+"),
}
UNFORESEEN = "unforeseen error"


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logger.registered_formatter)
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    def clear(self) -> None:
        self.written.clear()
        logger.clear_state()
        metrics.clear_metrics()

    def odd(self) -> Iterator[str]:
        """What does not belong there, by its key alone; and every error that nobody foresaw, by its place."""
        for line in self.written:
            told = json.loads(line)
            if "\n" in line:
                yield "more than one line for one entry"
            if told["message"] == UNFORESEEN:
                yield f"{UNFORESEEN}: {told['error']} at {told['where']}"
            elif odd := [key for key, value in told.items() if not _belongs(key, value)]:
                yield f"a log line with an odd {', '.join(odd)}"


def _belongs(key: str, value: Any) -> bool:
    return key in FORMS and bool(re.fullmatch(FORMS[key], str(value)))


@contextmanager
def caught() -> Iterator[Lines]:
    """Catches all that is logged, in place of the stream that it goes to."""
    # What a handler has put there stays for the life of its process.
    logger.clear_state()
    ours, lines = logging.getLogger(logger.service), Lines()
    before, ours.handlers = ours.handlers, [lines]
    try:
        yield lines
    finally:
        ours.handlers = before
