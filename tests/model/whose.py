"""Whose everything in DokStamp is: each entity shows the mark of the record that it is, and so do those around it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dokstamp_sync.mapping.row import Store, row_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.model.marks import TABLES, mark_of
from tests.model.said import Key, Said, Version
from tests.model.told import DELIVERED, Told, newest
from tests.model.world import World

Entity = Mapping[str, Any]

# What a record says of itself, and whom it names: with the field of the entity that says so.
_OWN = ("code", "email")
_NAMED = {
    "institution_id": (Step.INSTITUTION, "institution_uuid"),
    "course_id": (Step.COURSE, "course_uuid"),
    "cohort_id": (Step.COHORT, "cohort_uuid"),
    "student_id": (Step.STUDENT, "student_uuid"),
}


class Owners:
    """``of``: the record that an entity is, by its uuid; ``entities``: all that one record is, which should be one;
    ``mapped``: the uuid that the mapping knows of a record; ``pdfs``: the PDF's name of each certificate.
    """

    def __init__(self, told: Mapping[Key, Told], state: Mapping[str, Any], store: Store) -> None:
        self.state = state
        self.of: dict[str, Key] = {}
        self.entities: dict[Key, list[Entity]] = defaultdict(list)
        keys = {version.mark: key for key, versions in told.items() for _, version, _ in versions}
        for step, table in TABLES.items():
            for entity in state[table]["live"]:
                key = keys.get(mark_of(step, entity) or 0)
                if key:
                    self.of[entity["uuid"]] = key
                    self.entities[key].append(entity)
        rows = store.read([row_id(*key) for key in told])
        names = {file["uuid"]: file["original_name"] for file in state["files"]["live"]}
        self.pdfs = {each["uuid"]: names[each["file_uuid"]] for each in state["certificates"]["live"]}
        self.mapped = {key: rows[id_].uuid for key in told if (id_ := row_id(*key)) in rows and rows[id_].uuid}


def whose(world: World, told: Mapping[Key, Told], owners: Owners) -> Iterator[str]:
    """Every entity that is not what its record says last, and everything that belongs to another record."""
    gone = {key for plot in world.school.plots for key in plot.gone}
    for key, versions in told.items():
        if key[0] in TABLES and (key not in gone or owners.entities[key]):
            yield from _entity(key, newest(versions), owners)
    yield from _shared(owners)
    yield from _attached(told, owners)
    yield from _certified(told, owners)
    yield from _kept(world, told, owners)


def _entity(key: Key, last: list[Version], owners: Owners) -> Iterator[str]:
    found = owners.entities[key]
    if len(found) > 1:
        yield f"doubled {key}: {len(found)} entities show what was said of it"
    if not last:
        return
    if not found:
        yield f"lost {key}: DokStamp has none"
        return
    entity, mark = found[0], mark_of(key[0], found[0])
    shown = next((version for version in last if version.mark == mark), None)
    if shown is None:
        yield f"stale {key}: DokStamp says v{mark}, the newest is {[f'v{each.mark}' for each in last]}"
        return
    if owners.mapped.get(key) != entity["uuid"]:
        yield f"whose {key}: the mapping knows another entity, or none"
    yield from _about(shown, entity, owners)


def _about(version: Version, entity: Entity, owners: Owners) -> Iterator[str]:
    """What names the entity, and the entities that it names."""
    step, said = version.key[0], version.said
    own = (*_OWN, "name") if step in (Step.INSTITUTION, Step.MODULE_GROUP) else _OWN
    for name in own:
        if name in said and said[name] != entity[name]:
            yield f"stale {version.key}: {name} is {entity[name]}, the newest is {said[name]}"
    for name, (parent, field) in _NAMED.items():
        wanted = (parent, said[name]) if name in said else None
        if field in entity and (found := owners.of.get(entity[field] or "")) != wanted:
            yield f"whose {version.key}: its {parent} is {found}, and not {wanted}"


def _shared(owners: Owners) -> Iterator[str]:
    """No two records are one entity; a list of modules is none of its own."""
    mapped = {key: uuid for key, uuid in owners.mapped.items() if key[0] is not Step.COURSE_MODULES}
    for uuid, times in Counter(mapped.values()).items():
        if times > 1:
            yield f"whose {[key for key, each in mapped.items() if each == uuid]}: they are one entity"


def _attached(told: Mapping[Key, Told], owners: Owners) -> Iterator[str]:
    """A course has no modules but those that its lists have named at some time."""
    named: dict[Key, set[Key]] = defaultdict(set)
    for versions in told.values():
        for _, version, _ in versions:
            for each in version.said.get("modules", []):
                named[Step.COURSE, version.said["course_id"]].add((Step.MODULE, each["module_id"]))
    for course, attached in owners.state["attachments"].items():
        wanted = named[owners.of[course]] if course in owners.of else set()
        for each in attached:
            found = owners.of.get(each["module_uuid"])
            if found not in wanted:
                yield f"whose modules of {owners.of.get(course)}: it has {found}, and none of its lists names that"


def _certified(told: Mapping[Key, Told], owners: Owners) -> Iterator[str]:
    """A certificate names a student and a course that its record, or the record's enrollment, has named."""
    by_pdf: dict[str, list[Key]] = defaultdict(list)
    for key, versions in told.items():
        for pdf in {_pdf(version.said) for _, version, _ in versions if "pdf" in version.said}:
            by_pdf[pdf].append(key)
    pdfs = owners.pdfs
    for each in owners.state["certificates"]["live"]:
        found = owners.of.get(each["student_uuid"]), owners.of.get(each["course_uuid"])
        keys = by_pdf[pdfs[each["uuid"]]]
        if not any(found in _holders(version, told) for key in keys for _, version, _ in told[key]):
            yield f"whose certificate of {keys}: it names {found}"
    for key, uuid in owners.mapped.items():
        if key[0] is Step.CERTIFICATE and key not in by_pdf[pdfs.get(uuid or "", "")]:
            yield f"whose {key}: the mapping knows a certificate that is not its own"


