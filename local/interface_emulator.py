"""AWS's own Runtime Interface Emulator: runs one function as Lambda runs it, without Docker.

The SAM CLI's package ships it, for Linux. Timeouts, exceptions and exits come out as on AWS; memory is not limited.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.emulator import HOST, choose_port
from local.parameters import LOCAL_VALUES
from local.places import ENVIRONMENTS, python_of
from local.processes import Failed, running, tail

INVOCATIONS = "2015-03-31/functions/function/invocations"
SECONDS_TO_START = 15
# What it needs beyond the function's own time limit to answer that the limit was hit.
SECONDS_TO_ANSWER = 15


def _program() -> Path:
    if sys.platform != "linux":
        raise Failed("The Runtime Interface Emulator is made for Linux only. With Docker: sam local invoke")
    name = f"aws-lambda-rie-{LOCAL_VALUES['Architecture']}"
    found = next((ENVIRONMENTS / "sam").glob(f"lib/python*/site-packages/samcli/local/rapid/{name}"), None)
    if found is None:
        raise Failed(f"{name} is not in the environment sam. Make it again: make clean, then make up")
    found.chmod(0o755)
    return found


@contextmanager
def started(
    handler: str, *, folder: Path, layers: Sequence[Path], environment: Mapping[str, str], log: Path
) -> Iterator[str]:
    """Runs the function for as long as the block lasts; gives the address to post events to."""
    address, runtime_api = (f"{HOST}:{choose_port(None)}" for _ in range(2))
    command: list[str | Path] = [
        _program(),
        "--runtime-interface-emulator-address",
        address,
        "--runtime-api-address",
        runtime_api,
    ]
    command += ["--log-level", "error", python_of("dev"), "-m", "awslambdaric", handler]
    complete = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(log.parent),
        "PYTHONPATH": os.pathsep.join(map(str, layers)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(folder),
        **environment,
    }
    with running(command, environment=complete, log=log, folder=folder) as process:
        give_up = time.monotonic() + SECONDS_TO_START
        while not _answers(f"http://{address}/"):
            if process.poll() is not None or time.monotonic() > give_up:
                raise Failed(f"The Runtime Interface Emulator did not start:\n{tail(log)}")
            time.sleep(0.05)
        yield f"http://{address}/{INVOCATIONS}"


def _answers(address: str) -> bool:
    try:
        _post(address, b"", 1, method="GET")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _post(address: str, body: bytes, seconds: float, method: str = "POST") -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(address, body or None, method=method), timeout=seconds) as answer:
        content: bytes = answer.read()
        return content


def invoke(address: str, event: bytes, time_limit: int) -> Any:
    """Posts one event and returns the function's answer, or what Lambda says in its place."""
    content = _post(address, event, time_limit + SECONDS_TO_ANSWER)
    try:
        return json.loads(content)
    except ValueError:
        return {"errorMessage": content.decode(errors="replace")}
