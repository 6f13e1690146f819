"""Bugs in the way of what was blocked: when it is sent again, and as what."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer

HEALING = (
    Bug(
        "healing-that-overwrites",
        "what was blocked is sent again as if it was said now, over what was said since",
        (
            in_layer(
                "delivery/healing.py",
                "    waiting = list(_still_waiting(row, context))\n",
                "    from datetime import UTC, datetime\n\n"
                "    from dokstamp_sync.messages import stamp\n\n"
                "    now = stamp(datetime.fromtimestamp(means.clock(), UTC))\n"
                "    waiting = [replace(each, occurred_at=now) for each in _still_waiting(row, context)]\n",
            ),
        ),
    ),
    Bug(
        "hasty-healing",
        "what waits for a record is asked for at once, though the index may not show it yet",
        (in_layer("delivery/healing.py", "    if left > 0:\n", "    if False:\n"),),
    ),
    Bug(
        "blocked-meanwhile",
        "a record is blocked though what it waits for was delivered while it was being refused",
        (
            in_layer(
                "delivery/healing.py",
                "        if row.is_there and not (though_there and parents.is_as_read(row)):\n",
                "        if False:\n",
            ),
        ),
    ),
    Bug(
        "healed-once-at-most",
        "what waits is sent again by the worker that delivered the record, and by nobody if that one dies before",
        (in_layer("delivery/delivery.py", "        heal(changed, context)\n", ""),),
    ),
)