def _holders(certificate: Version, told: Mapping[Key, Told]) -> set[tuple[Key, Key]]:
    """The students and courses that it may name: of an enrollment that was dropped there are none."""
    enrollment = certificate.said.get("enrollment_id")
    said: Iterable[Version] = [certificate]
    if enrollment:
        versions = [version for _, version, _ in told.get((Step.ENROLLMENT, enrollment), [])]
        said = [version for version in versions if version.said.get("completion_status") != "dropped"]
    return {((Step.STUDENT, each.said["student_id"]), (Step.COURSE, each.said["course_id"])) for each in said}


def _kept(world: World, told: Mapping[Key, Told], owners: Owners) -> Iterator[str]:
    """When an enrollment has moved, a certificate that names somebody else is not what its record says any more."""
    outcomes = {(message.id, key): outcome for key, each in told.items() for message, _, outcome in each}
    certificates = {owners.pdfs[each["uuid"]]: each for each in owners.state["certificates"]["live"]}
    for plot in world.school.plots:
        if plot.kind != "moved" or len(plot.told) < 4:
            continue
        (enrollment, _), (certificate, said) = plot.acts[2].says[0], plot.acts[3].says[0]
        (move,), (again,) = plot.told[2:4]
        held = certificates.get(_pdf(said))
        moved = outcomes[move.id, enrollment] in DELIVERED
        kept = held and any(held["student_uuid"] != each["student_uuid"] for each in owners.entities[enrollment])
        if moved and kept and outcomes[again.id, certificate] == Outcome.UNCHANGED:
            yield f"whose {certificate}: unchanged, though {enrollment} is somebody else's now"


def _pdf(said: Said) -> str:
    return str(said["pdf"]).rpartition("/")[2]
