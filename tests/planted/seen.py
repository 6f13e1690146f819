"""What a check sees of a bug: it stops when it has seen enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ENOUGH = 3
"""So many cases that see a bug are enough."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one case; each of the ``findings`` begins with its kind."""

    case: str
    findings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """Of ``cases``, so many were ``tried``, and so many of these ``failed``; so many by each of the ``kinds`` of
    findings. The ``first`` of them, and what was found there.
    """

    cases: int = 0
    tried: int = 0
    failed: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    first: str = ""
    finding: str = ""

    def __str__(self) -> str:
        return f"{self.short}; {self.first}: {self.finding}" if self.failed else self.short

    @property
    def short(self) -> str:
        """How many, and what they found."""
        if not self.cases:
            return "not tried"
        which = f"the first {self.tried}" if self.tried < self.cases else f"{self.cases}"
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kinds.items())
        return f"{self.failed} of {which}" + (f" ({kinds})" if kinds else "")


def look(cases: Iterable[Found], number: int) -> Seen:
    """Takes the cases one after another, until enough of them have failed. ``number``: how many there are."""
    tried, bad = 0, list[Found]()
    for each in cases:
        tried += 1
        if each.findings:
            bad.append(each)
        if len(bad) == ENOUGH:
            break
    if not bad:
        return Seen(number, tried)
    kinds = Counter(kind for each in bad for kind in sorted({finding.split()[0] for finding in each.findings}))
    return Seen(number, tried, len(bad), dict(kinds.most_common()), bad[0].case, bad[0].findings[0])
