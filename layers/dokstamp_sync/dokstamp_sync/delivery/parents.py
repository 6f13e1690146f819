"""Finds the records that a record depends on: in the mapping, else in DokStamp by their id taken as a key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from dokstamp_sync.dokstamp import lookups
from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.errors import Blocked, NotFound, NotReady, Rejected
from dokstamp_sync.mapping.identity import Identity, key_id, named
from dokstamp_sync.mapping.row import Row, Store, change, identity, step_of
from dokstamp_sync.mapping.run_notes import refused_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Parent, Reference


class Parents:
    """Resolves the references of one message. Looks up in DokStamp, once each, those that are not mapped."""

    def __init__(
        self,
        store: Store,
        identity: Identity,
        api: lookups.Reads,
        *,
        run: str,
        default_institution: str,
    ) -> None:
        self._store = store
        self._identity = identity
        self._api = api
        self._run = run
        self._default_institution = default_institution
        self._rows: dict[str, Row] = {}
        self._read: set[str] = set()
        self.marked: dict[str, float] = {}
        """Row id -> since when that row is marked as awaited, as far as this message knows."""
        self._found: dict[Reference, Entity | None] = {}
        self._lock = threading.RLock()

    def read_ahead(self, references: Iterable[Reference]) -> None:
        """Reads the rows that ``resolve`` will need, and what this run refused, in one go."""
        ids = {each.row for each in references}
        new = (ids | {refused_id(self._run)}) - self._read
        self._rows.update(self._store.read(new))
        self._read |= new

    def resolve(self, reference: Reference) -> Parent:
        """The parent. Raises Blocked if it was refused, NotReady if it is not found yet, or what a look-up raises."""
        self.read_ahead([reference])
        self._check(reference)
        row = self._rows.get(reference.row)
        if row and row.uuid:
            for step, sis_id in row.facts.get("named", []):
                self._check(Reference(Step(step), sis_id))
            return Parent(reference, row.uuid, row.facts)
        if row and row.refused and row.refused.outcome is Outcome.REJECTED:
            raise Blocked(f"{named(reference.row)} was {row.refused.outcome}", awaits=reference.row)
        if row and row.claim:
            raise NotReady(f"{named(reference.row)} is being delivered", awaits=reference.row)
        return self._look_up(reference)

    def now(self, references: Iterable[Reference]) -> dict[str, str]:
        """Row id -> which entity that record is now, for those that the mapping knows; see row.identity."""
        known = [self._rows.get(each.row) for each in references]
        return {row.id: _identity(row) for row in known if row and row.uuid}

    def is_gone(self, parent: Parent) -> bool:
        """Whether DokStamp, after it refused something about the parent, does not know the parent, too.

        The look-up comes first because it raises Misconfigured if tenant or address are wrong: the row may be right.
        """
        self._find(parent.reference)
        try:
            self._api.get(f"/{parent.reference.step.section}/{parent.uuid}")
        except Rejected as refusal:
            # Any other refusal is one of the question, and says nothing about the parent.
            return isinstance(refusal, NotFound)
        return False

    def forget(self, parent: Parent) -> None:
        """Removes the parent's uuid, which is wrong, and what belongs to it from the parent's row."""

        def forget(row: Row) -> Row:
            return replace(row, uuid=None, key=None, facts={}, applied=None) if row.uuid == parent.uuid else row

        id_ = parent.reference.row
        self._rows.pop(id_, None)
        change(self._store, id_, forget)

    def is_as_read(self, row: Row) -> bool:
        """Whether the row's record is still the entity that the records of this message were tried with."""
        known = self._rows.get(row.id)
        return known is not None and _identity(known) == _identity(row)

    def read_anew(self, id_: str) -> None:
        """Forgets what was read of the row and looked up for it: it is not so any more."""
        self._rows.pop(id_, None)
        self._read.discard(id_)
        with self._lock:
            self._found = {each: found for each, found in self._found.items() if each.row != id_}

    def refused(self, what: str) -> Outcome | None:
        """The outcome if this run refused it. ``what``: a row id, or one content of a record (run_notes.as_said)."""
        refusals = self._rows.get(refused_id(self._run))
        outcome = refusals.facts.get(what) if refusals else None
        return Outcome(outcome) if outcome else None

    def _check(self, reference: Reference) -> None:
        """Raises Blocked if this run refused the record, and no other run has delivered it since.

        DokStamp may have it all the same, but not as this run says it.
        """
        outcome = self.refused(reference.row)
        if not outcome:
            return
        self.read_ahead([reference])
        row = self._rows.get(reference.row)
        if not row or not row.is_there:
            raise Blocked(f"{named(reference.row)} was {outcome}", awaits=reference.row)

    def _look_up(self, reference: Reference) -> Parent:
        with self._lock:
            if reference not in self._found:
                entity = self._find(reference)
                self._found[reference] = entity if entity and not self._is_another(reference, entity) else None
            entity = self._found[reference]
            if entity is None:
                raise NotReady(f"{named(reference.row)} is neither mapped nor in DokStamp", awaits=reference.row)
            # It is not stored in the mapping: only the record itself says which entity its sis_id means.
            return Parent(reference, entity["uuid"], nested_uuids(entity))

    def _is_another(self, reference: Reference, entity: Entity) -> bool:
        """Whether the entity belongs to another record, or another record holds or may be getting its key.

        Then it is not the parent: the parent's id may only look like another record's code.
        """
        mine = reference.row
        owner = self._identity.owner_of(entity["uuid"])
        holder = self._identity.holder_of(key_id(reference.step, lookups.key_of(reference.step, entity)))
        return (owner or mine) != mine or (holder is not None and holder.how is not None and holder.row != mine)

    def _find(self, reference: Reference) -> Entity | None:
        match reference.step:
            case Step.INSTITUTION:
                return lookups.find_institution(self._api, reference.sis_id)
            case Step.COURSE:
                return self._find_at_home(lookups.find_course, reference.sis_id)
            case Step.MODULE:
                return self._find_at_home(lookups.find_module, reference.sis_id)
            case Step.COHORT:
                return lookups.find_cohort(self._api, reference.sis_id, None)
            case Step.STUDENT:
                return lookups.find_student(self._api, reference.sis_id) if "@" in reference.sis_id else None
            case Step.ENROLLMENT:
                return self._find_enrollment(reference.sis_id)
        return None

    def _find_at_home(
        self, find: Callable[[lookups.Reads, str, str | None], Entity | None], code: str
    ) -> Entity | None:
        """Looks in the default institution if the stack has one: another one may have the code for something else."""
        if not self._default_institution:
            return find(self._api, code, None)
        home = self._known(Step.INSTITUTION, self._default_institution)
        return find(self._api, code, home) if home else None

    def _known(self, step: Step, sis_id: str) -> str | None:
        """The uuid, or None if there is none yet: then what depends on it cannot be in DokStamp either."""
        try:
            return self.resolve(Reference(step, sis_id)).uuid
        except (NotReady, Blocked):
            return None

    def _find_enrollment(self, sis_id: str) -> Entity | None:
        """By a default id, ``student/course[/cohort]``; any other id does not say what to look for."""
        steps = (Step.STUDENT, Step.COURSE, Step.COHORT)
        names = sis_id.split("/")
        if len(names) not in (2, 3):
            return None
        student, course, *cohort = [self._known(step, name) for step, name in zip(steps, names, strict=False)]
        if not student or not course or not all(cohort):
            return None
        return lookups.find_enrollment(self._api, student, course, cohort[0] if cohort else None)


def _identity(row: Row) -> str:
    return identity(step_of(row.id), row.uuid or "", row.facts)


def nested_uuids(entity: Entity) -> dict[str, str]:
    """``{"institution_uuid": ..., ...}``: what the entity belongs to; of an enrollment its completion status, too."""
    found = {name: lookups.uuid_of(entity, name) for name in ("institution", "course", "student", "cohort")}
    status = {"completion_status": entity["completion_status"]} if "completion_status" in entity else {}
    return {f"{name}_uuid": uuid for name, uuid in found.items() if uuid} | status
