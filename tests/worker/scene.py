"""A worker among fakes: a step whose deliveries are scripted, and a queue, a run and a DokStamp that only remember."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.context import Means
from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack, Retry, Throttled
from dokstamp_sync.mapping.row import Row, row_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Student
from dokstamp_sync.settings import Settings
from dokstamp_sync.steps.work import Delivered, Parent, Reference, Work
from dokstamp_sync.worker.batch import Worker
from tests.support.memory import InboxList, MemoryStore, RefusalList
from tests.support.pipeline import Clock, FolderPdfs, settings

Act = Callable[[Work[Student]], Delivered]
NOON = "2026-11-20T12:00:00Z"
COURSE = Reference(Step.COURSE, "CS")


def student(name: str, **changes: Any) -> dict[str, Any]:
    """A student as the SIS says it."""
    email = f"{name}@school.example"
    return {"sis_id": name, "name": f"{name} Souza", "email": email, "date_of_birth": "2000-01-31"} | changes


def uuid_of(name: str) -> str:
    """The uuid that the scripted step gives a record."""
    return f"uuid-of-{name}"


class ScriptedStep:
    """Does what the script says, once each; where it says nothing, creates (or updates) without a call."""

    step = Step.STUDENT

    def __init__(self) -> None:
        self.script: defaultdict[str, list[Exception | Act]] = defaultdict(list)
        self.needs: dict[str, Reference] = {}
        self.lanes: dict[str, str] = {}
        self.begun: list[str] = []

    def references(self, record: Student) -> Mapping[str, Reference]:
        return {"needed": self.needs[record.sis_id]} if record.sis_id in self.needs else {}

    def lane(self, record: Student) -> str:
        return self.lanes.get(record.sis_id, record.sis_id)

    def intent(self, record: Student, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        return {}

    def deliver(self, work: Work[Student]) -> Delivered:
        name = work.record.sis_id
        self.begun.append(name)
        acts = self.script[name]
        act = acts.pop(0) if acts else _succeed
        if isinstance(act, Exception):
            raise act
        return act(work)


def _succeed(work: Work[Student]) -> Delivered:
    return Delivered(Outcome.UPDATED if work.uuid else Outcome.CREATED, uuid_of(work.record.sis_id), "as scripted")


def create(work: Work[Student]) -> Delivered:
    """A step that makes a writing call."""
    entity = work.api.create("/students", {"name": work.record.name})
    return Delivered(Outcome.CREATED, entity["uuid"], "posted")


class FakeApi:
    """Lists what it is told to, refuses what it is told to, and remembers every call."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Entity]] = {}
        self.trouble: dict[str, Exception] = {}
        self.calls: list[tuple[str, str]] = []
        self.serve: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def _call(self, kind: str, path: str) -> Entity:
        with self._lock:
            self.calls.append((kind, path))
        if path in self.trouble:
            raise self.trouble[path]
        self.serve()
        return {"uuid": f"posted-{len(self.calls)}"}

    def pages(self, path: str, where: Mapping[str, str] | None = None) -> Iterator[Entity]:
        self._call("pages", path)
        return iter(self.lists.get(path, []))

    def get(self, path: str) -> Entity:
        return self._call("get", path)

    def create(self, path: str, body: Mapping[str, Any]) -> Entity:
        return self._call("create", path)

    def change(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("change", path)

    def attach(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("attach", path)

    def detach(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("detach", path)

    def revoke(self, path: str, body: Mapping[str, Any]) -> Entity:
        return self._call("revoke", path)

    def upload(self, name: str, pdf: IO[bytes]) -> Entity:
        return self._call("upload", name)


class FakeAnswers:
    """Remembers what was answered and for how long messages were hidden."""

    def __init__(self) -> None:
        self.answered: list[tuple[str, dict[str, Any]]] = []
        self.hidden: list[int] = []
        self.trouble: list[Retry] = []

    def task(self, token: str, result: dict[str, Any]) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.answered.append((token, result))

    def hide(self, receipt_handle: str, seconds: int) -> None:
        self.hidden.append(seconds)


class Scene:
    """One worker of the scripted step, and all that is around it."""

    def __init__(self, **changes: Any) -> None:
        real = {"retry_base_seconds": 10, "retry_cap_seconds": 900, "patience_seconds": 3600}
        self.settings: Settings = settings("https://nowhere.example", **real | changes)
        self.clock = Clock()
        self.first = self.clock()
        self.store = MemoryStore()
        self.refusals = RefusalList()
        self.inbox = InboxList()
        self.api = FakeApi()
        self.answers = FakeAnswers()
        self.step = ScriptedStep()
        self.worker = self.another_worker()

    def another_worker(self, random: Callable[[], float] = lambda: 0.5) -> Worker[Student]:
        self.brake = Brake(self.store, self.clock, self.clock.sleep, lambda: 0.5, self.settings.calls_per_second)
        self.api.serve = self.brake.serve
        means = Means(
            store=self.store,
            refusals=self.refusals,
            inbox=self.inbox,
            api=self.api,
            pdfs=FolderPdfs(),
            brake=self.brake,
            settings=self.settings,
            clock=self.clock,
            sleep=self.clock.sleep,
            new_owner=lambda: "worker",
        )
        return Worker(self.step, means, self.answers, random)

    def asked_to_wait(self, work: Work[Student]) -> Delivered:
        """An act: DokStamp wants no calls for a minute, and says so."""
        self.brake.refuse(60)
        raise Throttled("429", after=60)

    def take(self, *records: Any, receives: int = 1, **changes: Any) -> dict[str, Any] | None:
        """The run's answer; None if the message was handed back. A record may be given by its name alone."""
        listed = [student(each) if isinstance(each, str) else each for each in records]
        message = {"run": "run-1", "step": "student", "occurred_at": NOON, "options": {}, "records": listed}
        return self.receive(json.dumps(message | {"task_token": "token-1"} | changes), receives)

    def receive(self, body: str, receives: int = 1) -> dict[str, Any] | None:
        before = len(self.answers.answered)
        try:
            self.worker.take(Received("message-1", body, "handle-1", receives))
        except HandedBack:
            return None
        return self.answers.answered[-1][1] if len(self.answers.answered) > before else {}

    def wait(self, seconds: float, *records: Any, **changes: Any) -> dict[str, Any] | None:
        """Takes the message as often as it comes back in that time, the last time at its end; answers the last one."""
        answer, end = None, self.clock() + seconds
        while answer is None and self.clock() < end:
            self.clock.sleep(min(self.answers.hidden[-1], end - self.clock()))
            answer = self.take(*records, **changes)
        return answer

    def row(self, name: str) -> Row:
        return self.store.rows[row_id(Step.STUDENT, name)]

    def put(self, row: Row) -> Row:
        return self.store.write(row, None)


def outcomes(answer: dict[str, Any] | None) -> dict[str, str]:
    """What became of each record, by its id."""
    assert answer is not None, "the message was handed back"
    return {each["sis_id"]: each["outcome"] for each in answer["records"]}


def reasons(answer: dict[str, Any] | None) -> dict[str, str]:
    """The reason of each record, by its id."""
    assert answer is not None, "the message was handed back"
    return {each["sis_id"]: each["reason"] for each in answer["records"]}
