"""What came of a school after a storm, against what its SIS said: nothing lost, doubled, stale or hung."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.model.said import Key, Message, Version
from tests.model.school import FOREIGN, RENAMED
from tests.model.world import World
from tests.support.simulation import Simulation
from tests.support.simulation_state import Names

DELIVERED = {Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED}
REFUSED = {Outcome.REJECTED, Outcome.BLOCKED}

Told = list[tuple[Message, Version, str]]
Places = dict[str, tuple[int | None, int | None, str | None]]


def verdict(world: World, simulation: Simulation, state: Mapping[str, Any]) -> list[str]:
    """Every finding, each beginning with its kind: lost, doubled, stale, hung or broken."""
    hung = list(_hung(world, simulation))
    if hung:
        return hung
    told = _told(world, simulation)
    names = Names(state)
    return [
        *_results(world, simulation),
        *(f"doubled {each}" for each in names.doubled()),
        *_outcomes(world, told),
        *_plain(told, names),
        *_renamed(told, names),
        *_attachments(world, told, names),
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


def _results(world: World, simulation: Simulation) -> Iterator[str]:
    """Each record has one outcome, and none that nobody asked for."""
    messages = {message.run: message for message in world.messages}
    for result in simulation.results:
        found = Counter((each["step"], each["sis_id"]) for each in result["records"])
        wanted = Counter((step.value, sis_id) for step, sis_id in messages[result["run"]].versions)
        if found != wanted:
            yield f"broken result of {messages[result['run']].id}: {found} instead of {wanted}"
    runs = Counter(run.name for run in simulation.machine.runs.values() if run.result)
    yield from (f"broken run {name} ended {count} times" for name, count in runs.items() if count > 1)


def _told(world: World, simulation: Simulation) -> dict[Key, Told]:
    """Every version of each record with its outcome: that of its run, or of its last result without one."""
    outcomes: dict[tuple[str, str, str], str] = {}
    for result in simulation.results:
        for each in result["records"]:
            # A draft that was waited for in vain is called rejected, but is given up as what is blocked.
            given_up = each["reason"].startswith("DokStamp keeps the certificate as")
            outcome = Outcome.BLOCKED if given_up else each["outcome"]
            outcomes[result["run"], each["step"], each["sis_id"]] = outcome
    told: dict[Key, Told] = defaultdict(list)
    for message, version in world.versions:
        step, sis_id = version.key
        told[version.key].append((message, version, outcomes.get((message.run, step.value, sis_id), "missing")))
    return told


def _outcomes(world: World, told: Mapping[Key, Told]) -> Iterator[str]:
    """Stale is only what something newer overtook; refused is nothing but what cannot be had."""
    for key, versions in told.items():
        newest = max((version.occurred_at for version in _perhaps_delivered(versions)), default="")
        for message, version, outcome in versions:
            if outcome == Outcome.STALE and version.occurred_at >= newest:
                yield f"lost {key} of {message.id}: stale, though nothing newer was delivered"
            foreign = any(each["module_id"] == FOREIGN for each in version.said.get("modules", []))
            if outcome in REFUSED and not foreign and not _may_be_refused(world, key):
                yield f"lost {key} of {message.id}: {outcome}"


def _may_be_refused(world: World, key: Key) -> bool:
    if key[0] is Step.CERTIFICATE and world.traits.unruly:
        return True
    return not world.traits.patient and key[0] is not Step.INSTITUTION and key[0] is not Step.STUDENT


def _newest(told: Told) -> list[Version]:
    """What the record must say in the end: the newest that was delivered; several if the SIS contradicts itself."""
    delivered = [version for _, version, outcome in told if outcome in DELIVERED]
    newest = max((version.occurred_at for version in delivered), default="")
    if not newest:
        return []
    return [version for version in _perhaps_delivered(told) if version.occurred_at >= newest]


def _perhaps_delivered(told: Told) -> list[Version]:
    """What was given up may have been delivered after all, by a second copy of its message."""
    return [version for _, version, outcome in told if outcome in DELIVERED | {Outcome.BLOCKED}]


MARKED: dict[Step, tuple[str, str, Callable[[int], Any] | None]] = {
    Step.INSTITUTION: ("institutions", "website", lambda mark: f"v{mark}"),
    Step.COURSE: ("courses", "description", lambda mark: f"v{mark}"),
    Step.MODULE: ("modules", "description", lambda mark: f"v{mark}"),
    Step.STUDENT: ("students", "social_name", lambda mark: f"v{mark}"),
    Step.ENROLLMENT: ("enrollments", "grade", lambda mark: mark / 100),
    Step.MODULE_GROUP: ("module_groups", "order", lambda mark: mark),
    Step.COHORT: ("cohorts", "end_date", None),
}
NAMES: dict[Key, str] = {
    (Step.COURSE, "C1"): "Institution I1/C1",
    (Step.MODULE_GROUP, "C1/G1"): "Institution I1/C1/G1",
    (Step.MODULE_GROUP, "C1/G2"): "Institution I1/C1/G2",
    (Step.ENROLLMENT, "s1@school.example/C1/K1"): "s1@school.example/Institution I1/C1/K1",
}


def _plain(told: Mapping[Key, Told], names: Names) -> Iterator[str]:
    for key, versions in told.items():
        marked = MARKED.get(key[0])
        newest = _newest(versions)
        if marked is None or not newest:
            continue
        table, field, shown = marked
        name = _name(key, newest[0], names)
        found = [each for each in names.state[table]["live"] if names.by_uuid[each["uuid"]] == name]
        wanted = [shown(each.mark) if shown else each.said["end_date"][:10] for each in newest]
        values = [str(each[field])[:10] if shown is None else _number(each[field]) for each in found]
        if not found:
            yield f"lost {key}: DokStamp has none"
        elif values[0] not in wanted:
            yield f"stale {key}: DokStamp says {values[0]}, the newest is {wanted}"


def _renamed(told: Mapping[Key, Told], names: Names) -> Iterator[str]:
    """The student whose address changes and the enrollment that changes its cohort: one each, and as said last."""
    students = {each["uuid"]: each["email"] for each in names.state["students"]["live"]}
    theirs = {uuid: email for uuid, email in students.items() if email.startswith(RENAMED)}
    enrolled = [each for each in names.state["enrollments"]["live"] if each["student_uuid"] in theirs]
    cohorts = [names.by_uuid.get(each["cohort_uuid"] or "") for each in enrolled]
    for key, field, found in (
        ((Step.STUDENT, "S2"), "email", list(theirs.values())),
        ((Step.ENROLLMENT, "E2"), "cohort_id", cohorts),
    ):
        wanted = [each.said.get(field) for each in _newest(told.get(key, []))]
        if len(found) > 1:
            yield f"doubled {key}: {found}"
        elif found and wanted and found[0] not in wanted:
            yield f"stale {key}: {field} is {found[0]}, the newest is {wanted}"


def _name(key: Key, version: Version, names: Names) -> str:
    step, sis_id = key
    if key in NAMES:
        return NAMES[key]
    if step is Step.INSTITUTION:
        return f"Institution {sis_id}"
    if step is Step.COURSE:
        return f"Institution {version.said['institution_id']}/{version.said['code']}"
    if step is Step.MODULE:
        return f"Institution {version.said['institution_id']}/{sis_id}"
    if key == (Step.STUDENT, "S2"):
        return next((n for n in names.by_uuid.values() if n.startswith(RENAMED)), "none")
    if key == (Step.ENROLLMENT, "E2"):
        return next((n for n in names.by_uuid.values() if n.startswith(RENAMED) and "/" in n), "none")
    return sis_id


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _attachments(world: World, told: Mapping[Key, Told], names: Names) -> Iterator[str]:
    """The course's modules are those of some choice among the newest lists."""
    courses = [each["uuid"] for each in names.state["courses"]["live"] if each["description"]]
    found: Places = {}
    for course in courses:
        for each in names.state["attachments"].get(course, []):
            group = names.by_uuid.get(each["course_module_group_uuid"] or "")
            module = names.by_uuid[each["module_uuid"]].rpartition("/")[2]
            found[module] = (each["order"], each["workload"], group.rpartition("/")[2] if group else None)
    lists = {key: _claims(versions) for key, versions in told.items() if "modules" in versions[0][1].said}
    # Of groups that claimed something at the same moment, either may have it.
    possible = [_places(order) for choice in product(*lists.values()) for order in (choice, choice[::-1])]
    refused = any(outcome in REFUSED for key in lists for _, _, outcome in told[key])
    if possible and found not in possible and not refused:
        yield f"stale attachments: {found}, instead of {possible}"


def _claims(told: Told) -> list[Version | None]:
    """The newest lists, each of every moment of which it was told: who repeats himself need not claim anew."""
    newest = [version.said for version in _newest(told)]
    return [version for version in _perhaps_delivered(told) if version.said in newest] or [None]


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
        newest = _newest(versions)
        if key[0] is not Step.CERTIFICATE or not newest:
            continue
        pdfs = {version.said["pdf"].rpartition("/")[2] for _, version, _ in versions if "pdf" in version.said}
        issued = sorted(pdf for pdf in pdfs if status.get(pdf) == "issued")
        wanted = [[each.said["pdf"].rpartition("/")[2]] if "pdf" in each.said else [] for each in newest]
        if len(issued) > 1:
            yield f"doubled {key}: {issued} are issued"
        elif issued not in wanted:
            yield f"stale {key}: {issued} issued, the newest is {wanted}"
        yield from (f"lost notification of {pdf}" for pdf in issued if pdf not in notified)
