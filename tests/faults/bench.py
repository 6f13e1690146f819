"""Runs the cases that need no process of their own: faults on the wire, and workers that are overtaken."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import httpx

from dokstamp_sync.dokstamp.deadline import DeadlineTransport
from dokstamp_sync.mapping.row import row_id
from dokstamp_sync.observability import metrics
from local.sandbox import Sandbox, running_sandbox
from tests.faults import faults
from tests.faults.cases import Case, Overtaking
from tests.faults.evidence import evidence
from tests.faults.expect import expected
from tests.faults.line import Hung, Line, in_process
from tests.faults.mischief import Mischief, let_the_vendor_finish
from tests.faults.overtake import Interloper, twice
from tests.faults.plain import BY_HAND
from tests.faults.school import Json, sis_id
from tests.faults.seen import seen
from tests.faults.stage import Environment, Stage, deadlines_by, settings
from tests.faults.verdict import Ending, Verdict, judge
from tests.faults.wire import dead_ends
from tests.support.memory import MemoryStore
from tests.support.pipeline import Clock

BEFORE, SAID, AGAIN = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z"


class Bench:
    """One sandbox and one network for all cases, and everything else new for each."""

    def __init__(self, sandbox: Sandbox, network: httpx.BaseTransport, dead_ends: Mapping[str, int]) -> None:
        self.sandbox = sandbox
        self.network = network
        self.dead_ends = dead_ends

    def run(self, case: Case) -> Verdict:
        """The verdict on a case."""
        started = time.monotonic()
        metrics.clear_metrics()
        stage = self._stage(case)
        self.prepare(case, stage)
        main = Environment("main", stage)
        line = Line(stage, in_process(main))
        if case.overtaking or case.fault is faults.SLOW_TOKEN:
            with deadlines_by(stage.clock):
                verdict = (self._overtaken if case.overtaking else self._met)(case, stage, line, main)
        else:
            verdict = self._met(case, stage, line, main)
        verdict.seconds = time.monotonic() - started
        return verdict

    def prepare(self, case: Case, stage: Stage) -> None:
        """A sandbox as new, with what the SIS said before already in it."""
        call = case.call
        self.sandbox.reset()
        rivals = case.rival.switches if case.rival else {}
        self.sandbox.switch(**{"generation": case.generation, **call.switches, **rivals})
        if call.before:
            Line(stage, in_process(Environment("before", stage))).send("before", BEFORE, call.before)
        assert isinstance(stage.store, MemoryStore)
        for row in call.unmapped:
            del stage.store.rows[row]
        with self.sandbox.lock:
            self.sandbox.calls.clear()
        stage.sent.clear()
        stage.row_id = row_id(call.step, sis_id(call.step.section, call.record))

    def record(self, case: Case) -> Json:
        """What the SIS says, with the uuid of what was set up by hand filled in."""
        record = case.call.record
        if record.get("uuid") != BY_HAND:
            return record
        live = self.sandbox.state["institutions"]["live"]
        return {**record, "uuid": live[0]["uuid"]}

    def _stage(self, case: Case) -> Stage:
        late = {"deadline_seconds": faults.DEADLINE} if case.fault and case.fault.late else {}
        return Stage(settings(self.sandbox.url, case.generation, **late), Clock(), MemoryStore(), self.network)

    def _met(self, case: Case, stage: Stage, line: Line, main: Environment) -> Verdict:
        """The record meets its fault, and its message comes back until it is gone."""
        mischief = Mischief(case, self.sandbox, stage, self.dead_ends)
        record = self.record(case)
        mischief.arm(main.wire)
        line.after = mischief.after
        verdict = self.finish(case, stage, line, record)
        verdict.wrong += mischief.complaints(line)
        if verdict.is_well and not expected(case).is_refusal:
            line.after = line.pass_time
            verdict.wrong += self._say_again(case, line, record)
        return verdict

    def _overtaken(self, case: Case, stage: Stage, line: Line, main: Environment) -> Verdict:
        """The worker stands still at its point, and time or another worker goes on."""
        interloper = Interloper(case, stage, line)
        line.deliver = interloper.deliver(main)
        record = self.record(case)
        verdict = self.finish(case, stage, line, record)
        if not interloper.trap.sprung:
            verdict.wrong.append("the worker never came to that point")
        if verdict.is_well and case.overtaking is not Overtaking.NEWER:
            line.deliver = in_process(main)
            verdict.wrong += twice(line)
            verdict.wrong += self._say_again(case, line, record)
        return verdict

    def finish(self, case: Case, stage: Stage, line: Line, record: Json) -> Verdict:
        """Sends the record, and judges how that ended."""
        verdict, result, hung = Verdict(case), None, ""
        try:
            result = line.send("said", SAID, {case.call.step.section: [record]})
        except Hung as error:
            hung = str(error)
        let_the_vendor_finish(self.sandbox)
        ending = self._ending(stage, line, result, hung)
        judge(verdict, expected(case), ending, stage.settings)
        if not verdict.is_well:
            verdict.evidence = evidence(self.sandbox, ending)
        return verdict

    def _ending(self, stage: Stage, line: Line, result: Json | None, hung: str) -> Ending:
        state = self.sandbox.state
        live = frozenset(
            row["uuid"] for table in state.values() if isinstance(table, dict) for row in table.get("live", ())
        )
        logged = {call.request_id for call in self.sandbox.calls}
        sent = [each for each in stage.sent if each.astray or each.id in logged]
        return Ending(result, [*line.answers, *line.told_elsewhere], stage.row(), seen(state), live, sent, hung)

    def _say_again(self, case: Case, line: Line, record: Json) -> Iterator[str]:
        """What was delivered is remembered as delivered: said again, it costs no call."""
        before = len(self.sandbox.calls)
        result = line.send("again", AGAIN, {case.call.step.section: [record]})
        if result["counts"] != {"unchanged": 1}:
            yield f"said again it is {result['counts']} instead of unchanged"
        if len(self.sandbox.calls) > before:
            yield f"said again it costs {len(self.sandbox.calls) - before} calls"


@contextmanager
def open_bench() -> Iterator[Bench]:
    """A bench on a sandbox of its own, on loopback, for as long as the block lasts."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        network = stack.enter_context(DeadlineTransport(connections=4))
        yield Bench(sandbox, network, stack.enter_context(dead_ends()))
