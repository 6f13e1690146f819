"""Bugs in how many calls all workers together send."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer

BRAKING = (
    Bug(
        "brake-of-ones-own",
        "nobody writes or reads the row of the brake, so each worker keeps to a pace that it found out alone",
        (
            in_layer("delivery/shared_pace.py", "        self._know(rows.get(BRAKE))\n", "        rows.get(BRAKE)\n"),
            in_layer(
                "delivery/shared_pace.py",
                "self._know(self._store.write(Row(BRAKE, facts=after.facts, expires_at=kept), row))",
                "self._know(Row(BRAKE, facts=after.facts, expires_at=kept))",
            ),
        ),
        check="limits",
    ),
)
