"""The sandbox as one object: what the HTTP layers and tests share."""

import threading
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from local.sandbox import certificates
from local.sandbox.auth import NEIGHBOUR, Account, Gate
from local.sandbox.calls import LoggedCall
from local.sandbox.catalogue import RESOURCES
from local.sandbox.errors import ApiError
from local.sandbox.faults import Fault, FaultBook
from local.sandbox.journal import Journal
from local.sandbox.store import Scope, Store
from local.sandbox.switches import Switches


class Sandbox:
    """Records, tokens, switches, faults and the call log, guarded by one lock.

    `url` is where it is served, and the root of the links that it gives out. With a `journal` it begins with what an
    earlier one on the same file held.
    """

    def __init__(
        self, switches: Switches | None = None, account: Account | None = None, journal: Path | None = None
    ) -> None:
        self.lock = threading.RLock()
        self.url = "http://127.0.0.1"
        self.account = account or Account()
        self.gate = Gate((self.account, NEIGHBOUR))
        self._initial_switches = self.switches = switches or Switches()
        self._journal: Journal | None = None
        self.reset()
        if journal:
            self._journal = Journal(journal)
            self.switches = self._journal.read(self.store, self.switches)

    def reset(self) -> None:
        """Everything as at the start, except that tokens stay good: whoever holds one need not ask again."""
        with self.lock:
            self.store = Store()
            self.switches = self._initial_switches
            self.faults = FaultBook()
            self.calls: list[LoggedCall] = []
            self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
            if self._journal:
                self._journal.empty(self.store, self.switches)

    def switch(self, **changes: object) -> Switches:
        """Sets some switches; raises pydantic's ValidationError for an unknown name or value."""
        with self.lock:
            self.switches = self.switches.changed(**changes)
            self.keep()
            return self.switches

    def keep(self) -> None:
        """Writes down what has changed, if there is a journal."""
        if self._journal:
            self._journal.write(self.store, self.switches)

    def add_faults(self, *faults: Fault) -> None:
        with self.lock:
            self.faults.add(*faults)

    def expire(self, uuid: str) -> bool:
        """Lets an issued certificate expire; False if there is none."""
        with self.lock:
            is_expired = certificates.expire(self.store, uuid)
            self.keep()
            return is_expired

    def log(self, **call: Any) -> LoggedCall:
        """Appends a call to the log, to be completed as it goes on."""
        with self.lock:
            logged = LoggedCall(n=len(self.calls) + 1, **call)
            self.calls.append(logged)
            return logged

    def scope(self, tenant: str) -> Scope:
        return Scope(self.store, self.switches, tenant, self.url)

    def admit(self, tenant: str) -> None:
        """Counts a call against the switch `rate_limit`; 429 with `Retry-After` beyond it. [errors]"""
        limit = self.switches.rate_limit
        recent, moment = self._recent[tenant], time.monotonic()
        while recent and recent[0] <= moment - 1:
            recent.popleft()
        if limit is not None and len(recent) >= limit:
            raise ApiError(429, headers={"Retry-After": "1"})
        recent.append(moment)

    @property
    def state(self) -> dict[str, Any]:
        """Everything held, of all tenants.

        `{<resource>: {"live": [record], "trashed": [record]}, ..., "attachments": {course uuid: [attachment]},
        "notifications": [{student_uuid, certificate_uuid, email, at}]}`
        """
        with self.lock:
            state: dict[str, Any] = {}
            for name in RESOURCES:
                records = [record.as_dict() for record in self.store.tables[name].values()]
                state[name] = {
                    "live": [record for record in records if record["deleted_at"] is None],
                    "trashed": [record for record in records if record["deleted_at"] is not None],
                }
            state["attachments"] = {
                course.uuid: attachments
                for course in self.store.tables["courses"].values()
                if (attachments := [dict(each.values) for each in self.store.attached(course.tenant, course.uuid)])
            }
            return state | {"notifications": list(self.store.notifications)}
