"""Nothing reaches DokStamp under a lease that has run out, however slow tokens and answers are."""

import httpx

from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.order import Step
from tests.concurrency.rig import message
from tests.support.memory import MemoryStore
from tests.support.pipeline import CREDENTIALS, Clock, Pipeline, settings
from tests.support.simulation_http import BASE_URL, sandbox_in_process

SLOW = 2.9  # of the three seconds that a call may take
STUDENT = {"name": "Ana", "email": "ana@school.example", "date_of_birth": "2000-01-01"}


class SlowWire(httpx.BaseTransport):
    """Every POST takes nearly its whole deadline, and the first one finds its token ended."""

    def __init__(self, clock: Clock, store: MemoryStore) -> None:
        self.lapsed: list[str] = []
        self._clock = clock
        self._store = store
        self._refused = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        sandbox = sandbox_in_process()
        self._clock.sleep(SLOW if request.method == "POST" else 0.1)
        if request.method == "POST" and request.url.path == "/students":
            row = self._store.rows["student#ana@school.example"]
            if row.claim is None or row.claim.until <= self._clock.now:
                self.lapsed.append(f"{request.method} {request.url.path}")
            if not self._refused:
                self._refused = True
                sandbox.sandbox.gate.clear()
        return sandbox.answer(request)


def test_a_token_that_is_renewed_slowly_does_not_carry_a_call_past_its_lease() -> None:
    # Given a slow DokStamp whose tokens end between a worker's look-up and its POST
    sandbox_in_process().sandbox.reset()
    clock, store, given = Clock(), MemoryStore(), settings(BASE_URL)
    pipeline, wire = Pipeline(given, store=store, clock=clock), SlowWire(clock, store)
    pipeline.dokstamp = DokStamp(given, lambda afresh: CREDENTIALS, pipeline.brake, clock=clock, transport=wire)
    # When a worker delivers a new record, as often as it has to
    pipeline.take(Step.STUDENT, message(Step.STUDENT, "run", STUDENT))
    # Then no POST arrived when the worker's lease was over
    assert wire.lapsed == []
