"""Every call that a step makes to DokStamp, each in a situation that leads to it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults.school import Json, Sections, joined
from tests.faults.world import Wanted

Whose = Literal["own", "parent", "hand"]
TOKEN_PATH = "^/(oauth/token|auth/login)$"


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody else, who sends the same POST a moment earlier, ``with_`` some values changed.

    ``outcome`` is what then becomes of the record, ``leaves`` what DokStamp holds of it besides; ``switches`` make the
    sandbox refuse the second one.
    """

    says: str
    outcome: Outcome
    with_: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    leaves: Wanted = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one step.

    ``record`` is what the SIS says, after ``before`` was delivered and the rows ``unmapped`` were lost. The call in
    question is the one with this ``method`` and ``path`` (a regular expression), after ``skip`` others.
    ``earlier``: a fault that has to come first to lead to it. ``look_up``: the path of the look-up that precedes it.
    ``whose``: the mapped uuid in its path. ``newer``: what the SIS says a moment later, for workers that overtake.
    """

    step: Step
    name: str
    method: str
    path: str
    record: Json
    outcome: Outcome
    before: Sections
    unmapped: tuple[str, ...] = ()
    skip: int = 0
    earlier: Mapping[str, Any] | None = None
    look_up: str | None = None
    whose: Whose | None = None
    rivals: tuple[Rival, ...] = ()
    newer: Json | None = None
    switches: Mapping[str, Any] = field(default_factory=dict)
    may_say_created: bool = False
    """After a crash nobody can tell whether what a look-up finds was there before."""

    @property
    def key(self) -> str:
        return f"{self.step.value}/{self.name.replace(' ', '-')}"

    @property
    def title(self) -> str:
        return f"{self.step.value.replace('_', ' ')}: {self.name}"

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.is_token

    @property
    def is_token(self) -> bool:
        return self.path == TOKEN_PATH

    @property
    def receives(self) -> int:
        """How often the message is received if the call meets no fault."""
        return 2 if self.earlier or "issue_after_reads" in self.switches else 1

    @property
    def ends(self) -> tuple[Sections, ...]:
        """What the SIS has said when all is over."""
        return self.before, {self.step.section: [self.record]}

    def meets(self, method: str, path: str) -> bool:
        return method == self.method and re.search(self.path, path) is not None


def usually(step: Step, **usual: Any) -> Callable[..., Call]:
    """Makes calls of a step, which have these values unless they say otherwise."""

    def made(name: str, method: str, path: str, **values: Any) -> Call:
        return Call(step, name, method, path, **(usual | values))

    return made


def parent_look_up(step: Step, parent: Step, before: Sections, record: Json, name: str) -> Call:
    """The look-up of a parent that is in DokStamp, but not in the mapping."""
    row = f"{parent.value}#{name}"
    call = usually(step, record=record, outcome=Outcome.CREATED, before=before, unmapped=(row,))
    return call(f"look-up of the {parent.value}", "GET", f"^/{parent.section}$")


def moves(step: Step, before: Sections, record: Json, there: Json, *, name: str = "move") -> list[Call]:
    """An entity that belongs elsewhere from now on; what DokStamp made of it is read again."""
    path, delivered = f"^/{step.section}/[^/]+$", joined(before, {step.section: [record]})
    call = usually(step, record=there, outcome=Outcome.UPDATED, before=delivered, whose="own")
    return [call(name, "PATCH", path, newer=record), call(f"look after the {name}", "GET", path)]
