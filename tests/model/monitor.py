"""Looks at every write while it happens: nothing older may come after something newer was reported delivered."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx

from dokstamp_sync.messages import run_of
from tests.model.said import Key, Message
from tests.model.told import DELIVERED
from tests.model.world import World
from tests.support.simulation import Simulation
from tests.support.simulation_watch import Sent

# Where a write says which version of a record it is: the path's end, and the field with the mark.
_MARKS = (
    (r"/institutions(/[^/]+)?$", "website"),
    (r"/(courses|modules)(/[^/]+)?$", "description"),
    (r"/students(/[^/]+)?$", "social_name"),
    (r"/enrollments(/[^/]+)?$", "grade"),
    (r"/modules/groups(/[^/]+)?$", "order"),
    (r"/cohorts(/[^/]+)?$", "end_date"),
)


class Monitor:
    """``findings``: every write that was older than what had been reported delivered."""

    def __init__(self, world: World, simulation: Simulation) -> None:
        self.findings: list[str] = []
        self._newest: dict[str, str] = defaultdict(str)
        self._keys: dict[str, Key] = {}
        self._reported: dict[Key, str] = defaultdict(str)
        self._occurred: dict[str, str] = {}
        self._planned: set[str] = set()
        for message in world.messages:
            self.learn(message)
        simulation.watch.seen.append(self._see)
        simulation.answered.append(self._hear)
        simulation.healed.append(self._learn_healing)
        simulation.reported.append(lambda result: self._hear(result["run"], result))

    def learn(self, message: Message) -> None:
        """From now on the SIS may have sent this message, too."""
        self._occurred[message.run] = message.occurred_at
        if message.options["dry_run"]:
            self._planned.add(message.run)
            return
        for version in message.versions.values():
            for mark in _marks_of(version.mark, version.said):
                self._newest[mark] = max(self._newest[mark], version.occurred_at)
                self._keys[mark] = version.key

    def _learn_healing(self, message: Mapping[str, Any]) -> None:
        """What is sent again says what was said then, whatever moment its message gives."""
        self._occurred[run_of(message["id"])] = self._occurred[message["heals"]]

    def _hear(self, run: str, told: Mapping[str, Any]) -> None:
        if run in self._planned:
            return
        for each in told["records"]:
            if each["outcome"] in DELIVERED:
                key: Any = (each["step"], each["sis_id"])
                self._reported[key] = max(self._reported[key], self._occurred[run])

    def _see(self, sent: Sent, response: httpx.Response) -> None:
        for mark in _marks_in(sent.request):
            key = self._keys.get(mark)
            if key is None:
                self.findings.append(f"broken {sent}: {mark} was never to be delivered")
            elif self._newest[mark] < self._reported[key]:
                self.findings.append(f"stale {sent}: {key} of {self._newest[mark]} after {self._reported[key]}")


def _marks_of(mark: int, said: Mapping[str, Any]) -> set[str]:
    marks = {f"{field}:{said[field]}" for _, field in _MARKS if field in said}
    return {_even(each) for each in marks} | ({f"workload:{mark}"} if "modules" in said else set())


def _marks_in(request: httpx.Request) -> set[str]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return set()
    path, body = request.url.path, json.loads(request.content)
    if path.endswith("/attach/modules"):
        return {f"workload:{each['workload']}" for each in body["modules"] if isinstance(each, dict)}
    return {_even(f"{field}:{body[field]}") for end, field in _MARKS if field in body and re.search(end, path)}


def _even(mark: str) -> str:
    """Dates and numbers in one form."""
    field, _, value = mark.partition(":")
    if field == "end_date":
        return f"{field}:{value[:10]}"
    return f"{field}:{float(value):g}" if field in ("grade", "order") else mark
