"""What deliveries share: of one environment, and of one message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dokstamp_sync.delivery.parents import Parents
from dokstamp_sync.mapping.claims import Claims
from dokstamp_sync.mapping.identity import Identity
from dokstamp_sync.mapping.refusals import Refusals
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.steps.work import Api, OpensPdfs


@dataclass(frozen=True, slots=True)
class Means:
    """What deliveries share, from one environment."""

    store: Store
    refusals: Refusals
    api: Api
    pdfs: OpensPdfs
    issue: str
    clock: Callable[[], float]

    @property
    def identity(self) -> Identity:
        """Whose an entity is, and whose a key."""
        return Identity(self.store, self.clock)


@dataclass(frozen=True, slots=True)
class Context:
    """What the records of one message share. ``patience``: how many seconds a record may wait for another."""

    run: str
    occurred_at: str
    force: bool
    dry_run: bool
    patience: float
    parents: Parents
    claims: Claims
