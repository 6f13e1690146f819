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
}
MEETING: frozenset[str] = frozenset()
"""The kinds that are played unless somebody asks for others; ``frozenset(KINDS)`` is all of them."""
CHANCE = 0.4
"""How likely a school has one of them."""
