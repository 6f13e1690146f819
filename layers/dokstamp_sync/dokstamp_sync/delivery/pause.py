"""The pause that DokStamp asks for by ``Retry-After``. All functions share it through the mapping."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress

from dokstamp_sync.errors import Retry, Throttled
from dokstamp_sync.mapping.row import Conflict, Row, Store

PAUSE = "pause#dokstamp"
"""The id of the row that holds the pause's end. It is read with the records' rows, so it costs no call of its own."""

# An end that is at most so much later than the known one is not worth a write.
SAME_SECONDS = 2.0


class Pause:
    """Keeps every function from calling DokStamp while the pause lasts; each such call would only be refused."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._row: Row | None = None
        self._until = 0.0

    def learn(self, rows: Mapping[str, Row]) -> None:
        """Takes the pause over that another worker has stored. ``rows``: by id, read just now."""
        self._row = rows.get(PAUSE)
        if self._row:
            self._until = max(self._until, float(self._row.facts["until"]))

    def heed(self) -> None:
        """Raises Throttled, with the seconds that are left, while the pause lasts."""
        left = self._until - self._clock()
        if left > 0:
            raise Throttled("DokStamp asked to be left alone for a while", after=left)

    def note(self, seconds: float) -> None:
        """Stores that DokStamp wants no call for ``seconds``. If that fails, others learn it from DokStamp."""
        told, until = self._until, self._clock() + seconds
        self._until = max(told, until)
        if until > told + SAME_SECONDS:
            said = Row(PAUSE, facts={"until": until}, expires_at=math.ceil(until))
            with suppress(Conflict, Retry):
                self._row = self._store.write(said, self._row)
