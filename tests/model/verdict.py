"""What came of a school after a storm, against what its SIS said: nothing lost, doubled, stale or hung."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.model.said import Key, Version
from tests.model.school import FOREIGN
from tests.model.told import DELIVERED, REFUSED, Told, healed_runs, newest, perhaps_delivered, told_of
from tests.model.unhealed import unhealed
from tests.model.whose import Owners, whose
from tests.model.world import World
from tests.support.simulation import Simulation
from tests.support.simulation_state import Names

Places = dict[str, tuple[int | None, int | None, str | None]]


def verdict(world: World, simulation: Simulation, state: Mapping[str, Any]) -> list[str]:
    """Every finding, each beginning with its kind: lost, doubled, stale, hung, whose or broken."""
    hung = list(_hung(world, simulation))
    if hung:
        return hung
    told = told_of(world, simulation)
    names, owners = Names(state), Owners(told, state, simulation.store)
    return [
        *_results(world, simulation),
        *(f"doubled {each}" for each in names.doubled()),
        *_outcomes(world, told),
        *unhealed(world, simulation, told),
        *whose(world, told, owners),
        *_attachments(told, names, owners),
        *_certificates(told, names),
    ]


def _hung(world: World, simulation: Simulation) -> Iterator[str]:
    for run in simulation.machine.open:
        yield f"hung run {run.name[:8]} waits in {run.waits_in}"
    for queue in simulation.all_queues:
        if queue.messages or queue.dead:
            yield f"hung {queue.name}: {len(queue.messages)} messages, {len(queue.dead)} dead letters"
    known = {result["run"] for result in simulation.results}
    for message in world.messages:
        if message.run not in known:
            yield f"hung message {message.id} has no result"
    yield from (f"hung healing {run[:8]} has no result" for run in healed_runs(simulation) if run not in known)


def _results(world: World, simulation: Simulation) -> Iterator[str]:
    """Each record has one outcome, and none that nobody asked for."""
    messages = {message.run: message for message in world.messages}
    first = healed_runs(simulation)
    for result in simulation.results:
        found = Counter((each["step"], each["sis_id"]) for each in result["records"])
        message = messages[first.get(result["run"], result["run"])]
        wanted = Counter((step.value, sis_id) for step, sis_id in message.versions)
        if not found <= wanted if result["run"] in first else found != wanted:
            yield f"broken result of {message.id}: {found} instead of {wanted}"
    runs = Counter(run.name for run in simulation.machine.runs.values() if run.result)
    yield from (f"broken run {name} ended {count} times" for name, count in runs.items() if count > 1)


def _outcomes(world: World, told: Mapping[Key, Told]) -> Iterator[str]:
    """Stale is only what something newer overtook; refused is nothing but what cannot be had."""
    for key, versions in told.items():
        latest = max((version.occurred_at for version in perhaps_delivered(versions)), default="")
        for message, version, outcome in versions:
            if outcome == Outcome.STALE and version.occurred_at >= latest:
                yield f"lost {key} of {message.id}: stale, though nothing newer was delivered"
            foreign = any(each["module_id"] == FOREIGN for each in version.said.get("modules", []))
            if outcome in REFUSED and not foreign and not world.may_be_refused(message, key):
                yield f"lost {key} of {message.id}: {outcome}"


def _attachments(told: Mapping[Key, Told], names: Names, owners: Owners) -> Iterator[str]:
    """A course's modules are those of some choice among the newest lists."""
    courses: dict[str, dict[Key, Told]] = defaultdict(dict)
    for key, versions in told.items():
        if "modules" in versions[0][1].said:
            courses[versions[0][1].said["course_id"]][key] = versions
    for course, told_of_it in courses.items():
        found = _found(owners.entities[Step.COURSE, course], names, owners)
        # A group that is gone from DokStamp has no modules; that it should be there is for others to find.
        there = [
            versions for key, versions in told_of_it.items() if key[0] is not Step.MODULE_GROUP or owners.entities[key]
        ]
        lists = [_claims(versions) for versions in there]
        # Of groups that claimed something at the same moment, either may have it.
        possible = [_places(order) for choice in product(*lists) for order in (choice, choice[::-1])]
        outcomes = {outcome for versions in told_of_it.values() for _, _, outcome in versions}
        # That a group is gone is noticed by the next record that looks, if one was delivered at all.
        unnoticed = len(there) < len(told_of_it) and not outcomes <= DELIVERED
        if found not in possible and not unnoticed and not outcomes & REFUSED:
            yield f"stale attachments of {course}: {found}, instead of {possible}"


def _found(courses: Iterable[Mapping[str, Any]], names: Names, owners: Owners) -> Places:
    found: Places = {}
    for course in courses:
        for each in names.state["attachments"].get(course["uuid"], []):
            group = names.by_uuid.get(each["course_module_group_uuid"] or "")
            module = owners.of.get(each["module_uuid"], (Step.MODULE, "nobody's"))[1]
            found[module] = (each["order"], each["workload"], group.rpartition("/")[2] if group else None)
    return found


def _claims(told: Told) -> list[Version | None]:
    """The newest lists, each of every moment of which it was told: who repeats himself need not claim anew."""
    last = [version.said for version in newest(told)]
    return [version for version in perhaps_delivered(told) if version.said in last] or [None]


def _places(lists: Iterable[Version | None]) -> Places:
    """A module is left to the group that claimed it last, if any did."""
    places: Places = {}
    said = [version for version in lists if version]
    for version in sorted(said, key=lambda each: (each.key[0] is Step.MODULE_GROUP, each.occurred_at)):
        group = version.said["name"] if version.key[0] is Step.MODULE_GROUP else None
        for place, each in enumerate(version.said["modules"], start=1):
            places[each["module_id"]] = (each.get("order", place), each["workload"], group)
    return places


def _certificates(told: Mapping[Key, Told], names: Names) -> Iterator[str]:
    status = {names.by_uuid[each["uuid"]]: each["status"] for each in names.state["certificates"]["live"]}
    notified = {names.by_uuid[each["certificate_uuid"]] for each in names.state["notifications"]}
    for key, versions in told.items():
        last = newest(versions)
        if key[0] is not Step.CERTIFICATE or not last:
            continue
        pdfs = {version.said["pdf"].rpartition("/")[2] for _, version, _ in versions if "pdf" in version.said}
        issued = sorted(pdf for pdf in pdfs if status.get(pdf) == "issued")
        wanted = [[each.said["pdf"].rpartition("/")[2]] if "pdf" in each.said else [] for each in last]
        if len(issued) > 1:
            yield f"doubled {key}: {issued} are issued"
        elif (issued or _expired(pdfs, status)) not in wanted:
            yield f"stale {key}: {issued} issued, the newest is {wanted}"
        yield from (f"lost notification of {pdf}" for pdf in issued if pdf not in notified)


def _expired(pdfs: Iterable[str], status: Mapping[str, str]) -> list[str]:
    """What has expired was issued, as long as nothing has taken its place."""
    return sorted(pdf for pdf in pdfs if status.get(pdf) == "expired")
