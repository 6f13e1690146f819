"""The emulated AWS: MiniStack, on loopback only, in a clean environment.

MiniStack hands its whole environment to every function and runs functions on its own interpreter. So it gets the
few variables below and nothing of the user's, and its virtual environment holds nothing but itself.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.aws import CREDENTIALS
from local.parameters import REGION
from local.places import python_of
from local.processes import Failed, running, tail

HOST = "127.0.0.1"
SECONDS_TO_START = 60
# What its interpreter is given.
MINISTACK = ("-m", "ministack")


@dataclass(frozen=True)
class Emulator:
    """A started MiniStack, perhaps not yet answering."""

    endpoint_url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Returns when it answers; raises Failed if it does not."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        give_up = time.monotonic() + SECONDS_TO_START
        while self.process.poll() is None and time.monotonic() < give_up:
            try:
                with opener.open(f"{self.endpoint_url}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise Failed(f"The emulated AWS did not start. The end of {os.path.relpath(self.log)}:\n{tail(self.log)}")


def choose_port(wanted: int | None) -> int:
    """The wanted port if it is free, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted or 0))
        except OSError:
            raise Failed(f"Port {wanted} is taken. Choose another with PORT=..., or leave it out.") from None
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(
    folder: Path, port: int | None, extra: Mapping[str, str], program: Sequence[str | Path] = MINISTACK
) -> Iterator[Emulator]:
    """Runs MiniStack for as long as the block lasts; all that it writes stays below `folder`."""
    port = choose_port(port)
    home, temporary, state = (folder / name for name in ("home", "tmp", "state"))
    for path in (home, temporary, state):
        path.mkdir(parents=True)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "STATE_DIR": str(state),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        # These two would listen beyond loopback.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Hold the functions to their IAM roles.
        "AUTH": "true",
        # It looks after containers of its own on a Docker daemon if it finds one: it shall not find one.
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        **CREDENTIALS,
        **extra,
    }
    log = folder / "emulator.log"
    with running((python_of("emulator"), *program), environment=environment, log=log) as process:
        yield Emulator(f"http://{HOST}:{port}", process, log)
