"""Counts what an engine tries, and keeps what it finds: the shortest body of each kind of finding."""

import hashlib
import json
import time
from pathlib import Path

from tests.fuzz.bench import Finding, judge
from tests.fuzz.lines import Lines

SECONDS_BETWEEN_NOTES = 0.5
REPEAT = "PYTHONPATH=layers/dokstamp_sync:. .local/env/fuzz/bin/python -m tests.fuzz --repeat"


class Hunt:
    """One engine's search, of which it keeps a note for whoever watches."""

    def __init__(self, engine: str, lines: Lines, folder: Path) -> None:
        self.findings: dict[str, str] = {}
        self.executions = 0
        self._engine = engine
        self._lines = lines
        self._folder = folder
        self._began = time.monotonic()
        self._noted = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def goes_on(self, seconds: float) -> bool:
        """Whether time is left; something is tried however slow the machine is."""
        return self.executions == 0 or self.seconds < seconds

    def judge(self, body: str) -> None:
        """Judges a body; a finding is kept, and the search goes on."""
        self.executions += 1
        try:
            judge(body, self._lines)
        except Finding as finding:
            self._keep(str(finding), body)
        if self.seconds > self._noted + SECONDS_BETWEEN_NOTES:
            self.note()

    def note(self) -> None:
        """Writes down how far the search is."""
        self._noted = self.seconds
        told = {"executions": self.executions, "seconds": round(self.seconds, 1), "findings": list(self.findings)}
        new = self._folder / f"{self._engine}.json.new"
        new.write_text(json.dumps(told), encoding="utf-8")
        new.replace(self._folder / f"{self._engine}.json")

    def _keep(self, finding: str, body: str) -> None:
        before = self.findings.get(finding)
        if before is not None and len(body) >= len(before):
            return
        self.findings[finding] = body
        name = self._folder / f"{self._engine}-{hashlib.sha256(finding.encode()).hexdigest()[:12]}"
        kept = name.with_suffix(".body")
        kept.write_bytes(body.encode(errors="surrogatepass"))
        name.with_suffix(".txt").write_text(f"{finding}\n\nRepeat it:\n  {REPEAT} {kept}\n", encoding="utf-8")
        self.note()
