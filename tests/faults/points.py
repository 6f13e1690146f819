"""The points at which a worker is killed, or stopped while another one overtakes it; and the traps that wait there."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import httpx

from dokstamp_sync.mapping.row import Row, Store
from tests.faults.calls import Call
from tests.faults.wire import Ambush


class Point(StrEnum):
    """The twelve points of a record's way, in order; the value says what has happened."""

    START = "at the start"
    READ = "after the mapping was read"
    INTENT = "after the intent was written"
    LOOK_UP = "after the look-up"
    BEFORE_CALL = "before the call is sent"
    NOT_CARRIED_OUT = "when the call was sent and not carried out"
    CARRIED_OUT = "when the call was carried out and its answer is lost"
    BEFORE_ROW = "before the row is written"
    BEFORE_TOKEN = "before the token is answered"
    AFTER_TOKEN = "when the token's answer is lost"
    BEFORE_RESPONSE = "before the batch response"
    AFTER_RESPONSE = "after everything, and the delete is lost"


ON_THE_WIRE = (Point.BEFORE_CALL, Point.NOT_CARRIED_OUT, Point.CARRIED_OUT)
"""Those of the call itself; all others are the record's, whatever the call is."""


class Trap:
    """Springs once, when the worker comes to its point."""

    def __init__(self, point: Point, act: Callable[[], None]) -> None:
        self._point = point
        self._act = act
        self.sprung = False

    def reach(self, point: Point) -> None:
        if point is self._point and not self.sprung:
            self.sprung = True
            self._act()


class TrappedStore:
    """A store on whose way the points of the record's row lie."""

    def __init__(self, inner: Store, row_id: str, trap: Trap) -> None:
        self._inner = inner
        self._row_id = row_id
        self._trap = trap

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        wanted = list(ids)
        rows = self._inner.read(wanted)
        if self._row_id in wanted:
            self._trap.reach(Point.READ)
        return rows

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        is_ours = row.id == self._row_id
        is_done = row.applied is not None and row.claim is None
        if is_ours and is_done and replaces is not None and replaces.claim is not None:
            self._trap.reach(Point.BEFORE_ROW)
        stored = self._inner.write(row, replaces, beside)
        if is_ours and row.claim is not None:
            self._trap.reach(Point.INTENT)
        return stored


def ambushes(call: Call, trap: Trap) -> list[Ambush]:
    """Those that make the trap reach the points on the wire."""

    def at(point: Point) -> Callable[[httpx.Request], None]:
        return lambda request: trap.reach(point)

    found = [
        Ambush(call.method, call.path, at(Point.BEFORE_CALL)),
        Ambush(call.method, call.path, at(Point.NOT_CARRIED_OUT), "lost"),
        Ambush(call.method, call.path, at(Point.CARRIED_OUT), "answered"),
    ]
    if call.look_up:
        found.append(Ambush("GET", call.look_up, at(Point.LOOK_UP), "answered"))
    return found
