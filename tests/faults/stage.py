"""One case's surroundings: settings, clock, mapping and PDFs; and the environments of workers in it."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.context import Means
from dokstamp_sync.dokstamp import deadline
from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.mapping.row import Claim, Row, Store
from dokstamp_sync.order import Step
from dokstamp_sync.settings import Settings
from dokstamp_sync.worker.batch import Answers, Worker
from tests.faults.wire import Sent, Wire
from tests.support.memory import InboxList, RefusalList
from tests.support.pipeline import CREDENTIALS, Clock, rules
from tests.support.pipeline import settings as local_settings
from tests.support.simulation_ports import MadeUpPdfs

_ATTACHMENTS = re.compile("^/courses/([^/]+)/(?:attach|detach)/modules$")
PATIENCE = 20
MOST_RECEIVES = 20


@contextmanager
def deadlines_by(clock: Clock) -> Iterator[None]:
    """Calls' deadlines pass by this clock, and no more in real time."""
    with patch.object(deadline, "time", SimpleNamespace(monotonic=clock)):
        yield


def settings(base_url: str, generation: str, **changes: Any) -> Settings:
    """The local stack's times, with a patience that the faults of one case do not use up."""
    modes = {"dokstamp_auth": "password", "dokstamp_issue": "status"} if generation == "g1" else {}
    fixed = {"patience_seconds": PATIENCE, "maximum_receives": MOST_RECEIVES, "record_threads": 2}
    return local_settings(base_url, **(fixed | modes | dict(changes)))


@dataclass(slots=True)
class Stage:
    """``row_id``: the record in question. ``sent``: what was sent so far, by anybody."""

    settings: Settings
    clock: Clock
    store: Store
    network: httpx.BaseTransport
    row_id: str = ""
    refusals: RefusalList = field(default_factory=RefusalList)
    sent: list[Sent] = field(default_factory=list)

    def row(self) -> Row | None:
        return self.store.read([self.row_id]).get(self.row_id)

    def claims(self, path: str) -> list[Claim | None]:
        """The claims that a call on this path needs: the record's, and a course's for its attachments."""
        course = _ATTACHMENTS.match(path)
        ids = [self.row_id, f"attachments#{course[1]}"] if course else [self.row_id]
        rows = self.store.read(ids)
        return [rows[each].claim if each in rows else None for each in ids]


class Environment:
    """What one Lambda environment keeps between its messages: a client with its token, and workers by step."""

    def __init__(self, name: str, stage: Stage, tell: Callable[[Sent], None] | None = None) -> None:
        self.name = name
        self._stage = stage
        deadline_seconds = stage.settings.deadline_seconds
        self.wire = Wire(name, stage.network, stage.clock, stage.claims, deadline_seconds, tell or stage.sent.append)
        self._brake = Brake(stage.store, stage.clock, stage.clock.sleep, lambda: 0.5)
        self._dokstamp = DokStamp(
            stage.settings, lambda afresh: CREDENTIALS, self._brake, clock=stage.clock, transport=self.wire
        )
        self._numbers = itertools.count(1)

    def worker(self, step: Step, answers: Answers, store: Store | None = None) -> Worker[Any]:
        """A worker of that step; ``store`` stands between it and the stage's."""
        stage = self._stage
        means = Means(
            store=store or stage.store,
            refusals=stage.refusals,
            inbox=InboxList(),
            api=self._dokstamp,
            pdfs=MadeUpPdfs(),
            brake=self._brake,
            settings=stage.settings,
            clock=stage.clock,
            sleep=stage.clock.sleep,
            new_owner=lambda: f"{self.name}-{next(self._numbers)}",
        )
        return Worker(rules(step), means, answers, lambda: 0.5)
