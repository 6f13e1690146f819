"""The time that DokStamp asked to be left alone (``Retry-After``), shared by all functions through the mapping."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress

from dokstamp_sync.errors import Retry, Throttled
from dokstamp_sync.mapping.row import Conflict, Row, Store

PAUSE = "pause#dokstamp"
"""The id of the one row that says until when; read together with the records' rows, so that it costs no call."""

# Not every second that several workers disagree by is worth a write.
SAME_SECONDS = 2.0


class Pause:
    """Without it each function would find out by a call that is bound to fail."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._row: Row | None = None
        self._until = 0.0

    def learn(self, rows: Mapping[str, Row]) -> None:
        """Takes over what another worker has written."""
        self._row = rows.get(PAUSE)
        if self._row:
            self._until = max(self._until, float(self._row.facts["until"]))

    def heed(self) -> None:
        """Raises Throttled, with the seconds that are left, while the pause lasts."""
        left = self._until - self._clock()
        if left > 0:
            raise Throttled("DokStamp asked to be left alone for a while", after=left)

    def note(self, seconds: float) -> None:
        """DokStamp wants no call for so long. That the others do not hear it is no loss: they find out themselves."""
        told, until = self._until, self._clock() + seconds
        self._until = max(told, until)
        if until > told + SAME_SECONDS:
            said = Row(PAUSE, facts={"until": until}, expires_at=math.ceil(until))
            with suppress(Conflict, Retry):
                self._row = self._store.write(said, self._row)
