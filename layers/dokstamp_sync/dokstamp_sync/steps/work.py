"""What a step gets to work with, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any, Generic, Protocol, TypeVar

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import Reads
from dokstamp_sync.errors import Rejected
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Reference:
    """A ``*_id`` field: names a record of another step by its ``sis_id``."""

    step: Step
    sis_id: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A mapped record; ``facts`` are what its step left behind for others, e.g. ``institution_uuid``."""

    reference: Reference
    uuid: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF to upload; ``version`` is empty where the bucket keeps none, ``sha256`` is of its bytes."""

    name: str
    version: str
    sha256: str
    file: IO[bytes]


class Api(Reads, Protocol):
    """DokStamp's calls as a step sees them: whether one may be made is decided behind them. See client.DokStamp."""

    def create(self, path: str, body: Mapping[str, Any]) -> Entity: ...

    def change(self, path: str, body: Mapping[str, Any]) -> None: ...

    def attach(self, path: str, body: Mapping[str, Any]) -> None: ...

    def detach(self, path: str, body: Mapping[str, Any]) -> None: ...

    def revoke(self, path: str, body: Mapping[str, Any]) -> Entity: ...

    def upload(self, name: str, pdf: IO[bytes]) -> Entity: ...


class OpensPdfs(Protocol):
    """See worker/pdfs.py."""

    def open(self, address: str, version: str = "") -> AbstractContextManager[Pdf]: ...


class ClaimsOthers(Protocol):
    """Claims a row that several records share. Raises Retry while another worker has it."""

    def __call__(self, id_: str) -> Claimed: ...


@dataclass(frozen=True, slots=True)
class Work(Generic[R]):
    """One record to deliver, with all that a step may use to do so.

    ``owner_of``: the row id of the record that an entity is, which is this one's if nobody else has it yet.
    ``force``: what the mapping remembers may be wrong, and is not to be relied upon.
    ``forgotten``: DokStamp does not know the mapped uuid; the row still does, until something new is made.
    ``parents``: by the names that the step's ``references`` gave them. ``issue``: the stack's issue mode.
    """

    record: R
    occurred_at: str
    parents: Mapping[str, Parent]
    api: Api
    claimed: Claimed
    claim_other: ClaimsOthers
    pdfs: OpensPdfs
    issue: str
    owner_of: Callable[[str], str]
    force: bool
    forgotten: bool = False

    def own(self, uuid: str) -> None:
        """Notes that this record is that entity. Raises Rejected if another record is: two must not become one."""
        other = self.owner_of(uuid)
        if other != self.claimed.row.id:
            step, _, sis_id = other.partition("#")
            raise Rejected(f"DokStamp's entity is already {step} '{sis_id}'; two records must not become one")

    @property
    def uuid(self) -> str | None:
        """The uuid that the mapping knows."""
        return None if self.forgotten else self.claimed.row.uuid

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the last delivery left behind."""
        return self.claimed.row.facts


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a step did. ``facts`` are for later steps and later deliveries; they replace the row's."""

    outcome: Outcome
    uuid: str | None
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class StepRules(Protocol[R]):
    """One step's business: no AWS, no HTTP."""

    step: Step

    def references(self, record: R) -> Mapping[str, Reference]:
        """The records it depends on, each under a name of its own."""

    def lane(self, record: R) -> str:
        """Records of one lane are delivered one after another, those of different lanes side by side."""

    def intent(self, record: R, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """What is frozen before anything can be created."""

    def deliver(self, work: Work[R]) -> Delivered:
        """Makes DokStamp say what the record says. Raises what errors.py lists."""
