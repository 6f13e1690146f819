"""Bugs where records meet by a key, or by an id that reads like another record's key."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer

NAMING = (
    Bug(
        "anybodys-reference",
        "a reference that is looked up takes what it finds, though that is another record",
        (
            in_layer(
                "delivery/parents.py",
                "entity if entity and not self._is_another(reference, entity) else None",
                "entity",
            ),
        ),
    ),
    Bug(
        "half-made-reference",
        "a reference that is looked up may find what another record is just being created as",
        (
            in_layer(
                "delivery/parents.py",
                "(owner or mine) != mine or (holder is not None and holder.how is not None and holder.row != mine)",
                "(owner or mine) != mine",
            ),
        ),
    ),
    Bug(
        "unclaimed-key",
        "the key is not claimed before a create",
        (
            in_layer(
                "steps/look_up_create_update.py",
                "        self._hold(work, key)\n        found = self._named(work, key)\n        if found:\n",
                "        found = self._named(work, key)\n        if found:\n",
            ),
        ),
    ),
    Bug(
        "unclaimed-new-key",
        "the key is not claimed before a record is renamed or moved",
        (
            in_layer(
                "steps/look_up_create_update.py",
                "        self._hold(work, key)\n        found = self._named(work, key)\n        if found and",
                "        found = self._named(work, key)\n        if found and",
            ),
        ),
    ),
    Bug(
        "key-of-a-busy-record",
        "a key that a worker is just giving to its record counts as free",
        (
            in_layer(
                "mapping/identity.py",
                "            how = Hold.BUSY if row.claim and row.claim.until > self._clock() else Hold.DOUBT\n",
                "            how = None\n",
            ),
        ),
    ),
    Bug(
        "refused-key",
        "a record whose key another record still has is rejected, instead of waiting for it",
        (
            in_layer(
                "steps/work.py",
                "    return NotReady(told, finally_=Outcome.REJECTED, rival=rival, settled=settled)\n",
                "    from dokstamp_sync.errors import Rejected\n\n    return Rejected(told)\n",
            ),
        ),
    ),
    Bug(
        "lost-under-an-old-key",
        "what is found under the key of an earlier try is this record, though another one has taken that key since",
        (in_layer("steps/look_up_create_update.py", "sent != key and work.shared.still_holds(sent)", "sent != key"),),
    ),
    Bug(
        "only-the-new-key",
        "a corrected record is looked for by its new key alone, not by the one that an earlier try was sent with",
        (
            in_layer(
                "steps/look_up_create_update.py", "        lost = self._lost(work, key)\n", "        lost = None\n"
            ),
        ),
    ),
    Bug(
        "capitals-in-an-id",
        "an e-mail that is an id counts as another one when it is written in capitals",
        (in_layer("fields.py", 'part.lower() if "@" in part else part', "part"),),
    ),
    Bug(
        "invisible-characters",
        "a name is sent with the byte order mark before it",
        (in_layer("fields.py", "    return composed[start:end]\n", "    return text\n"),),
    ),
)
