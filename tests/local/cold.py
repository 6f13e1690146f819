"""A function's cold start, as in Lambda: its own code, the two layers as they were built, and the runtime's boto3."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from local.places import BUILD

# What Lambda's runtime brings along.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
IMPORTED = "import json, sys; import app; print(json.dumps(sorted(sys.modules)))"
IN_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "cold", "PYTHONHASHSEED": "0"}
ANCHOR = 'import boto3; boto3.client("sqs")'
"""What a cold start is compared with: instructions of one processor and Python say little on another one."""


class Cold:
    """Starts functions of the build anew. ``folder``: an empty one."""

    def __init__(self, folder: Path) -> None:
        self._runtime = folder
        packages = Path(sysconfig.get_path("purelib"))
        for name in RUNTIME:
            (folder / name).symlink_to(packages / name)

    def modules(self, function: str, variables: Mapping[str, str]) -> set[str]:
        """What it has loaded when it is ready."""
        done = self._run(self._command(IMPORTED, function), variables)
        return set(json.loads(done.stdout))

    def instructions(self, code: str, function: str, variables: Mapping[str, str]) -> int:
        """How many the code takes, counted by valgrind."""
        counting = (shutil.which("valgrind") or "", "--tool=cachegrind", "--cache-sim=no")
        command = (*counting, "--cachegrind-out-file=/dev/null", *self._command(code, function))
        found = re.search(r"I\s+refs:\s+([\d,]+)", self._run(command, variables).stderr)
        assert found, "valgrind says how many"
        return int(found[1].replace(",", ""))

    def _command(self, code: str, function: str) -> tuple[str, ...]:
        layers = [str(BUILD / layer / "python") for layer in ("DependenciesLayer", "SharedLayer")]
        path = [str(BUILD / function), *layers, str(self._runtime)]
        return sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path[:0] = {path!r}; {code}"

    def _run(self, command: tuple[str, ...], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {**variables, **IN_LAMBDA}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
