"""What the sandbox holds, in a file: whoever starts it again after its death has the same records.

One line of JSON for each call that changed something, written before the call is answered. Tokens, faults and the call
log are not in it.
"""

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from local.sandbox.store import Record, Store
from local.sandbox.switches import Switches


class Journal:
    """The file of one sandbox."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._switches: Switches | None = None
        self._contents = 0
        self._notifications = 0

    def read(self, store: Store, switches: Switches) -> Switches:
        """Fills the empty store with what the file holds, and answers the switches that were in force."""
        written = self._path.read_bytes() if self._path.exists() else b""
        whole = written[: written.rfind(b"\n") + 1]
        if len(whole) < len(written):
            # Cut off when its writer died, so nobody was answered.
            os.truncate(self._path, len(whole))
        for line in whole.splitlines():
            entry = json.loads(line)
            switches = Switches.model_validate(entry["switches"]) if "switches" in entry else switches
            _apply(entry, store)
        self._took(store, switches)
        return switches

    def write(self, store: Store, switches: Switches) -> None:
        """Appends what has changed since."""
        entry: dict[str, Any] = {"records": [_written(store, uuid) for uuid in store.changed]}
        contents = list(store.contents.items())[self._contents :] if len(store.contents) > self._contents else []
        entry["contents"] = {digest: b64encode(content).decode() for digest, content in contents}
        entry["notifications"] = store.notifications[self._notifications :]
        if switches != self._switches:
            entry["switches"] = switches.model_dump()
        if any(entry.values()):
            with self._path.open("ab", buffering=0) as file:
                file.write(json.dumps(entry).encode() + b"\n")
        self._took(store, switches)

    def empty(self, store: Store, switches: Switches) -> None:
        """Forgets everything."""
        self._path.write_bytes(b"")
        self._took(store, switches)

    def _took(self, store: Store, switches: Switches) -> None:
        store.changed.clear()
        self._switches = switches
        self._contents, self._notifications = len(store.contents), len(store.notifications)


def _written(store: Store, uuid: str) -> dict[str, Any]:
    table = next((name for name, records in store.tables.items() if uuid in records), None)
    if table is None:
        return {"uuid": uuid}
    record = store.tables[table][uuid]
    fields = ("tenant", "values", "uuid", "created_at", "updated_at", "deleted_at")
    return {"table": table, **{name: getattr(record, name) for name in fields}}


def _apply(entry: dict[str, Any], store: Store) -> None:
    for fields in entry["records"]:
        table = fields.pop("table", None)
        if table is None:
            store.remove(fields["uuid"])
        else:
            store.add(table, Record(**fields))
    store.contents |= {digest: b64decode(content) for digest, content in entry["contents"].items()}
    store.notifications += entry["notifications"]
