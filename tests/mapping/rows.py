"""Rows and deliveries for the tests."""

from typing import Any

from dokstamp_sync.mapping.row import Claim, Delivery, Row, Store, Waited
from dokstamp_sync.outcomes import Outcome

ID = "course#CS"
UUID = "4a4d3c1e-0f6b-4c55-9d0f-6f6f6f6f6f6f"
NOON = "2026-11-20T12:00:00.000000Z"
ONE = "2026-11-20T13:00:00.000000Z"


def delivery(**changes: Any) -> Delivery:
    """A delivery of run ``run-1`` at noon, with fingerprint ``print-1``."""
    values: dict[str, Any] = {
        "run": "run-1",
        "occurred_at": NOON,
        "fingerprint": "print-1",
        "outcome": Outcome.CREATED,
        "reason": "",
    }
    return Delivery(**values | changes)


def delivered(**changes: Any) -> Row:
    """A row that is mapped and owned by nobody."""
    values: dict[str, Any] = {"id": ID, "uuid": UUID, "facts": {"institution_uuid": "i-1"}, "applied": delivery()}
    return Row(**values | changes)


def full() -> Row:
    """A row with all of its parts."""
    facts = {
        "institution_uuid": "i-1",
        "places": {"m-1": {"order": 1, "is_required": True, "workload": None, "group": "", "by": "cöurse"}},
        "grade": 9.75,
        "list": [1, 2.5, "três", None, {}, []],
    }
    return delivered(
        facts=facts,
        refused=delivery(run="run-2", outcome=Outcome.REJECTED, reason="name: too long"),
        claim=Claim("worker-1", 1_795_000_008.123456),
        intent={"file_uuid": "f-1"},
        key='key#course#["CS", "i-1"]',
        waiting={"run-3": Waited(12.5, 1_795_000_007.5)},
        expires_at=1_800_000_000,
    )


def only(store: Store, id_: str = ID) -> Row:
    """The row as it is stored."""
    return store.read([id_])[id_]
