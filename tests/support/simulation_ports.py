"""The ports of one simulated environment: every call through them is a place where others may go first."""

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any, Protocol

from dokstamp_sync.errors import Rejected, Retry
from dokstamp_sync.intake.intake import Runs
from dokstamp_sync.mapping.refusals import Refusals, Refused, Waiting
from dokstamp_sync.mapping.row import Row, Store
from dokstamp_sync.steps.work import OpensPdfs, Pdf
from tests.support.simulation_queues import Queue
from tests.support.simulation_time import START, Process, Time
from tests.support.simulation_watch import Watch
from tests.support.simulation_weather import Sky


class Port:
    """What the ports of one environment share. ``process``: the one that is running in it now."""

    def __init__(self, time: Time, sky: Sky, watch: Watch) -> None:
        self.process = Process("nobody")
        self.time = time
        self.sky = sky
        self.watch = watch

    def begins(self, process: Process) -> None:
        self.process = process

    def store_call(self, what: str, act: Callable[[], Any], *, writes: bool) -> Any:
        return self.sky.call(self.process, what, act, way="store", writes=writes)

    def runs_call(self, what: str, act: Callable[[], Any]) -> Any:
        return self.sky.call(self.process, what, act, way="runs", writes=True)


class StorePort:
    def __init__(self, port: Port, inner: Store) -> None:
        self._port = port
        self._inner = inner

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        wanted = list(ids)
        found: dict[str, Row] = self._port.store_call("read", lambda: self._inner.read(wanted), writes=False)
        return found

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        task = self._port.time.current

        def act() -> Row:
            stored = self._inner.write(row, replaces, beside)
            self._port.watch.note(f"{self._port.process.name}: stores {_shown(stored)}")
            self._port.watch.replaced(self._port.process.name, replaces, stored)
            self._port.watch.stored(task, self._port.process.name, stored)
            return stored

        written: Row = self._port.store_call("write", act, writes=True)
        return written


class RefusalsPort:
    def __init__(self, port: Port, inner: Refusals) -> None:
        self._port = port
        self._inner = inner

    def keep(self, refused: Refused) -> None:
        def act() -> None:
            told = f"keeps {refused.id} of {refused.occurred_at}, awaits '{refused.awaits}'"
            self._port.watch.note(f"{self._port.process.name}: {told}")
            self._inner.keep(refused)

        self._port.store_call("keep", act, writes=True)

    def drop(self, id_: str, occurred_at: str) -> None:
        self._port.store_call("drop", lambda: self._inner.drop(id_, occurred_at), writes=True)

    def release(self, waiting: Waiting) -> None:
        self._port.store_call("release", lambda: self._inner.release(waiting), writes=True)

    def waiting_for(self, awaits: str) -> list[Waiting]:
        waiting: list[Waiting] = self._port.store_call("query", lambda: self._inner.waiting_for(awaits), writes=False)
        return waiting


class InboxPort:
    """``send`` puts a message into the inbox."""

    def __init__(self, port: Port, send: Callable[[str], None]) -> None:
        self._port = port
        self._send = send

    def send(self, bodies: Sequence[str]) -> None:
        for body in bodies:
            self._port.runs_call("send", partial(self._send, body))


class AnswersPort:
    """``answer`` takes a token's answer, as the state machine does."""

    def __init__(self, port: Port, queue: Queue, answer: Callable[[str, dict[str, Any]], object]) -> None:
        self._port = port
        self._queue = queue
        self._answer = answer

    def task(self, token: str, result: dict[str, Any]) -> None:
        self._port.runs_call("answer", lambda: self._answer(token, result))

    def hide(self, receipt_handle: str, seconds: int) -> None:
        def act() -> None:
            self._port.watch.note(f"{self._port.process.name}: hides {receipt_handle} for {seconds} s")
            self._queue.hide(receipt_handle, seconds)

        # As with the real one: the queue's own visibility timeout stands.
        with suppress(Retry):
            self._port.runs_call("hide", act)


class RunsPort:
    def __init__(self, port: Port, inner: Runs) -> None:
        self._port = port
        self._inner = inner

    def exists(self, run: str) -> bool:
        return bool(self._port.runs_call("exists", lambda: self._inner.exists(run)))

    def start(self, run: str, state: str) -> bool:
        return bool(self._port.runs_call("start", lambda: self._inner.start(run, state)))

    def report(self, result: Mapping[str, Any]) -> None:
        self._port.runs_call("report", lambda: self._inner.report(result))


class PdfsPort:
    def __init__(self, port: Port, inner: OpensPdfs) -> None:
        self._port = port
        self._inner = inner

    @contextmanager
    def _open(self, address: str, version: str) -> Iterator[Pdf]:
        self._port.store_call("open a PDF", lambda: None, writes=False)
        with self._inner.open(address, version) as pdf:
            yield pdf

    def open(self, address: str, version: str = "") -> AbstractContextManager[Pdf]:
        return self._open(address, version)


class MadeUpPdfs:
    """A PDF for every address: its content is its name, whatever the folder."""

    @contextmanager
    def _open(self, address: str) -> Iterator[Pdf]:
        if "missing" in address:
            raise Rejected("pdf is missing: there is no such object in the bucket")
        name = address.rpartition("/")[2]
        content = f"%PDF-1.7 {name}".encode()
        yield Pdf(name, "1", hashlib.sha256(content).hexdigest(), io.BytesIO(content))

    def open(self, address: str, version: str = "") -> AbstractContextManager[Pdf]:
        return self._open(address)


class Handles(Protocol):
    """A Lambda function's handler for one message; raises if the message is to come back."""

    def __call__(self, body: str, id_: str, receipt: str, receives: int) -> None: ...


def _shown(row: Row) -> str:
    claim = f"claimed by {row.claim.owner} until {row.claim.until - START:.3f}" if row.claim else "free"
    applied = f"applied {row.applied.occurred_at[5:19]} {row.applied.fingerprint[:6]}" if row.applied else "not applied"
    refused = f", refused {row.refused.outcome}" if row.refused else ""
    intent = f", intent {dict(row.intent)}" if row.intent is not None else ""
    awaited = f", awaited {row.awaited - START:.3f}" if row.awaited else ""
    known = f"uuid {(row.uuid or '-')[:8]}, {applied}{refused}{intent}{awaited}"
    return f"{row.id}: {claim}, {known}, facts {dict(row.facts)}"
