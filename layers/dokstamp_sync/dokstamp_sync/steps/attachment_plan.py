"""Plans which modules to attach to a course and which to detach, from what its records want. Makes no call.

A module that groups want goes into the group whose wish is the newest. A module that no group wants has the place that
the course's list gives it. A module that no record wants is detached.
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
"""Stands for the place of a module that may be attached, but nobody knows where."""

Wish = dict[str, Any]
"""What a record wants: ``places`` (module uuid -> place), ``occurred_at`` and ``turn``. The newest wish decides; of
wishes with the same ``occurred_at``, the one with the highest ``turn``."""

Wishes = dict[str, Wish]
"""Row id of a record -> what it wants."""


@dataclass(frozen=True, slots=True)
class Due:
    """Where a module belongs, and the row id of the record that wants it there."""

    place: Place
    by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """How many modules were attached (again) or detached for good; ``told``: sentences about other records' modules."""

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
    """Modules by uuid: first detach ``detach``, then attach ``attach``. No record wants ``drop`` any more."""

    due: Mapping[str, Due]
    attach: Mapping[str, Place]
    drop: Collection[str]
    detach: Collection[str]

    def own(self, by: str, group: str | None, known: Mapping[str, Place]) -> set[str]:
        """The modules whose refusal counts as record ``by``'s own: those that it decides, and those that it dropped.

        A module that no record wants, and that may be attached anywhere, counts as dropped by the record at hand.
        """
        dropped = {uuid for uuid in self.drop if known[uuid] == MAYBE or known[uuid]["group"] == group}
        return {uuid for uuid, due in self.due.items() if due.by == by} | dropped

    def changes(self, refused: Collection[str], told: Iterable[str]) -> Changes:
        """What was done of the plan, if DokStamp refused the modules ``refused``."""
        return Changes(len(self.attach.keys() - set(refused)), len(set(self.drop) - set(refused)), tuple(told))

    def told(self, refused: Mapping[str, str]) -> Iterator[str]:
        """One sentence for each record with refused modules. ``refused``: module uuid -> why."""
        reasons: dict[str, list[str]] = defaultdict(list)
        for uuid, reason in refused.items():
            who = f"{_shown(self.due[uuid].by)} wants" if uuid in self.due else "no record wants any more"
            reasons[who].append(reason)
        for who, several in reasons.items():
            count, was = ("1 module", "was") if len(several) == 1 else (f"{len(several)} modules", "were")
            yield f"{count} that {who} {was} refused: {'; '.join(several)}"


def plan(wishes: Wishes, known: Mapping[str, Place], free: Collection[str] = (), doubted: str | None = None) -> Plan:
    """The plan that makes the attachments what the records want.

    ``known``: module uuid -> place, as the course's row says. ``free``: the modules that DokStamp offers, so they are
    not attached; empty if it was not asked. ``doubted``: the row id of a record whose modules are to be attached again
    even if ``known`` has them in their places.
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
    """Adds what record ``by`` wants to ``wishes``; false if it wanted the same before."""
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
    """Wishes are sorted by this; one without ``occurred_at`` is older than all others."""
    return wish.get("occurred_at", ""), wish["turn"]
