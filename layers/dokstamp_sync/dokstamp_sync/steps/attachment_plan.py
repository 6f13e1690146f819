"""Which modules to attach to a course and which to detach: pure, from what its records want and what is attached.

A module that a group wants is the group's, of several groups that of the newest wish; a module that no group wants
stands where the course's own list has it; and one that no record wants is detached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dokstamp_sync.outcomes import MOST_REASON_BYTES, shorten

Place = dict[str, Any]
"""A module's place in a course: ``order``, ``is_required``, ``workload``, ``group`` (a uuid or None)."""

MAYBE: Place = {}
"""Stands for the place of a module that may be attached, nobody knows where."""

Wish = dict[str, Any]
"""What a record wants: ``places`` (module uuid -> place), and ``occurred_at``: the newest has the last word, of several
of one moment the one with the last ``turn``."""

Wishes = dict[str, Wish]
"""Row id of a record -> what it wants."""


@dataclass(frozen=True, slots=True)
class Due:
    """Where a module belongs, and the row id of the record that says so."""

    place: Place
    by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """How many modules were attached (again) and detached for good; ``told``: what became of other records' part."""

    attached: int = 0
    detached: int = 0
    told: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.attached or self.detached)

    def __str__(self) -> str:
        if not self.any and not self.told:
            return "attached as it should be"
        counts = f"{self.attached} attached, {self.detached} detached"
        return shorten("; ".join([counts, *self.told]), MOST_REASON_BYTES)


@dataclass(frozen=True, slots=True)
class Plan:
    """Modules by uuid: ``attach`` each in its place, after taking ``detach`` off; no record wants ``drop`` any more."""

    due: Mapping[str, Due]
    attach: Mapping[str, Place]
    drop: Collection[str]
    detach: Collection[str]

    def own(self, by: str, group: str | None, known: Mapping[str, Place]) -> set[str]:
        """The modules whose refusal is a record's own: those that it has the say over, and those that it dropped.

        What may be attached anywhere, and nobody wants, counts as dropped by whoever comes.
        """
        dropped = {uuid for uuid in self.drop if known[uuid] == MAYBE or known[uuid]["group"] == group}
        return {uuid for uuid, due in self.due.items() if due.by == by} | dropped

    def changes(self, refused: Collection[str], told: Iterable[str]) -> Changes:
        """What was done of it."""
        return Changes(len(self.attach.keys() - set(refused)), len(set(self.drop) - set(refused)), tuple(told))

    def told(self, refused: Mapping[str, str]) -> Iterator[str]:
        """What DokStamp refused (module uuid -> why), in one sentence for each record that wants such modules."""
        reasons: dict[str, list[str]] = defaultdict(list)
        for uuid, reason in refused.items():
            who = f"{_shown(self.due[uuid].by)} wants" if uuid in self.due else "no record wants any more"
            reasons[who].append(reason)
        for who, several in reasons.items():
            count, was = ("1 module", "was") if len(several) == 1 else (f"{len(several)} modules", "were")
            yield f"{count} that {who} {was} refused: {'; '.join(several)}"


def plan(wishes: Wishes, known: Mapping[str, Place], free: Collection[str] = (), doubted: str | None = None) -> Plan:
    """What makes the attachments what the records want.

    ``known``: module uuid -> place, as remembered. ``free``: the modules that DokStamp offers, which therefore are not
    attached; empty if it was not asked. ``doubted``: the row id of a record whose modules are to be attached again
    even if they are remembered in their places.
    """
    due = _due(wishes)
    doubts = {uuid for uuid, each in due.items() if each.by == doubted}
    attach = {
        uuid: each.place
        for uuid, each in due.items()
        if uuid in free or uuid in doubts or known.get(uuid) != each.place
    }
    drop = [uuid for uuid in known if uuid not in due]
    return Plan(due, attach, drop, detach=[uuid for uuid in (*attach, *drop) if uuid not in free])


def add_wish(wishes: Wishes, by: str, places: Mapping[str, Place], occurred_at: str) -> bool:
    """Notes what a record wants; false if it wanted the same before."""
    before = wishes.get(by)
    same = before is not None and before["places"] == places
    if before is None or not same or _age(before)[0] != occurred_at:
        turn = max((each["turn"] for each in wishes.values()), default=0) + 1
        wishes[by] = {"occurred_at": occurred_at, "turn": turn, "places": dict(places)}
    return not same


def groups_of_others(wishes: Wishes, by: str) -> dict[str, set[str]]:
    """Row id -> the uuids of the groups in which a record other than ``by`` wants its modules."""
    groups = {
        other: {place["group"] for place in wish["places"].values() if place["group"]}
        for other, wish in wishes.items()
        if other != by
    }
    return {other: uuids for other, uuids in groups.items() if uuids}


def told_of_gone(records: Iterable[str]) -> Iterator[str]:
    """A sentence for each record (by its row id) whose group DokStamp does not have any more."""
    for each in records:
        yield f"{_shown(each)} is gone from DokStamp, nothing is attached for it: send it again with force"


def _shown(row_id: str) -> str:
    step, _, sis_id = row_id.partition("#")
    return f"{step} '{sis_id}'"


def _due(wishes: Wishes) -> dict[str, Due]:
    due: dict[str, Due] = {}
    for by, wish in sorted(wishes.items(), key=lambda each: _age(each[1])):
        for uuid, place in wish["places"].items():
            if place["group"] or uuid not in due or not due[uuid].place["group"]:
                due[uuid] = Due(place, by)
    return due


def _age(wish: Wish) -> tuple[str, int]:
    """Sorts wishes; one that does not say its moment is older than all that do."""
    return wish.get("occurred_at", ""), wish["turn"]
