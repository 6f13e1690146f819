"""Blocked is not the end: what was blocked is delivered once all that it depends on is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dokstamp_sync.mapping.row import Row, row_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.model.said import Key, Version
from tests.model.told import DELIVERED, DRAFT, Told
from tests.model.world import World
from tests.support.simulation import Simulation

_PARENTS = {
    "institution_id": Step.INSTITUTION,
    "course_id": Step.COURSE,
    "module_id": Step.MODULE,
    "cohort_id": Step.COHORT,
    "student_id": Step.STUDENT,
    "enrollment_id": Step.ENROLLMENT,
}
# DokStamp itself denied that it has the parent, though it has: nothing that comes later changes that.
_DENIED = "DokStamp answered 404 below"


def unhealed(world: World, simulation: Simulation, told: Mapping[Key, Told]) -> Iterator[str]:
    """Every record that was blocked last, though nothing that it needs is missing any more."""
    gone = {key for plot in world.school.plots for key in plot.gone}
    reasons = {
        (each["step"], each["sis_id"], each["reason"][: len(start)] == start)
        for start in (DRAFT, _DENIED)
        for result in simulation.results
        for each in result["records"]
    }
    for key, versions in told.items():
        last = _last(versions)
        # Of what is said of one moment, one is kept: the same again, or a contradiction.
        if any(outcome != Outcome.BLOCKED or "revoke" in version.said for _, version, outcome in last):
            continue
        for message, version, _ in last:
            needed = set(_ancestors(version, told))
            there = all(parent in told and _is_delivered(told[parent]) for parent in needed)
            if there and not needed & gone and (*key, True) not in reasons:
                yield f"lost {key} of {message.id}: still blocked, though all that it needs was delivered"
    yield from _forgotten(simulation)


def _forgotten(simulation: Simulation) -> Iterator[str]:
    """What waits for a record that was delivered long ago, and was not delivered itself."""
    items = {id_: each for id_, each in simulation.refusals.items.items() if each.awaits}
    rows = simulation.store.read({*items, *(each.awaits for each in items.values())})
    for id_, each in items.items():
        own = rows.get(id_)
        is_there = own and own.applied and own.applied.occurred_at >= each.occurred_at
        denied = each.outcome.reason.startswith(_DENIED)
        awaited = rows.get(each.awaits)
        if awaited and awaited.is_there and not is_there and not denied and not _is_outdated(awaited, simulation):
            yield f"lost {id_}: it still waits for {each.awaits}, which is there"


def _is_outdated(row: Row, simulation: Simulation) -> bool:
    """Whether an enrollment has not followed its student or course yet, which was made again since."""
    named = {f"{step}_uuid": row_id(Step(step), sis_id) for step, sis_id in row.facts.get("named", [])}
    rows = simulation.store.read(named.values())
    return any(id_ not in rows or rows[id_].uuid != row.facts.get(name) for name, id_ in named.items())


def _ancestors(version: Version, told: Mapping[Key, Told]) -> Iterator[Key]:
    named = [version.said, *version.said.get("modules", [])]
    for said in named:
        for field, step in _PARENTS.items():
            if field in said:
                parent = (step, said[field])
                yield parent
                for _, above, _ in told.get(parent, []):
                    yield from _ancestors(above, told)


def _is_delivered(versions: Told) -> bool:
    """Whether the newest that was said of the record was delivered."""
    return all(outcome in DELIVERED for _, _, outcome in _last(versions))


def _last(versions: Told) -> Told:
    latest = max(version.occurred_at for _, version, _ in versions)
    return [each for each in versions if each[1].occurred_at == latest]
