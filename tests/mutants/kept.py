"""What was measured of the tests, kept for the next time: it holds as long as nothing that they run has changed."""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.mutants.covering import Measured
from tests.mutants.mutant import ROOT

KEPT = ROOT / ".local" / "mutants-measured.pickle"
SHARED = ("functions", "layers", "local", "statemachine", "events", "tests/support", "tests/conftest.py")


class Kept:
    """By the file of the tests; ``paths``: the modules whose lines were measured."""

    def __init__(self, paths: Sequence[str], path: Path = KEPT) -> None:
        self._path = path
        self._shared = _digest(*SHARED) + " ".join(paths)
        self._all: dict[str, tuple[str, Measured]] = pickle.loads(path.read_bytes()) if path.exists() else {}

    def get(self, file: str) -> Measured | None:
        """What was measured of it, if that still holds."""
        digest, measured = self._all.get(file, ("", None))
        return measured if digest == self._now(file) else None

    def keep(self, measured: Mapping[str, Measured]) -> None:
        """In place of all that was kept before; a file with a test that failed is measured again."""
        good = {file: each for file, each in measured.items() if not each.failed}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(pickle.dumps({file: (self._now(file), each) for file, each in good.items()}))

    def _now(self, file: str) -> str:
        return self._shared + _digest(str(Path(file).parent))


def _digest(*folders: str) -> str:
    text = hashlib.sha256(sys.version.encode())
    for path in sorted(path for folder in folders for path in _files(ROOT / folder)):
        text.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return text.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    found = [place] if place.is_file() else place.rglob("*")
    return (path for path in found if path.is_file() and path.suffix != ".pyc")
