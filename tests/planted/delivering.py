"""Bugs in the way of one record: claims, intents, leases, what is newer, what is denied."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer

_NO_LOOK_UP = (
    in_layer(
        "steps/look_up_create_update.py",
        "        return self.find(work.api, key_parts(key), work.record)\n",
        "        return None\n",
    ),
)
_NO_INTENT = (
    in_layer(
        "mapping/claims.py",
        "        stored = self._store.write(replace(base, claim=claim, intent=intent), before)\n",
        "        stored = replace(base, claim=claim, intent=intent)\n",
    ),
    in_layer(
        "mapping/claims.py",
        "            self._row = self._store.write(row, self._row, beside)\n",
        "            self._row = self._store.write(row, self._row if self._row.version else None, beside)\n",
    ),
)

DELIVERING = (
    Bug(
        "post-without-look-up", "it neither claims the record nor looks it up, it just posts", _NO_LOOK_UP + _NO_INTENT
    ),
    Bug("look-up-without-intent", "it looks up and posts without writing claim and intent before", _NO_INTENT),
    Bug("intent-without-look-up", "it claims and writes the intent, but posts without looking up", _NO_LOOK_UP),
    Bug(
        "lapsing-lease",
        "it sends as long as the lease lasts, though the call may take effect after it",
        (
            in_layer(
                "mapping/claims.py",
                "        return self._row.claim.until - self._clock() - self._lease.in_flight\n",
                "        return self._row.claim.until - self._clock()\n",
            ),
        ),
    ),
    Bug(
        "impatient-second-post",
        "after an answer in doubt it gives the claim up at once, and does not wait the lease out",
        (in_layer("delivery/delivery.py", "        if claimed.sent is Sent.UNDER_WAY:\n", "        if False:\n"),),
    ),
    Bug(
        "fingerprint-before-delivery",
        "it stores the fingerprint with the claim, before anything is delivered",
        (
            in_layer(
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
            in_layer(
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
            in_layer(
                "mapping/decision.py",
                "    if row.applied and said.occurred_at < row.applied.occurred_at:\n",
                "    if row.applied and False:\n",
            ),
        ),
    ),
    Bug(
        "credulous",
        "it believes the first 404 on a mapped uuid, and syncs the record afresh",
        (in_layer("delivery/delivery.py", "DENIALS = 2\n", "DENIALS = 1\n"),),
    ),
)
