"""A worker that stands still at a point, and what goes on meanwhile."""

import json
from collections.abc import Iterator

from tests.faults.cases import Case, Overtaking
from tests.faults.line import Deliver, Hung, Line, Receive, in_process
from tests.faults.points import Trap, TrappedStore, ambushes
from tests.faults.stage import Environment, Stage

NEWER = "2026-01-03T00:00:00Z"


class Interloper:
    """Waits at the case's point for the first worker to come by."""

    def __init__(self, case: Case, stage: Stage, line: Line) -> None:
        assert case.point is not None
        self._case = case
        self._stage = stage
        self._line = line
        self._other = Environment("other", stage)
        self.trap = Trap(case.point, self._meanwhile)

    def deliver(self, main: Environment) -> Deliver:
        """Delivers to workers of ``main`` that stand still at the point."""
        main.wire.ambushes += ambushes(self._case.call, self.trap)
        return in_process(main, TrappedStore(self._stage.store, self._stage.row_id, self.trap))

    def _meanwhile(self) -> None:
        match self._case.overtaking:
            case Overtaking.TWIN:
                self._deliver_to_other()
            case Overtaking.LAPSED:
                self._let_the_lease_lapse()
                self._bring_to_its_end()
            case Overtaking.NEWER:
                self._let_the_lease_lapse()
                call = self._case.call
                newer = Line(self._stage, in_process(self._other))
                newer.send("newer", NEWER, {call.step.section: [call.newer or {}]})
            case _:
                given = self._stage.settings
                self._stage.clock.sleep(given.lease_seconds - given.in_flight_seconds + 0.5)

    def _let_the_lease_lapse(self) -> None:
        self._stage.clock.sleep(self._stage.settings.lease_seconds + 1)

    def _deliver_to_other(self) -> Receive:
        assert self._line.last is not None
        return in_process(self._other)(*self._line.last)

    def _bring_to_its_end(self) -> None:
        for _ in range(5):
            receive = self._deliver_to_other()
            if receive.gone:
                self._line.told_elsewhere += receive.answers
                return
            self._stage.clock.sleep(max(1.0, receive.hidden or 1.0))
        raise Hung("the other worker could not take the message over")


def twice(line: Line) -> Iterator[str]:
    """The message's other copy comes once more, when all is done: it must be answered the same."""
    assert line.last is not None
    told = list(line.answers)
    step, received = line.last
    answer = line.take(step, json.loads(received.body))
    if any(each != answer for each in told):
        yield f"the message's other copy was answered differently: {answer} instead of {told[0]}"
