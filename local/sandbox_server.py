"""The DokStamp sandbox as a program of its own, on loopback, for as long as a stack runs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.emulator import HOST, choose_port
from local.places import python_of
from local.processes import Failed, running, tail

SECONDS_TO_START = 30


@dataclass(frozen=True)
class Sandbox:
    """A started sandbox, perhaps not yet answering."""

    base_url: str
    port: int
    process: subprocess.Popen[bytes]
    ready_file: Path
    log: Path

    def wait(self) -> None:
        """Returns when it answers; raises Failed if it does not."""
        give_up = time.monotonic() + SECONDS_TO_START
        while self.process.poll() is None and time.monotonic() < give_up:
            if self.ready_file.exists():
                return
            time.sleep(0.1)
        raise Failed(f"The DokStamp sandbox did not start. The end of {os.path.relpath(self.log)}:\n{tail(self.log)}")


@contextmanager
def started(folder: Path, generation: str, arguments: Sequence[str], port: int | None = None) -> Iterator[Sandbox]:
    """Runs the sandbox for as long as the block lasts, with what an earlier one in this folder held.

    ``port``: the earlier one's, whose links then still hold.
    """
    port = port or choose_port(None)
    ready_file, log = folder / "sandbox.json", folder / "sandbox.log"
    # One that was killed could not take it away.
    ready_file.unlink(missing_ok=True)
    command: list[str | Path] = [python_of("dev"), "-m", "local.sandbox", "--host", HOST, "--port", str(port)]
    command += ["--generation", generation, "--ready-file", ready_file, "--journal", folder / "sandbox.jsonl"]
    command += arguments
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    with running(command, environment=environment, log=log) as process:
        yield Sandbox(f"http://{HOST}:{port}", port, process, ready_file, log)
