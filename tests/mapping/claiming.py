"""A worker that claims, for the tests of claims."""

from collections.abc import Callable

from dokstamp_sync.mapping.claims import Claimed, Claims, Lease
from dokstamp_sync.mapping.decision import Said
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.outcomes import Outcome
from tests.mapping.rows import ONE, UUID, delivery
from tests.support.pipeline import Clock

LEASE = Lease(seconds=8, in_flight=6)
AGAIN = Said("run-2", ONE, "print-1")

ClaimAs = Callable[[str], Claimed]
WRITES: dict[str, Callable[[Claimed], None]] = {
    "complete": lambda claimed: claimed.complete(UUID, {}, delivery()),
    "refuse": lambda claimed: claimed.refuse(delivery(outcome=Outcome.REJECTED)),
    "release": lambda claimed: claimed.release(),
    "freeze": lambda claimed: claimed.freeze({"file_uuid": "f-1"}),
    "keep": lambda claimed: claimed.keep({"status": "draft"}, uuid=UUID),
}


def claims(store: Store, clock: Clock, owner: str) -> Claims:
    """The claims of a worker of this name."""
    return Claims(store, LEASE, clock, lambda: owner)
