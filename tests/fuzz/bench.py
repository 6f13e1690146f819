"""One body through the intake and through a worker, and whether what must hold for every body holds for this one.

A message ends as exactly one of: refused with problems that name fields, a run started, nothing new; or it is retried,
but only when AWS failed. What the intake takes, every step takes as the same record, and brings to an outcome. What a
step's queue gets straight is done or dropped. Nothing outgrows what AWS holds, nothing of the body is logged, no error
is unforeseen, and none of it takes long.
"""

import io
import json
import time
import traceback
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from pydantic import ValidationError

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.context import Means
from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack, Misconfigured, Retry
from dokstamp_sync.intake.check import Refused, check
from dokstamp_sync.intake.entry import StepFunctionsRuns
from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.mapping.refusals import RefusalTable
from dokstamp_sync.messages import StepMessage, as_sent, read_json
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.reading import parse
from dokstamp_sync.records import Record
from dokstamp_sync.results import result_of_state
from dokstamp_sync.worker.batch import Worker
from dokstamp_sync.worker.entry import InboxQueue, QueueAndRuns
from tests.fuzz.aws import Aws
from tests.fuzz.lines import Lines
from tests.fuzz.vendor import AnyPdf, Willing
from tests.support.pipeline import Clock, rules, settings

DEFAULT_INSTITUTION = "VALE"
MOST_SECONDS = 5.0
ENDS = ("refused", "run started", "nothing new")
SETTINGS = settings("https://nowhere.example", default_institution=DEFAULT_INSTITUTION, record_threads=1)
RULES = {step: rules(step) for step in Step}
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:sync"


class Finding(Exception):
    """Something that must hold does not; the text tells findings apart and holds nothing of the body."""


class World:
    """AWS, and everything of ours that stands on it."""

    def __init__(self, fails_at: int = 0) -> None:
        self.aws = Aws(fails_at)
        client: Any = self.aws
        clock = Clock()
        self._store = DynamoDBStore(client, "mapping", sleep=clock.sleep, random=lambda: 0.5)
        self._refusals = RefusalTable(client, "outcomes", 90, clock)
        runs = StepFunctionsRuns(client, client, MACHINE, "results")
        self._clock = clock
        self._vendor = Willing()
        self.intake = Intake(self._store, self._refusals, runs, default_institution=DEFAULT_INSTITUTION, clock=clock)

    def worker(self, step: Step) -> Worker[Any]:
        client: Any = self.aws
        brake = Brake(self._store, self._clock, self._clock.sleep, lambda: 0.5)
        means = Means(
            self._store,
            self._refusals,
            InboxQueue(client, "inbox"),
            self._vendor,
            AnyPdf(),
            brake,
            SETTINGS,
            self._clock,
            self._clock.sleep,
            lambda: "worker",
        )
        return Worker(RULES[step], means, QueueAndRuns(client, client, "step"), lambda: 0.5)


def judge(body: str, lines: Lines) -> str:
    """How the body ended, at the intake and at a worker. Raises Finding."""
    began = time.process_time()
    with _nothing_odd(lines):
        taken = _at_the_intake(body)
        straight = _at_a_worker(body)
    if time.process_time() - began > MOST_SECONDS:
        raise Finding(f"takes more than {MOST_SECONDS:g} s")
    return f"{taken}, {straight}"


@contextmanager
def _nothing_odd(lines: Lines) -> Iterator[None]:
    lines.clear()
    try:
        # Where metrics go.
        with redirect_stdout(io.StringIO()):
            yield
    except Finding:
        raise
    # Whatever nobody foresaw is what is looked for.
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        ours = [each for each in traceback.extract_tb(error.__traceback__) if "dokstamp_sync" in each.filename]
        where = ours[-1] if ours else where
        detail = f": {error}" if type(error).__name__ == "BeyondBounds" else ""
        raise Finding(f"{type(error).__name__} at {where.name}{detail}") from error
    for odd in lines.odd():
        raise Finding(odd)


