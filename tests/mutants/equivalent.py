"""Mutants that no test can notice, each with the reason. A test holds that every one of them is still made."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutants.mutant import Mutant


@dataclass(frozen=True, slots=True)
class Equivalent:
    """``before`` and ``after``: the lines that change, without indentation. ``path`` is relative to the project."""

    path: str
    before: str
    after: str
    why: str

    def is_meant_by(self, mutant: Mutant) -> bool:
        """Whether this is the mutant."""
        return self.path == mutant.source.path and (self.before, self.after) == mutant.change()


EQUIVALENT = (
    Equivalent(
        "layers/dokstamp_sync/dokstamp_sync/delivery/delivery.py",
        "if row:",
        "if True:",
        "a record without a row is always delivered, never settled; the condition is there for the type checker",
    ),
    Equivalent(
        "layers/dokstamp_sync/dokstamp_sync/mapping/claims.py",
        "self.denied = False",
        "self.denied = True",
        "every try of a record sets it before it is asked for, and the rows that records share have no uuid to deny",
    ),
    Equivalent(
        "layers/dokstamp_sync/dokstamp_sync/delivery/parents.py",
        "student, course, *cohort = [self._known(step, name) for step, name in zip(steps, names, strict=False)]",
        "student, course, *cohort = [self._known(step, name) for step, name in zip(steps, names)]",
        "that is what zip does by itself; the linter wants it said",
    ),
)
