"""How each case should end: the record's outcome, and what DokStamp then holds."""

from dataclasses import dataclass

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults.cases import Case, Overtaking
from tests.faults.points import Point
from tests.faults.world import Name, Wanted, wanted

REMOVED = ("removed", "removed and kept")


@dataclass(frozen=True, slots=True)
class Expected:
    """``outcomes``: any of them is right. ``reason``: words that the outcome's reason must hold."""

    outcomes: frozenset[Outcome]
    world: Wanted
    reason: str = ""

    @property
    def is_refusal(self) -> bool:
        return bool(self.outcomes & {Outcome.REJECTED, Outcome.BLOCKED})


def expected(case: Case) -> Expected:
    """The right end of a case."""
    call, fault = case.call, case.fault
    if case.rival:
        refused = case.rival.outcome is Outcome.REJECTED
        world = wanted(call.before) if refused else wanted(*call.ends)
        return Expected(frozenset({case.rival.outcome}), world | case.rival.leaves)
    if fault and fault.group == "404":
        return _unknown(case)
    if case.overtaking is Overtaking.NEWER:
        newer = {call.step.section: [call.newer or {}]}
        return Expected(frozenset({Outcome.STALE}), wanted(call.before, newer))
    outcomes = {call.outcome}
    if call.may_say_created and case.point in (Point.INTENT, Point.LOOK_UP):
        # Nobody can tell any more whether the look-up would have found it before the crash.
        outcomes.add(Outcome.CREATED)
    return Expected(frozenset(outcomes), wanted(*call.ends))


def _unknown(case: Case) -> Expected:
    """404: if it is said twice, the row is wrong, so it is forgotten, and the record is synced afresh, once."""
    call, fault = case.call, case.fault
    assert fault is not None
    before, after = wanted(call.before), wanted(*call.ends)
    removed = fault.special in REMOVED
    if call.whose == "hand":
        return Expected(frozenset({Outcome.REJECTED}), {} if removed else before)
    if call.whose == "parent":
        if not removed:
            return Expected(frozenset({call.outcome}), after)
        return Expected(frozenset({Outcome.BLOCKED}), _without(before, "course", "CS"), "course 'CS'")
    if call.step is Step.CERTIFICATE:
        return _unknown_certificate(case, after, removed=removed)
    if fault.special == "removed and kept":
        gone = next(name for name in before if name[0] == call.step.value)
        return Expected(frozenset({Outcome.REJECTED}), _without(before, *gone))
    return Expected(frozenset({Outcome.CREATED if removed else call.outcome}), after)


def _unknown_certificate(case: Case, after: Wanted, *, removed: bool) -> Expected:
    """A certificate is issued once, and its file serves once: what is gone cannot be had again."""
    certificates = [name for name in after if name[0] == "certificate"]
    if not removed:
        return Expected(frozenset({case.call.outcome}), after)
    if case.call.outcome is Outcome.CREATED:
        notified = [name for name in after if name[0] == "notification"]
        return Expected(frozenset({Outcome.REJECTED}), _without_all(after, certificates + notified))
    return Expected(frozenset({Outcome.BLOCKED}), _without_all(after, certificates))


def _without(world: Wanted, kind: str, name: str) -> Wanted:
    return _without_all(world, [(kind, name)])


def _without_all(world: Wanted, names: list[Name]) -> Wanted:
    return {name: values for name, values in world.items() if name not in names}
