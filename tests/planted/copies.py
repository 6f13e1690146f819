"""A copy of the project with a bug in it, in a folder that is gone afterwards; and what the tests see there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.planted.bugs import Bug

ROOT = Path(__file__).resolve().parents[2]
# The most that one bug's trial may take: a bug must not keep the others from being tried.
LONGEST_SECONDS = 1800
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__")


@dataclass(frozen=True, slots=True)
class Seen:
    """Of ``tried`` so many ``failed``, so many by each of the ``kinds`` of findings; the ``first`` of them, and what
    was found there.
    """

    tried: int
    failed: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    first: str = ""
    finding: str = ""

    def __str__(self) -> str:
        if not self.failed:
            return f"0 of {self.tried}"
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kinds.items())
        return f"{self.failed} of {self.tried} ({kinds}); {self.first}: {self.finding}"


@contextmanager
def copy_with(bug: Bug) -> Iterator[Path]:
    """The folder of the copy."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        root = Path(folder) / "project"
        shutil.copytree(ROOT, root, ignore=_LEFT_OUT)
        bug.plant(root)
        yield root


def tried(root: Path, *options: str) -> dict[str, Seen]:
    """What trial.py sees in the copy, by the name of the check."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(root),
        "TMPDIR": str(root.parent),
        "PYTHONPATH": f"{root / 'layers/dokstamp_sync'}:{root}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # A process group of its own, for the trial starts processes, too, and none must outlive it.
    trial = subprocess.Popen(
        [sys.executable, "-m", "tests.planted.trial", *options],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        told, wrong = trial.communicate(timeout=LONGEST_SECONDS)
    finally:
        _end(trial)
    if trial.returncode != 0:
        raise RuntimeError(f"the trial broke down:\n{wrong[-2000:]}")
    # Logs may have gone to standard output before.
    seen: dict[str, dict[str, Any]] = json.loads(told.splitlines()[-1])
    return {name: Seen(**each) for name, each in seen.items()}


def _end(trial: subprocess.Popen[str]) -> None:
    if trial.poll() is None:
        os.killpg(trial.pid, 15)
        trial.wait()
