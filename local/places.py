"""Where things are: the project's folders, and what the local stack keeps below .local/."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
ENVIRONMENTS = LOCAL / "env"
STACKS = LOCAL / "stacks"
STACK_FILE = LOCAL / "stack.json"

TEMPLATE = ROOT / "template.yaml"
OBSERVABILITY = ROOT / "observability.yaml"
LAYER = ROOT / "layers" / "dokstamp_sync"
SAM_CONFIG = ROOT / "samconfig.toml"
# Not SAM's own folder: what is built here is for this machine's Python, not for AWS.
BUILD = LOCAL / "build"
EVENTS = ROOT / "events"


def python_of(environment: str) -> Path:
    """The interpreter of one of our virtual environments (see environments.py)."""
    return ENVIRONMENTS / environment / "bin" / "python"
