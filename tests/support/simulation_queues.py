"""A queue with visibility, receive counts, dead letters and redrive, as SQS has them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.support.simulation_time import Time


@dataclass(slots=True)
class Stored:
    """A message in a queue; ``receipt`` is that of its latest receive, empty before the first."""

    id: str
    body: str
    visible_at: float
    receives: int = 0
    receipt: str = ""


class Queue:
    """``changed`` is called whenever a message may have become due earlier than before."""

    def __init__(self, name: str, time: Time, *, visibility: float, maximum_receives: int) -> None:
        self.name = name
        self.messages: dict[str, Stored] = {}
        self.dead: list[Stored] = []
        self.changed: Callable[[], None] = lambda: None
        self._time = time
        self._visibility = visibility
        self._maximum_receives = maximum_receives
        self._numbers = itertools.count(1)

    def send(self, body: str) -> None:
        number = next(self._numbers)
        message = Stored(f"{self.name}-{number}", body, self._time.now)
        self.messages[message.id] = message
        self.changed()

    def receive(self, most: int) -> list[Stored]:
        """Copies of up to ``most`` visible messages, in a random order; exhausted ones go to the dead letters."""
        now = self._time.now
        visible = [each for each in self.messages.values() if each.visible_at <= now]
        self._time.random.shuffle(visible)
        taken: list[Stored] = []
        for message in visible:
            if len(taken) == most:
                break
            if message.receives >= self._maximum_receives:
                self.dead.append(self.messages.pop(message.id))
                continue
            message.receives += 1
            message.receipt = f"{message.id}/{message.receives}"
            message.visible_at = now + self._visibility
            taken.append(replace(message))
        return taken

    def delete(self, receipt: str) -> None:
        """An older receipt does nothing: SQS promises nothing for it."""
        message = self._held(receipt)
        if message:
            del self.messages[message.id]

    def hide(self, receipt: str, seconds: float) -> None:
        message = self._held(receipt)
        if message:
            message.visible_at = self._time.now + seconds
            self.changed()

    def hand_out_again(self) -> None:
        """At-least-once delivery: some message that is being worked on is visible again."""
        hidden = [each for each in self.messages.values() if each.visible_at > self._time.now]
        if hidden:
            self._time.random.choice(hidden).visible_at = self._time.now
            self.changed()

    def redrive(self) -> None:
        """The dead letters come back as new messages, with the same bodies and so the same task tokens."""
        dead, self.dead = self.dead, []
        for message in dead:
            self.send(message.body)

    @property
    def due_at(self) -> float | None:
        """When the next message becomes visible."""
        return min((each.visible_at for each in self.messages.values()), default=None)

    def _held(self, receipt: str) -> Stored | None:
        message = self.messages.get(receipt.rpartition("/")[0])
        return message if message and message.receipt == receipt else None
