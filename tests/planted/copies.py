"""A copy of the project with a bug in it, in a folder that is gone afterwards; and what the tests see there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.planted.bug import Bug
from tests.planted.seen import Seen

ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__")


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
    # In this process' group: whoever interrupts one interrupts all.
    trial = subprocess.run(
        [sys.executable, "-m", "tests.planted.trial", *options],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if trial.returncode != 0:
        raise RuntimeError(f"the trial broke down:\n{trial.stderr[-2000:]}")
    # Logs may have gone to standard output before.
    seen: dict[str, dict[str, Any]] = json.loads(trial.stdout.splitlines()[-1])
    return {name: Seen(**each) for name, each in seen.items()}
