"""What a step gets to work with, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any, Generic, Protocol, TypeVar

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.dokstamp.lookups import Reads
from dokstamp_sync.errors import NotReady
from dokstamp_sync.mapping.claims import Claimed
from dokstamp_sync.mapping.row import identity, row_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.records import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Reference:
    """A ``*_id`` field: names a record of another step by its ``sis_id``."""

    step: Step
    sis_id: str

    @property
    def row(self) -> str:
        """The id of its row in the mapping."""
        return row_id(self.step, self.sis_id)


@dataclass(frozen=True, slots=True)
class Parent:
    """A mapped record; ``facts`` are what its step left behind for others, e.g. ``institution_uuid``."""

    reference: Reference
    uuid: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """See row.identity."""
        return identity(self.reference.step, self.uuid, self.facts)


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


class Shared(Protocol):
    """What records share, and where they meet."""

    def claim(self, id_: str) -> Claimed:
        """Claims a row that several records share. Raises Retry while another worker has it."""

    def own(self, uuid: str) -> None:
        """Notes that this record is the entity that was found. Raises NotReady if another record is."""

    def owner_of(self, uuid: str) -> str | None:
        """The row id of the record that the entity is, as far as the mapping knows."""

    def hold(self, key: str, is_there: Callable[[], bool]) -> None:
        """Takes the key for this record, whose row must say already that it wants it; see identity.take.

        Raises NotReady while another record has it.
        """

    def freeze_and_hold(self, intent: Mapping[str, str], is_there: Callable[[], bool]) -> None:
        """Freezes the intent and takes its key, in one write where nobody ever had the key. Raises as ``hold``."""

    def still_holds(self, key: str) -> bool:
        """Whether no other record has taken the key since."""

    def facts_of(self, key: str) -> Mapping[str, Any]:
        """What the record of that key left behind for later steps; nothing if the mapping knows none."""


@dataclass(frozen=True, slots=True)
class Work(Generic[R]):
    """One record to deliver, with all that a step may use to do so.

    ``force``: what the mapping remembers may be wrong, and is not to be relied upon.
    ``parents``: by the names that the step's ``references`` gave them. ``issue``: the stack's issue mode.
    """

    record: R
    occurred_at: str
    parents: Mapping[str, Parent]
    api: Api
    claimed: Claimed
    shared: Shared
    pdfs: OpensPdfs
    issue: str
    force: bool

    @property
    def uuid(self) -> str | None:
        """The uuid that the mapping knows and DokStamp does not deny."""
        return self.claimed.uuid

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the last delivery left behind."""
        return self.claimed.row.facts


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a step did. ``facts`` are for later steps and later deliveries; they replace the row's.

    ``key``: what names the entity in DokStamp from now on (see identity.key_id).
    """

    outcome: Outcome
    uuid: str | None
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


class StepRules(Protocol[R]):
    """One step's business: no AWS, no HTTP."""

    step: Step

    def references(self, record: R) -> Mapping[str, Reference]:
        """The records it depends on, each under a name of its own."""

    def lane(self, record: R) -> str:
        """Records of one lane are delivered one after another, those of different lanes side by side."""

    def intent(self, record: R, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """What is frozen before anything can be created; ``key``, if the record has one already, is its key's id."""

    def deliver(self, work: Work[R]) -> Delivered:
        """Makes DokStamp say what the record says. Raises what errors.py lists."""


def wait_for(rival: str, reason: str, *, settled: bool = False) -> NotReady:
    """What a record has to wait for that another one still has: ``rival``, its row's id, may be about to give it up."""
    how = "first send one of them with a third one, in a message of its own"
    told = f"{reason}; to let two records exchange their names, codes or e-mails, {how}"
    return NotReady(told, finally_=Outcome.REJECTED, rival=rival, settled=settled)
