"""Which record an entity of DokStamp belongs to, and which record holds the key that names an entity there.

Two kinds of notes say so. Each is a row that names the row of a record. ``uuid#...``: the entity belongs to that
record. ``key#...``: that record holds the key (a course's code in its institution, a student's e-mail), so no other
record may create an entity with the key, or give it to its own. A note counts only while the record's own row says the
same, so a record that gives up a key does not have to change the note.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dokstamp_sync.mapping.row import Row, Store
from dokstamp_sync.order import Step

_KEY_WORDS = {
    Step.INSTITUTION: "name",
    Step.MODULE_GROUP: "name",
    Step.STUDENT: "e-mail",
    Step.ENROLLMENT: "student, course and cohort",
    Step.CERTIFICATE: "PDF",
}


def key_word(step: Step) -> str:
    """What the key of a step's records is called in a reason."""
    return _KEY_WORDS.get(step, "code")


class Hold(StrEnum):
    """How firmly a record holds a key."""

    SETTLED = "is"
    BUSY = "may just be becoming"
    DOUBT = "may have become"
    """A worker did not finish, and none of its calls can be under way any more."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The record that a key's note names. ``row``: its row's id. ``how``: None if it has given the key up.

    ``facts``: what its row keeps for later steps.
    """

    row: str
    how: Hold | None
    facts: Mapping[str, Any]


def named(row: str) -> str:
    """How reasons name the record of a row, e.g. ``course 'CS'``."""
    step, _, sis_id = row.partition("#")
    return f"{step} '{sis_id}'"


def key_id(step: Step, key: Sequence[str]) -> str:
    """The id of a key's note. ``key``: the parts that name an entity of this step in DokStamp."""
    return f"key#{step.value}#{json.dumps(list(key), ensure_ascii=False)}"


def key_parts(id_: str) -> tuple[str, ...]:
    """The parts of the key whose note has this id."""
    return tuple(json.loads(id_.split("#", 2)[2]))


def note_of(uuid: str, row: str) -> Row:
    """The note that the entity belongs to the record with this row id."""
    return Row(id=f"uuid#{uuid}", facts={"row": row})


class Identity:
    """Reads and writes the notes. Every method raises Retry if the store cannot be asked."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def owner_of(self, uuid: str) -> str | None:
        """The row id of the record that the entity belongs to, if the mapping knows one."""
        return self._owner(uuid, self._store.read([f"uuid#{uuid}"]).get(f"uuid#{uuid}"))

    def own(self, uuid: str, row: str) -> str:
        """Notes that the entity belongs to ``row``, if to no other. Answers its owner's row id. Raises Conflict."""
        wanted = note_of(uuid, row)
        note = self._store.read([wanted.id]).get(wanted.id)
        owner = self._owner(uuid, note)
        if owner and owner != row:
            return owner
        if note is None or note.facts["row"] != row:
            self._store.write(wanted, note)
        return row

    def holder_of(self, key: str) -> Holder | None:
        """The record that the key's note names. ``key``: the note's id."""
        return self._holder(key, self._store.read([key]).get(key))

    def take(self, key: str, row: str, is_there: Callable[[], bool]) -> Holder | None:
        """Notes that record ``row`` holds the key. Answers the other record that keeps it, else None.

        The record's row must have the key in its intent, or as its key, before. ``is_there``: whether DokStamp has an
        entity with this key; asked only if the holder is in DOUBT. Raises Conflict if another worker takes the key at
        the same moment: the note is written even if it does not change, so that one of the two writes fails.
        """
        note = self._store.read([key]).get(key)
        holder = self._holder(key, note)
        if holder and holder.row != row and holder.how and (holder.how is not Hold.DOUBT or is_there()):
            return holder
        self._store.write(Row(id=key, facts={"row": row}), note)
        return None

    def _owner(self, uuid: str, note: Row | None) -> str | None:
        if note is None:
            return None
        id_ = str(note.facts["row"])
        row = self._store.read([id_]).get(id_)
        unfinished = row and not row.uuid and (row.claim or row.intent is not None)
        return id_ if row and (row.uuid == uuid or unfinished) else None

    def _holder(self, key: str, note: Row | None) -> Holder | None:
        if note is None:
            return None
        id_ = str(note.facts["row"])
        row = self._store.read([id_]).get(id_)
        how = None
        if row and row.key == key:
            how = Hold.SETTLED
        elif row and row.intent and row.intent.get("key") == key:
            how = Hold.BUSY if row.claim and row.claim.until > self._clock() else Hold.DOUBT
        return Holder(id_, how, row.facts if row else {})
