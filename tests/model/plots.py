"""Records that meet: acts that a SIS tells one after another, each of one hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from tests.model.said import Key, Message, Said, Version

Pair = tuple[Key, Said]
When = Literal["any time", "after results", "in the calm"]


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody does to a record's entity in DokStamp itself, as far as DokStamp lets him."""

    does: Literal["deletes", "expires"]
    key: Key


@dataclass(frozen=True, slots=True)
class Act:
    """What is said of one hour, without marks; it may come in one message or in several, in any order.

    ``when``: at any time; when every message of the acts before has its result; or when the storm is over.
    ``by_hand``: what happens in DokStamp just before. ``surely``: nothing of it may be refused, whoever is patient.
    ``at_once``: its messages come within a tenth of a second. ``late``: by how many seconds they come later. ``fault``:
    what DokStamp's next writing calls meet.
    """

    says: tuple[Pair, ...]
    when: When = "any time"
    by_hand: ByHand | None = None
    surely: bool = False
    at_once: bool = False
    late: float = 0.0
    fault: str = ""


def act(*says: Pair, **how: Any) -> Act:
    return Act(says, **how)


@dataclass(slots=True)
class Plot:
    """``told``: the messages of each act that was told. ``refusable``: records that may be refused though nobody loses
    patience. ``spared``: what somebody wanted to change by hand and could not: it was not there."""

    kind: str
    acts: Sequence[Act]
    refusable: frozenset[Key] = frozenset()
    told: list[list[Message]] = field(default_factory=list)
    spared: set[Key] = field(default_factory=set)

    @property
    def next(self) -> Act | None:
        return self.acts[len(self.told)] if len(self.told) < len(self.acts) else None

    @property
    def keys(self) -> set[Key]:
        return {key for each in self.acts for key, _ in each.says}

    @property
    def gone(self) -> set[Key]:
        """The records whose entities somebody has deleted in DokStamp, and that were not told of since."""
        gone: set[Key] = set()
        for each in self.acts[: len(self.told)]:
            deletes = each.by_hand and each.by_hand.does == "deletes" and each.by_hand.key not in self.spared
            gone |= {each.by_hand.key} if each.by_hand and deletes else set()
            gone -= {key for key, _ in each.says}
        return gone

    def may_go_on(self, known: set[str]) -> bool:
        """Whether its next act may be told before the calm. ``known``: the runs that have results."""
        if self.next is None or self.next.when == "in the calm":
            return False
        return self.next.when == "any time" or self.has_results(known)

    def has_results(self, known: set[str]) -> bool:
        """Whether every message that was told has its result. ``known``: the runs that have results."""
        return all(message.run in known for told in self.told for message in told)

    def may_be_refused(self, message: Message, key: Key, *, patient: bool) -> bool:
        """Whether DokStamp may lack what this message says of the record."""
        surely = any(each.surely and message in told for each, told in zip(self.acts, self.told, strict=False))
        return not surely and (not patient or key in self.refusable)


def portions(versions: Sequence[Version], random: Random) -> Iterator[dict[Key, Version]]:
    """An act's versions in one message, in two, or in one each; in any order."""
    shuffled = random.sample(versions, len(versions))
    number = random.choice([1, 1, min(2, len(shuffled)), len(shuffled)])
    for place in range(number):
        yield {version.key: version for version in shuffled[place::number]}
