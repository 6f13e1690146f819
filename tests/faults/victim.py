"""`python -m tests.faults.victim`: forks a worker for every job that it reads, and says how each one died.

A job is a line of JSON on standard input; what the worker tells comes out as lines of JSON. Everything is imported
before the first fork, so that a process of its own costs a worker milliseconds. Ends with its standard input.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import boto3

from dokstamp_sync.dokstamp.deadline import DeadlineTransport
from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack
from dokstamp_sync.mapping.dynamodb import DynamoDBStore
from dokstamp_sync.observability import logger
from dokstamp_sync.order import Step
from tests.faults.cases import CALLS
from tests.faults.points import Point, Trap, TrappedStore, ambushes
from tests.faults.stage import Environment, Stage, settings
from tests.support.pipeline import Clock, rules

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECONDS_TO_LIVE = 20
Tell = Callable[..., None]


def database(endpoint_url: str) -> DynamoDBClient:
    """A client of the emulated DynamoDB."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )


class Told:
    """Tells the parent what the worker tells the queue and the run; see batch.Answers."""

    def __init__(self, tell: Tell, trap: Trap) -> None:
        self._tell = tell
        self._trap = trap

    def task(self, token: str, result: dict[str, Any]) -> None:
        self._trap.reach(Point.BEFORE_TOKEN)
        self._tell(answer=result)
        self._trap.reach(Point.AFTER_TOKEN)

    def hide(self, receipt_handle: str, seconds: int) -> None:
        self._tell(hidden=seconds)


class ForkServer:
    """What the workers share: clients that have no connection yet."""

    def __init__(self, endpoint_url: str, out: IO[str]) -> None:
        self._database = database(endpoint_url)
        self._network = DeadlineTransport(connections=2)
        self._out = out
        for step in Step:
            rules(step)
        # Reads the service's description now and not in every fork.
        assert self._database.exceptions.ConditionalCheckFailedException

    def serve(self, jobs: IO[str]) -> None:
        """One fork after another, until there are no more jobs."""
        for line in jobs:
            child = os.fork()
            if child == 0:
                signal.alarm(SECONDS_TO_LIVE)
                self._receive(json.loads(line))
                os._exit(0)
            _, status = os.waitpid(child, 0)
            self._tell(exit=os.waitstatus_to_exitcode(status))

    def _tell(self, **what: Any) -> None:
        # One write, so that nothing of it is lost when the next instruction is the last.
        self._out.write(json.dumps(what) + "\n")
        self._out.flush()

    def _receive(self, job: dict[str, Any]) -> None:
        trap = Trap(Point(job["point"]), _kill_myself) if job["point"] else Trap(Point.START, lambda: None)
        trap.reach(Point.START)
        call = next(call for call in CALLS if call.key == job["call"])
        given = settings(job["base_url"], job["generation"])
        store = DynamoDBStore(self._database, job["table"], sleep=Clock().sleep, random=lambda: 0.5)
        stage = Stage(given, Clock(job["now"]), store, self._network, job["row_id"])
        environment = Environment(job["name"], stage, lambda sent: self._tell(sent=sent.as_json()))
        environment.wire.ambushes += ambushes(call, trap)
        trapped = TrappedStore(store, job["row_id"], trap)
        worker = environment.worker(call.step, Told(self._tell, trap), trapped)
        try:
            worker.take(Received(**job["received"]))
        except HandedBack:
            self._tell(gone=False)
            return
        trap.reach(Point.BEFORE_RESPONSE)
        self._tell(gone=True)


def _kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serves jobs. The workers' own prints and logs must not come between what they tell."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logger.setLevel("CRITICAL")
    ForkServer(sys.argv[1], out).serve(sys.stdin)


if __name__ == "__main__":
    main()
