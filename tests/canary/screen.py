"""The commands of the Makefile against a stack of ours, and all that they print."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local import run, send, stack_file
from local.processes import Failed
from local.stack import LocalStack
from tests.canary.planting import Planted

SECONDS = 40.0


@dataclass
class Screen:
    """What stands on the screen so far."""

    stack: LocalStack
    planted: Planted
    folder: Path
    said: io.StringIO = field(default_factory=io.StringIO)

    def show(self, main: Callable[[], int], *arguments: str) -> int:
        """What the command answers; -1 where it fails."""
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(self.said), redirect_stderr(self.said):
            patch.setattr(sys, "argv", ["make", *arguments])
            patch.setattr(stack_file, "read", lambda: self.stack.info)
            patch.setattr(run, "MESSAGES", self.planted.write(self.folder))
            patch.setattr(run, "read_expectations", lambda: self.planted.expected)
            patch.setattr(run, "LocalStack", lambda *_, **__: _as_it_is(self.stack))
            try:
                return main()
            except Failed as failure:
                self.said.write(f"{failure}\n")
                return -1

    def send(self, *messages: Any, seconds: float = SECONDS) -> int:
        path = self.folder / "messages.jsonl"
        lines = [each if isinstance(each, str) else json.dumps(each) for each in messages]
        path.write_text("\n".join(lines), encoding="utf-8")
        return self.show(send.main, str(path), "--seconds", str(seconds))


@contextmanager
def _as_it_is(stack: LocalStack) -> Iterator[LocalStack]:
    yield stack