def _at_the_intake(body: str) -> str:
    # Every third body meets an AWS that fails at one of its first calls.
    chance = zlib.crc32(body.encode(errors="surrogatepass"))
    world = World(fails_at=1 + chance // 3 % 5 if chance % 3 == 0 else 0)
    try:
        world.intake.take(body, "message-1")
    except Retry:
        _expect(world.aws.has_failed, "retried though AWS did not fail")
        world.intake.take(body, "message-1")
    world.aws.fails_at = 0
    end = _end(world.aws)
    _check_reading(body, world.aws)
    if end == "run started":
        _run(world)
    _again(world, body)
    return end


def _again(world: World, body: str) -> None:
    """The same once more is the same run; only what is refused may be refused again. Another id is another message."""
    before = len(world.aws.results)
    world.intake.take(body, "message-1")
    again = len(world.aws.results) - before
    _expect(again == (world.aws.results[-1]["status"] == "refused"), "the same id again has another result")
    if again == 0:
        runs = len(world.aws.runs)
        world.intake.take(json.dumps({**read_json(body), "id": "another"}), "message-2")
        _expect(len(world.aws.results) - before + len(world.aws.runs) - runs == 1, "said again, it ends otherwise")


def _end(aws: Aws) -> str:
    # A result that was sent before AWS failed is sent again: better twice than never.
    results = aws.results[:1] if aws.has_failed and aws.results[1:] == aws.results[:1] else aws.results
    _expect(len(aws.runs) + len(results) == 1, f"{len(aws.runs)} runs and {len(results)} results")
    if aws.runs:
        return "run started"
    (result,) = results
    if result["status"] == "refused":
        well = all(isinstance(each["field"], str) and each["problem"] for each in result["errors"])
        _expect(bool(result["errors"]) and well and result["records"] == [], "refused without a problem")
        return "refused"
    _expect(bool(result["records"]) and result["status"].startswith("completed"), "a result of nothing")
    _expect(all(each["outcome"] in list(Outcome) and each["reason"] for each in result["records"]), "an odd outcome")
    return "nothing new"


def _check_reading(body: str, aws: Aws) -> None:
    """What starts a run is read the same way every time, and by the steps as the record that the intake took it for."""
    try:
        checked = check(body, DEFAULT_INSTITUTION, Clock()())
    except Refused:
        _expect(not aws.runs, "refused at times")
        return
    for text in aws.runs.values():
        state = json.loads(text)
        for step, records in checked.records.items():
            for record, sent in zip(records, state[step.section]["todo"], strict=True):
                _check_record(step, record, sent)


def _check_record(step: Step, record: Record, sent: Any) -> None:
    try:
        again = parse(step, sent, DEFAULT_INSTITUTION)
    except ValidationError as error:
        fields = sorted({str(each["loc"][:1]) for each in error.errors()})
        raise Finding(f"{step} is taken by the intake and refused by the step: {fields}") from None
    same = again == record and again.fingerprint() == record.fingerprint() and as_sent(again) == sent
    _expect(same, f"{step} is another record when it is read again")


def _run(world: World) -> None:
    """The run to its end, as the state machine goes."""
    ((_, text),) = world.aws.runs.items()
    state = json.loads(text)
    head = {name: state[name] for name in ("run", "occurred_at", "options")}
    for step in Step:
        todo = state.get(step.section, {}).get("todo")
        if todo:
            message = json.dumps({**head, "step": step.value, "records": todo, "task_token": "token"})
            world.worker(step).take(_received(message))
            state[step.section] = world.aws.tasks[-1]
            _expect(len(world.aws.tasks[-1]["records"]) == len(todo), "a step answers for more or fewer records")
            _expect(len(json.dumps(state, ensure_ascii=False).encode()) <= 256 * 1024, "a run's state outgrows it")
    world.aws.send_message("results", json.dumps(result_of_state(state), ensure_ascii=False))


def _at_a_worker(body: str) -> str:
    message = _step_message(body)
    world = World()
    try:
        world.worker(message.step if message else Step.STUDENT).take(_received(body))
    except (HandedBack, Misconfigured):
        _expect(message is None and '"task_token"' in body, "handed back")
        return "handed back"
    kept = world.aws.tables.get("outcomes", {})
    if message is None:
        _expect(list(kept) == ["message#message-1"], "neither dropped nor done")
        return "dropped"
    _expect(len(world.aws.tasks) == bool(message.task_token), "a run without its answer")
    return "done"


def _step_message(body: str) -> StepMessage | None:
    try:
        return StepMessage.model_validate(read_json(body), context={"now": Clock()()})
    except ValueError:
        return None


def _received(body: str) -> Received:
    # The last receive: whatever waits for something comes to its end.
    return Received("message-1", body, "handle", SETTINGS.maximum_receives)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Finding(otherwise)
