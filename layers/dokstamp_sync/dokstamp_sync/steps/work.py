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
from dokstamp_sync.mapping.identity import key_word
from dokstamp_sync.mapping.row import identity, row_id, step_of
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
        """The id of the record's row."""
        return row_id(self.step, self.sis_id)


@dataclass(frozen=True, slots=True)
class Parent:
    """A record that another one depends on. ``facts``: what later steps need to know, e.g. ``institution_uuid``."""

    reference: Reference
    uuid: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """See row.identity."""
        return identity(self.reference.step, self.uuid, self.facts)


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF to upload. ``version``: S3's, empty if the bucket keeps none. ``sha256``: of its bytes, in hex."""

    name: str
    version: str
    sha256: str
    file: IO[bytes]


class Api(Reads, Protocol):
    """DokStamp's calls as a step makes them; see client.DokStamp. gate.py decides whether one may be made."""

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
    """What records share or compete for: shared rows, entities of DokStamp, and keys."""

    def claim(self, id_: str) -> Claimed:
        """Claims a row that several records share. Raises Retry while another worker owns it."""

    def own(self, uuid: str) -> None:
        """Notes that the found entity belongs to this record. Raises NotReady if it belongs to another one."""

    def owner_of(self, uuid: str) -> str | None:
        """The row id of the record that the entity belongs to, if the mapping knows one."""

    def hold(self, key: str, is_there: Callable[[], bool]) -> None:
        """Takes the key for this record, whose row must have it in its intent before; see Identity.take.

        Raises NotReady while another record holds it.
        """

    def freeze_and_hold(self, intent: Mapping[str, str], is_there: Callable[[], bool]) -> None:
        """Stores the intent and takes its key, in one write if the key has no note yet. Raises as ``hold`` does."""

    def still_holds(self, key: str) -> bool:
        """Whether no other record has taken the key since."""

    def facts_of(self, key: str) -> Mapping[str, Any]:
        """The facts of the record that holds the key; empty if the mapping knows none."""


@dataclass(frozen=True, slots=True)
class Work(Generic[R]):
    """One record to deliver, with all that a step may use for it.

    ``force``: the mapping may be wrong, so the step does not rely on it. ``parents``: by the names that the step's
    ``references`` gave them. ``issue``: how certificates are issued, ``finish`` or ``status`` [lifecycle].
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
        """The mapped uuid; None if there is none, or if DokStamp denies it."""
        return self.claimed.uuid

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts in the record's row, as last stored."""
        return self.claimed.row.facts


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a step did. ``facts``: for later steps and later deliveries; they replace those of the row.

    ``key``: the id of the key that names the entity in DokStamp from now on (see identity.key_id).
    """

    outcome: Outcome
    uuid: str | None
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


class StepRules(Protocol[R]):
    """The rules of one step: no AWS, no HTTP."""

    step: Step

    def references(self, record: R) -> Mapping[str, Reference]:
        """The records that the record depends on, each under a name of its own."""

    def lane(self, record: R) -> str:
        """Records of one lane are delivered one after another, those of different lanes side by side."""

    def intent(self, record: R, parents: Mapping[str, Parent]) -> Mapping[str, str]:
        """What is stored before something is created, for a retry to send the same. ``key``: the key's id, if known."""

    def deliver(self, work: Work[R]) -> Delivered:
        """Makes DokStamp hold what the record says. Raises the errors that errors.py lists."""


def wait_for(rival: str, reason: str, *, settled: bool = False) -> NotReady:
    """The error to raise if record ``rival`` (a row id) still has what this record needs, and may give it up."""
    key = key_word(step_of(rival))
    exchange = f"if the two exchange theirs, first send one of them with a third {key}, in a message of its own"
    told = f"{reason}; send one of the two with another {key}; {exchange}"
    return NotReady(told, finally_=Outcome.REJECTED, rival=rival, settled=settled)
