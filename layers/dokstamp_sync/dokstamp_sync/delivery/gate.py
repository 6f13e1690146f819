"""The gate between a step and DokStamp: reads pass; writes pass while the lease allows it, but never in a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from dokstamp_sync.delivery.brake import Brake
from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Api


class WouldWrite(Exception):
    """A dry run has come to its first writing call; the record's outcome would be ``outcome``."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Gate:
    """The client for one record. ``claims``: the rows whose leases a writing call needs; the record's own is first."""

    def __init__(self, api: Api, brake: Brake, *, dry_run: bool) -> None:
        self._api = api
        self._brake = brake
        self._dry_run = dry_run
        self.claims: list[Claimed] = []

    def pages(self, path: str, where: Mapping[str, str] | None = None) -> Iterator[Entity]:
        self._renew()
        for entity in self._api.pages(path, where):
            yield entity
            self._renew()

    def get(self, path: str) -> Entity:
        self._renew()
        return self._api.get(path)

    def create(self, path: str, body: Mapping[str, Any]) -> Entity:
        with self._writing(Outcome.CREATED):
            return self._api.create(path, body)

    def change(self, path: str, body: Mapping[str, Any]) -> None:
        with self._writing(Outcome.UPDATED):
            self._api.change(path, body)

    def attach(self, path: str, body: Mapping[str, Any]) -> None:
        with self._writing(self._new_or_not()):
            self._api.attach(path, body)

    def detach(self, path: str, body: Mapping[str, Any]) -> None:
        with self._writing(self._new_or_not()):
            self._api.detach(path, body)

    def revoke(self, path: str, body: Mapping[str, Any]) -> Entity:
        with self._writing(Outcome.UPDATED):
            return self._api.revoke(path, body)

    def upload(self, name: str, pdf: IO[bytes]) -> Entity:
        with self._writing(Outcome.CREATED):
            return self._api.upload(name, pdf)

    def _new_or_not(self) -> Outcome:
        known = self.claims and self.claims[0].row.applied
        return Outcome.UPDATED if known else Outcome.CREATED

    def _renew(self) -> None:
        """Before reads, too: many slow ones would leave too little time for the write that follows them."""
        for claimed in self.claims:
            claimed.renew()

    @contextmanager
    def _writing(self, outcome: Outcome) -> Iterator[None]:
        if self._dry_run:
            raise WouldWrite(outcome)
        self._brake.hold(begun=True)
        self._renew()
        # Checked after all are renewed, because renewing takes time.
        for claimed in self.claims:
            claimed.check()
        with ExitStack() as sending:
            for claimed in self.claims:
                sending.enter_context(claimed.sending())
            yield
