"""Bugs that a hurried hand might build into the delivery of records: each leaves one rule of it out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LAYER = Path("layers/dokstamp_sync/dokstamp_sync")


class Outdated(Exception):
    """The source no longer holds what the bug replaces."""


@dataclass(frozen=True, slots=True)
class Edit:
    """``old`` must be there exactly once."""

    file: str
    old: str
    new: str

    def of(self, text: str) -> str:
        """The text with the edit made."""
        if text.count(self.old) != 1:
            raise Outdated(f"{self.file} has this {text.count(self.old)} times instead of once:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Bug:
    """``says``: what is left out, in one clause."""

    key: str
    says: str
    edits: tuple[Edit, ...]

    def plant(self, root: Path) -> None:
        """Builds the bug into the layer of the project at ``root``."""
        for file, text in self._edited(root).items():
            (root / LAYER / file).write_text(text, encoding="utf-8")

    def patch(self, root: Path) -> str:
        """The same as a unified diff."""
        return "".join(line for file, text in self._edited(root).items() for line in _diff(root, file, text))

    def _edited(self, root: Path) -> dict[str, str]:
        texts: dict[str, str] = {}
        for edit in self.edits:
            before = texts.get(edit.file) or (root / LAYER / edit.file).read_text(encoding="utf-8")
            texts[edit.file] = edit.of(before)
        return texts


def _diff(root: Path, file: str, text: str) -> Iterator[str]:
    path = LAYER / file
    before = (root / path).read_text(encoding="utf-8").splitlines(keepends=True)
    return difflib.unified_diff(before, text.splitlines(keepends=True), f"a/{path}", f"b/{path}")


_NO_LOOK_UP = (
    Edit(
        "steps/look_up_create_update.py",
        "        return self.find(work.api, key_parts(key), work.record)\n",
        "        return None\n",
    ),
)
_NO_INTENT = (
    Edit(
        "mapping/claims.py",
        "        stored = self._store.write(replace(base, claim=claim, intent=intent), before)\n",
        "        stored = replace(base, claim=claim, intent=intent)\n",
    ),
    Edit(
        "mapping/claims.py",
        "            self._row = self._store.write(row, self._row, beside)\n",
        "            self._row = self._store.write(row, self._row if self._row.version else None, beside)\n",
    ),
)

BUGS = (
    Bug(
        "post-without-look-up", "it neither claims the record nor looks it up, it just posts", _NO_LOOK_UP + _NO_INTENT
    ),
    Bug("look-up-without-intent", "it looks up and posts without writing claim and intent before", _NO_INTENT),
    Bug("intent-without-look-up", "it claims and writes the intent, but posts without looking up", _NO_LOOK_UP),
    Bug(
        "lapsing-lease",
        "it sends as long as the lease lasts, though the call may take effect after it",
        (
            Edit(
                "mapping/claims.py",
                "        return self._row.claim.until - self._clock() - self._lease.in_flight\n",
                "        return self._row.claim.until - self._clock()\n",
            ),
        ),
    ),
    Bug(
        "impatient-second-post",
        "after an answer in doubt it gives the claim up at once, and does not wait the lease out",
        (Edit("delivery/delivery.py", "        if claimed.sent is Sent.UNDER_WAY:\n", "        if False:\n"),),
    ),
    Bug(
        "fingerprint-before-delivery",
        "it stores the fingerprint with the claim, before anything is delivered",
        (
            Edit(
                "delivery/delivery.py",
                "        claimed = gate.claims[0]\n        try:\n",
                "        claimed = gate.claims[0]\n"
                "        early = Delivery(said.run, said.occurred_at, said.fingerprint, Outcome.CREATED, '')\n"
                "        claimed._write(replace(claimed.row, applied=early))\n"
                "        try:\n",
            ),
        ),
    ),
    Bug(
        "unfenced-slow-worker",
        "a worker that was overtaken writes its row all the same, over that of the new owner",
        (
            Edit(
                "mapping/claims.py",
                '            reason = "another worker has taken over this record"\n',
                "            self._row = self._store.write(row, conflict.current)\n"
                "            return\n"
                '            reason = "another worker has taken over this record"\n',
            ),
        ),
    ),
    Bug(
        "older-wins",
        "it delivers what is older than what was delivered before",
        (
            Edit(
                "mapping/decision.py",
                "    if row.applied and said.occurred_at < row.applied.occurred_at:\n",
                "    if row.applied and False:\n",
            ),
        ),
    ),
    Bug(
        "credulous",
        "it believes the first 404 on a mapped uuid, and syncs the record afresh",
        (Edit("delivery/delivery.py", "DENIALS = 2\n", "DENIALS = 1\n"),),
    ),
)
