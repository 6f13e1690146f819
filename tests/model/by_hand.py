"""What somebody does in DokStamp itself, beside the sync."""

from __future__ import annotations

from contextlib import suppress

from dokstamp_sync.mapping.row import Store, row_id
from local.sandbox import Sandbox
from local.sandbox.catalogue import RESOURCES
from local.sandbox.errors import ApiError
from local.sandbox.resources import delete
from tests.model.marks import TABLES
from tests.model.plots import ByHand

TENANT = "sandbox"


def by_hand(done: ByHand, store: Store, sandbox: Sandbox) -> bool:
    """Whether it happened: not to what is not there (yet), nor where DokStamp does not let it happen."""
    id_ = row_id(*done.key)
    row = store.read([id_]).get(id_)
    if row is None or row.uuid is None:
        return False
    if done.does == "expires":
        return sandbox.expire(row.uuid)
    table = TABLES[done.key[0]]
    scope = sandbox.scope(TENANT)
    record = scope.find(table, row.uuid)
    if record:
        with suppress(ApiError):
            delete(scope, RESOURCES[table], [record])
            return True
    return False
