"""Inbox, runs and queues in a few lines: a message comes back by the clock until it is gone."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack
from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.order import Step
from tests.faults.school import Json, Sections
from tests.faults.stage import Environment, Stage
from tests.support.pipeline import InOrder

GIVE_UP_AFTER = 30
"""Receives: more than a queue grants before it gives a message to its dead letters."""


class Hung(Exception):
    """The message never went, or went without an answer to its run."""


@dataclass(slots=True)
class Receive:
    """What became of one receive. ``hidden``: for how long the message was hidden, None if nobody said."""

    gone: bool
    answers: list[Json] = field(default_factory=list)
    hidden: float | None = None
    died: bool = False


Deliver = Callable[[Step, Received], Receive]


class QueueAndRun:
    """Notes what a worker tells the queue and the run; see batch.Answers."""

    def __init__(self) -> None:
        self.answers: list[Json] = []
        self.hidden: float | None = None

    def task(self, token: str, result: dict[str, Any]) -> None:
        # As it would be read from the wire.
        self.answers.append(json.loads(json.dumps(result)))

    def hide(self, receipt_handle: str, seconds: int) -> None:
        self.hidden = float(seconds)


def in_process(environment: Environment, store: Store | None = None) -> Deliver:
    """Delivers to workers of this environment; ``store`` stands between them and the stage's."""

    def deliver(step: Step, received: Received) -> Receive:
        told = QueueAndRun()
        try:
            environment.worker(step, told, store).take(received)
        except HandedBack:
            return Receive(False, told.answers, told.hidden)
        return Receive(True, told.answers)

    return deliver


class Line(InOrder):
    """Takes messages from the inbox to their result. ``after``: is told about every receive, and the time is its."""

    def __init__(self, stage: Stage, deliver: Deliver, after: Callable[[int, Receive], None] | None = None) -> None:
        super().__init__()
        self._stage = stage
        self.deliver = deliver
        self.after = after or self.pass_time
        self.answers: list[Json] = []
        self.told_elsewhere: list[Json] = []
        self.receives = 0
        self.last: tuple[Step, Received] | None = None
        self._intake = Intake(stage.store, stage.refusals, self, default_institution="", clock=stage.clock)

    def send(self, id_: str, occurred_at: str, sections: Sections) -> Json:
        """The result of a message with these sections."""
        before = len(self.results)
        message = {"id": id_, "occurred_at": occurred_at, **sections}
        self._intake.take(json.dumps(message), id_)
        if len(self.results) == before:
            raise Hung("the run has no result")
        return self.results[-1]

    def take(self, step: Step, message: Mapping[str, Any]) -> Json:
        """The step's answer, once the message is gone."""
        body = json.dumps({**message, "task_token": "token"})
        self.answers = []
        for self.receives in range(1, GIVE_UP_AFTER + 1):
            received = Received(f"{step}-1", body, "handle", self.receives)
            self.last = step, received
            receive = self.deliver(step, received)
            self.answers += receive.answers
            self.after(self.receives, receive)
            if receive.gone:
                if not self.answers:
                    raise Hung("the message is gone, and its run was never answered")
                return self.answers[0]
        raise Hung(f"the message is still there after {self.receives} receives")

    def pass_time(self, number: int, receive: Receive) -> None:
        self._stage.clock.sleep(max(1.0, receive.hidden or 1.0))
