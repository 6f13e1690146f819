"""The pace that all workers share: one row of the mapping."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from dokstamp_sync import failures
from dokstamp_sync.delivery.pace import Pace
from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.row import Conflict, Row, Store
from dokstamp_sync.observability import logger

BRAKE = "brake#dokstamp"
"""The id of the row; read together with the records' rows, so that it costs no call."""

MOST_TRIES = 60
MOMENT_SECONDS = 0.02
# What nobody met for a day is forgotten.
KEPT_SECONDS = 86_400.0


class SharedPace:
    """``fixed``: calls per second, if somebody has set them, else 0. ``now``: the pace as last heard of."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        fixed: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._fixed = fixed
        self._row: Row | None = None
        self._alone_until = 0.0
        self._untold: list[Callable[[Pace], Pace]] = []
        self.now = self._meant(None)

    def learn(self, rows: Mapping[str, Row]) -> None:
        """Takes over what the mapping says. ``rows``: by id, as read; without the row there is no limit.

        A pause that could not be written down is kept to first.
        """
        if self._clock() >= self._alone_until:
            self._know(rows.get(BRAKE))

    def ask(self) -> Pace:
        """What the mapping says now."""
        self.learn(self._store.read([BRAKE]))
        return self.now

    def change(self, how: Callable[[Pace], Pace]) -> None:
        """Changes the pace for all workers. Raises Retry if the mapping can't be asked, or if it keeps changing."""
        row = self._row
        for _ in range(MOST_TRIES):
            before = after = self._meant(row)
            # What could not be written down before is written down now.
            for each in (*self._untold, how):
                after = each(after)
            if after == before:
                return self._know(row)
            kept = math.ceil(max(after.free_at, self._clock()) + KEPT_SECONDS)
            try:
                return self._know(self._store.write(Row(BRAKE, facts=after.facts, expires_at=kept), row))
            except Conflict as conflict:
                row = conflict.current
            self._sleep(MOMENT_SECONDS * self._random())
        raise Retry("the row of the brake keeps changing")

    def tell(self, how: Callable[[Pace], Pace]) -> None:
        """The same; if the mapping cannot be asked, this worker keeps to it alone: the others find out themselves."""
        try:
            self.change(how)
        except Retry as error:
            logger.warning("the brake could not be told", **failures.shown(error))
            self._untold.append(how)
            self.now = how(self.now)
            self._alone_until = self.now.free_at

    def _know(self, row: Row | None) -> None:
        self._alone_until = 0.0
        self._untold.clear()
        self._row = row
        self.now = self._meant(row)

    def _meant(self, row: Row | None) -> Pace:
        """The pace that a row says, unless the settings say otherwise."""
        said = Pace.read(row.facts) if row else Pace()
        if self._fixed:
            return replace(said, rate=self._fixed, since=0.0, fixed=True)
        return replace(said, rate=0.0, since=0.0, found=False, fixed=False) if said.fixed else said
