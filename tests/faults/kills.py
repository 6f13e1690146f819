"""Runs the cases in which the worker's process is killed: really, by SIGKILL, with a mapping that outlives it."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.server import ThreadedMotoServer

from dokstamp_sync.edge.queue import Received
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.order import Step
from local.sandbox import Fault as SandboxFault
from tests.faults.bench import Bench
from tests.faults.cases import Case
from tests.faults.line import Line, Receive
from tests.faults.points import Point
from tests.faults.stage import Stage, settings
from tests.faults.verdict import Verdict
from tests.faults.victim import SECONDS_TO_LIVE, database
from tests.faults.wire import Sent
from tests.support.memory import MemoryStore
from tests.support.pipeline import Clock
from tests.support.tables import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]


class Victims:
    """The fork server, and the way to it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._rest = b""

    def receive(self, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What the worker tells about one receive; how its process ended comes last."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        while True:
            told: dict[str, Any] = json.loads(self._line())
            yield told
            if "exit" in told:
                return

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        give_up = time.monotonic() + SECONDS_TO_LIVE + 5
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, give_up - time.monotonic()))
            more = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise RuntimeError("the fork server does not answer")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line


class KillBench:
    """The bench's sandbox, a DynamoDB out of the workers' process, and the workers' fork server."""

    def __init__(self, bench: Bench, dynamodb: DynamoDBClient, victims: Victims) -> None:
        self._bench = bench
        self._dynamodb = dynamodb
        self._victims = victims
        self._cases = 0

    def run(self, case: Case) -> Verdict:
        """The verdict on a case."""
        started = time.monotonic()
        self._cases += 1
        table = f"mapping-{self._cases}"
        stage = Stage(settings(self._bench.sandbox.url, case.generation), Clock(), MemoryStore(), self._bench.network)
        self._bench.prepare(case, stage)
        stage.store = self._moved(stage.store, table)
        record = self._bench.record(case)
        try:
            execution = _Execution(case, stage, table, self._victims)
            line = Line(stage, execution.deliver)
            if case.point is Point.NOT_CARRIED_OUT:
                call = case.call
                self._bench.sandbox.add_faults(SandboxFault(kind="reset_before", method=call.method, path=call.path))
            verdict = self._bench.finish(case, stage, line, record)
            verdict.wrong += execution.complaints()
        finally:
            self._dynamodb.delete_table(TableName=table)
        verdict.seconds = time.monotonic() - started
        return verdict

    def _moved(self, store: Any, table: str) -> DynamoDBStore:
        """The rows that the deliveries before have left, in a table of their own."""
        make_table(self._dynamodb, table)
        moved = DynamoDBStore(self._dynamodb, table, sleep=Clock().sleep, random=lambda: 0.5)
        for row in store.rows.values():
            moved.write(row, None)
        return moved


class _Execution:
    """Delivers each receive to a process of its own; the first one is to be killed."""

    def __init__(self, case: Case, stage: Stage, table: str, victims: Victims) -> None:
        self._case = case
        self._stage = stage
        self._table = table
        self._victims = victims
        self._exits: list[int] = []

    def deliver(self, step: Step, received: Received) -> Receive:
        first = not self._exits
        receive = self._receive(received, first)
        if first and self._case.point is Point.AFTER_RESPONSE:
            # The worker is done, but its message is not deleted.
            receive.gone = False
        if not receive.gone and receive.hidden is None:
            # Nobody said when the message is to come back: the queue's own time is longer than any lease.
            receive.hidden = self._stage.settings.lease_seconds + 1
        return receive

    def _receive(self, received: Received, first: bool) -> Receive:
        receive = Receive(False)
        is_to_die = first and self._case.point is not Point.AFTER_RESPONSE
        job = {
            "name": f"worker-{received.receives}",
            "point": self._case.point if is_to_die else None,
            "call": self._case.call.key,
            "generation": self._case.generation,
            "base_url": self._stage.settings.dokstamp_base_url,
            "table": self._table,
            "row_id": self._stage.row_id,
            "now": self._stage.clock(),
            "received": asdict(received),
        }
        for told in self._victims.receive(job):
            if "sent" in told:
                self._stage.sent.append(Sent(**told["sent"]))
            if "answer" in told:
                receive.answers.append(told["answer"])
            receive.hidden = told.get("hidden", receive.hidden)
            receive.gone = told.get("gone", receive.gone)
            if "exit" in told:
                self._exits.append(told["exit"])
        return receive

    def complaints(self) -> Iterator[str]:
        """The first process must have died as it was meant to, and none of the others."""
        meant = 0 if self._case.point is Point.AFTER_RESPONSE else -signal.SIGKILL
        if self._exits[:1] != [meant]:
            yield f"the process came to an end with {self._exits[:1]} instead of {meant}: the point was not reached"
        if any(self._exits[1:]):
            yield f"other processes came to an end with {self._exits[1:]}"


@contextmanager
def open_kill_bench(bench: Bench) -> Iterator[KillBench]:
    """A kill bench on that bench's sandbox, for as long as the block lasts."""
    with ExitStack() as stack:
        # A line for every call to the database is for nobody.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        server.start()
        stack.callback(server.stop)
        endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        yield KillBench(bench, database(endpoint), stack.enter_context(_victims(endpoint)))


@contextmanager
def _victims(endpoint: str) -> Iterator[Victims]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT / 'layers/dokstamp_sync'}:{ROOT}",
        # No look for a region or credentials of this machine's.
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.victim", endpoint],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
        # A Ctrl-C is for the parent, which then ends this one.
        start_new_session=True,
    )
    try:
        yield Victims(process)
    finally:
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            # Its forks are in a group with it, and nobody else is.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
