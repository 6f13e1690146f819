"""All ways in which records meet, and which of them are played."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.model import meetings_in_time, meetings_of_keys
from tests.model.plots import Plot

Draw = Callable[[Random, bool], list[Plot]]
"""Draws the plots of one school, which may be patient."""

KINDS: dict[str, Draw] = {
    "likeness": meetings_of_keys.likeness,
    "handed_on": meetings_of_keys.handed_on,
    "conflict": meetings_of_keys.conflict,
    "swap": meetings_of_keys.swap,
    "twins": meetings_of_keys.twins,
    "shared_pdf": meetings_in_time.shared_pdf,
    "reissue": meetings_in_time.reissue,
    "moved": meetings_in_time.moved,
    "renewed": meetings_in_time.renewed,
    "deleted": meetings_in_time.deleted,
    "dropped": meetings_in_time.dropped,
    "group_deleted": meetings_in_time.group_deleted,
}
MEETING: frozenset[str] = frozenset(KINDS)
"""The kinds that are played unless somebody asks for others."""
FOR_GOOD = frozenset({"conflict", "swap", "twins"})
"""What is never settled: whoever is patient would wait for it without end."""


def drawn(random: Random, played: frozenset[str], *, patient: bool) -> frozenset[str]:
    """The kinds that a school has, of those that are played."""
    chances = {kind: 0.4 if kind in FOR_GOOD else 0.2 for kind in KINDS if kind in played}
    had = {kind for kind, chance in chances.items() if random.random() < chance}
    return frozenset(had - FOR_GOOD if patient else had)


def plots_of(random: Random, kinds: frozenset[str], *, patient: bool) -> list[Plot]:
    return [plot for kind, draw in KINDS.items() if kind in kinds for plot in draw(random, patient)]
