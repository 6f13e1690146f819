"""Watches every lease and every call to DokStamp while a simulation runs, and notes what the design forbids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from tests.support.simulation_time import START, Task, Time

Leases = Mapping[str, str]

# Whatever else a record claims beside its own row is named otherwise.
RECORDS = tuple(f"{step.value}#" for step in Step)


@dataclass(slots=True)
class Sent:
    """A call that left a process: with the leases (row id -> owner) that its thread held then."""

    request: httpx.Request
    by: str
    leases: Leases

    @property
    def writes(self) -> bool:
        return self.request.method != "GET" and not self.request.url.path.startswith(("/oauth/", "/auth/"))

    def __str__(self) -> str:
        return f"{self.by}: {self.request.method} {self.request.url.path}"


class Watch:
    """``current``: a row as it is stored now; ``skew``: how far clocks may be apart. ``seen``: called with every write
    that was carried out.
    """

    def __init__(self, time: Time, current: Callable[[str], Row | None], skew: float) -> None:
        self.violations: list[str] = []
        self.trace: list[str] | None = None
        self.seen: list[Callable[[Sent, httpx.Response], None]] = []
        self._time = time
        self._current = current
        self._skew = skew
        self._in_doubt: set[str] = set()

    def note(self, line: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self._time.now - START:12.3f}  {line}")

    def violated(self, rule: str) -> None:
        self.violations.append(rule)
        self.note(f"VIOLATION {rule}")

    def stored(self, task: Task | None, process: str, row: Row) -> None:
        """A thread wrote a row: it holds the row's lease from now on, or has given it up."""
        held = task.leases if task else {}
        if row.claim is None or not row.claim.owner.startswith(f"{process}/"):
            held.pop(row.id, None)
        elif held.get(row.id) != row.claim.owner:
            # A thread works on one record at a time: it thinks no more of the one before, even if it still has it.
            if row.id.startswith(RECORDS):
                held.clear()
            held[row.id] = row.claim.owner

    def replaced(self, process: str, before: Row | None, after: Row) -> None:
        """A claim that lasts is its owner's alone, and what was delivered last is not forgotten for what was before."""
        if before is None:
            return
        claim = before.claim
        lasts = claim is not None and claim.until > self._time.now + self._skew
        is_kept = claim is not None and after.claim is not None and after.claim.owner == claim.owner
        if claim and lasts and not is_kept and not claim.owner.startswith(f"{process}/"):
            self.violated(f"{process} wrote over the claim of {claim.owner} ({after.id})")
        if before.applied and after.applied and after.applied.occurred_at < before.applied.occurred_at:
            self.violated(f"{process} wrote over what was delivered since ({after.id})")

    def sending(self, sent: Sent, latest: float) -> None:
        """``latest``: until when the call may take effect."""
        if not sent.writes:
            return
        if not sent.leases:
            self.violated(f"sent without a lease: {sent}")
        if sent.request.method == "POST" and self._in_doubt.intersection(sent.leases.values()):
            self.violated(f"posted again under a lease with an answer in doubt: {sent}")
        for id_, owner in sent.leases.items():
            row = self._current(id_)
            if row and row.claim and row.claim.owner == owner and row.claim.until < latest + self._skew:
                self.violated(f"sent under a lease that may lapse in flight ({id_}): {sent}")

    def in_doubt(self, sent: Sent) -> None:
        """The call's answer does not say whether it was carried out."""
        if sent.writes:
            self._in_doubt.update(sent.leases.values())

    def carried_out(self, sent: Sent, response: httpx.Response) -> None:
        """DokStamp did (or refused) it just now, perhaps long after it was sent."""
        self.note(f"{sent} {_body(sent.request)} -> {response.status_code}")
        if not sent.writes:
            return
        for id_, owner in sent.leases.items():
            row = self._current(id_)
            if row is None or row.claim is None or row.claim.owner != owner:
                now = row.claim.owner if row and row.claim else "nobody"
                self.violated(f"carried out after its lease was over ({id_} is {now}'s, was {owner}'s): {sent}")
        if response.is_success:
            for see in self.seen:
                see(sent, response)


def _body(request: httpx.Request) -> Any:
    if request.headers.get("content-type", "").startswith("application/json"):
        return request.content.decode()
    return request.url.query.decode()
