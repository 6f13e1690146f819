"""What deliveries share: all those of one Lambda environment, and those of one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.delivery.parents import Parents
from dokstamp_sync.mapping.claims import Claims, Lease
from dokstamp_sync.mapping.dry_run import DryRunStore, NoRefusals
from dokstamp_sync.mapping.identity import Identity
from dokstamp_sync.mapping.refusals import Refusals
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.messages import StepMessage
from dokstamp_sync.settings import Settings
from dokstamp_sync.steps.work import Api, OpensPdfs


class Inbox(Protocol):
    """The inbox, for records that are sent again."""

    def send(self, bodies: Sequence[str]) -> None:
        """Sends up to ten messages, together 256 KiB at most. Raises Retry if it could not send one of them."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the deliveries of one environment share. ``new_owner`` answers a name that no other claim has."""

    store: Store
    refusals: Refusals
    inbox: Inbox
    api: Api
    pdfs: OpensPdfs
    brake: Brake
    settings: Settings
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    new_owner: Callable[[], str]

    @property
    def identity(self) -> Identity:
        """Tells which record an entity belongs to, and which record holds a key."""
        return Identity(self.store, self.clock)

    @property
    def claims(self) -> Claims:
        """Claims rows for this environment."""
        lease = Lease(self.settings.lease_seconds, self.settings.in_flight_seconds)
        return Claims(self.store, lease, self.clock, self.new_owner)

    def for_message(self, message: StepMessage) -> Means:
        """These means; in a dry run with a mapping and an outcomes table that leave the real ones unchanged."""
        if not message.options.dry_run:
            return self
        return replace(self, store=DryRunStore(self.store, message.scope, self.clock), refusals=NoRefusals())


@dataclass(frozen=True, slots=True)
class Context:
    """What the records of one message share. ``patience``: seconds that a record may wait; 0: it may not."""

    means: Means
    run: str
    occurred_at: str
    force: bool
    dry_run: bool
    patience: float
    parents: Parents
