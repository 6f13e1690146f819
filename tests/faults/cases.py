"""The matrix: which call meets which fault. Nothing is listed by hand, and nothing twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dokstamp_sync.order import Step
from tests.faults import attaching, certifying, faults, plain, tokens
from tests.faults.calls import Call, Rival
from tests.faults.faults import Fault
from tests.faults.points import ON_THE_WIRE, Point

CALLS: tuple[Call, ...] = tuple(
    sorted((*plain.CALLS, *attaching.CALLS, *certifying.CALLS, *tokens.CALLS), key=lambda call: call.step.number)
)
KILLED, OVERTAKEN = "killed", "overtaken"
GROUPS = (*faults.GROUPS, KILLED, OVERTAKEN)


class Overtaking(StrEnum):
    """What happens while a worker stands still."""

    TWIN = "the same message is delivered to another worker at the same time"
    LAPSED = "its lease lapses, and another worker takes the same message to its end"
    NEWER = "its lease lapses, and another worker delivers something newer about the record"
    SHORT = "its lease all but lapses"


@dataclass(frozen=True, slots=True)
class Case:
    """One call and what happens to it: a fault (with a rival, where that is the fault), a kill or an overtaking."""

    call: Call
    generation: str = "g2"
    fault: Fault | None = None
    rival: Rival | None = None
    point: Point | None = None
    overtaking: Overtaking | None = None

    @property
    def group(self) -> str:
        if self.fault:
            return self.fault.group
        return OVERTAKEN if self.overtaking else KILLED

    @property
    def happening(self) -> str:
        """What happens, short, as a part of the id."""
        if self.fault:
            rival = self.call.rivals.index(self.rival) + 1 if self.rival else ""
            return f"{self.fault.key}{f'-{rival}' if rival else ''}"
        assert self.point is not None
        return (
            f"{self.overtaking.name.lower() if self.overtaking else 'kill'}-{self.point.name.lower().replace('_', '-')}"
        )

    @property
    def id(self) -> str:
        return f"{self.call.key}/{self.happening}" + ("" if self.generation == "g2" else f"/{self.generation}")

    @property
    def says(self) -> str:
        """What happens, in words."""
        if self.rival:
            return f"422, because {self.rival.says}"
        if self.fault:
            return self.fault.says
        stop = "the worker stands still" if self.overtaking else "the process is killed"
        return f"{stop} {self.point}" + (f": {self.overtaking}" if self.overtaking else "")

    @property
    def sentence(self) -> str:
        return f"{self.call.title}: {self.says}" + ("" if self.generation == "g2" else f" ({self.generation})")


def matrix() -> list[Case]:
    """Every case, in the order of the steps."""
    cases = []
    for call in CALLS:
        cases += [*_by_fault(call), *_by_fault_in_g1(call), *_by_kill(call), *_by_overtaking(call)]
    return cases


def _by_fault(call: Call) -> Iterator[Case]:
    for fault in faults.ANSWERS:
        if fault.for_writes and not (call.writes or call.is_token):
            continue
        if call.is_token and fault.special:
            continue
        yield Case(call, fault=fault)
    if call.writes:
        yield Case(call, fault=faults.SLOW_TOKEN)
    if call.whose:
        yield from (Case(call, fault=fault) for fault in faults.UNKNOWN)
    if call.whose == "own" and call.name.startswith(_FOUND_AGAIN):
        yield Case(call, fault=faults.DENIED)
    if call.name == "update" and call.step in (Step.MODULE, Step.COHORT, Step.STUDENT):
        yield Case(call, fault=faults.STILL_HELD)
    yield from (Case(call, fault=faults.RIVAL, rival=rival) for rival in call.rivals)


# What a look-up finds when its uuid is denied: neither renamed, nor moved, nor revoked just then.
_FOUND_AGAIN = ("update", "look after", "read a draft")


def _by_fault_in_g1(call: Call) -> Iterator[Case]:
    """Those in which the generations differ: how one gets in, how one issues, and how errors read."""
    for case in _by_fault(call):
        assert case.fault is not None
        differs = case.fault.group in ("401", "404", "422") or case.fault.key in (
            "500-after",
            "truncated",
            "429-seconds",
        )
        if differs or call.is_token or call.path == certifying.CERTIFICATES:
            yield Case(call, "g1", case.fault, case.rival)


def _by_kill(call: Call) -> Iterator[Case]:
    if not (call.writes or call.is_token):
        return
    for point in ON_THE_WIRE if call.is_token else Point:
        if point is not Point.LOOK_UP or call.look_up:
            yield Case(call, point=point)


_STOPS = (Point.READ, Point.INTENT, Point.LOOK_UP, Point.BEFORE_CALL, Point.CARRIED_OUT, Point.BEFORE_ROW)


def _by_overtaking(call: Call) -> Iterator[Case]:
    if not call.writes:
        return
    for point in _STOPS:
        if point is Point.LOOK_UP and not call.look_up:
            continue
        for overtaking in Overtaking:
            if overtaking is Overtaking.NEWER and not call.newer:
                continue
            if overtaking is Overtaking.SHORT and point not in (Point.INTENT, Point.LOOK_UP):
                continue
            yield Case(call, point=point, overtaking=overtaking)


def representative(cases: Sequence[Case]) -> list[Case]:
    """Few cases in which every call, everything that can happen, and every kind of fault at every step occurs."""
    chosen: list[Case] = []
    covered: set[object] = set()
    for least in (3, 2, 1):
        for case in cases:
            new = {case.call.key, case.happening, (case.call.step, case.group)} - covered
            if len(new) >= least:
                chosen.append(case)
                covered |= new
    return sorted(chosen, key=cases.index)
