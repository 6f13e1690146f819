"""`make test`: everything that CI runs, in order; ends at the first red."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from rich.rule import Rule

from local.aws import command_environment
from local.command import carry_out
from local.places import LOCAL, OBSERVABILITY, ROOT, TEMPLATE, python_of
from local.report import console, errors

DEV = python_of("dev")
SAM = python_of("sam")

Command = tuple[str | Path, ...]
CHECKS: dict[str, Command] = {
    "lint": (DEV, "-m", "ruff", "check"),
    "format": (DEV, "-m", "ruff", "format", "--check"),
    "types": (DEV, "-m", "mypy"),
    "template, by cfn-lint": (DEV.with_name("cfn-lint"), TEMPLATE, OBSERVABILITY),
    "template, by the SAM CLI": (SAM, "-m", "samcli", "validate", "--lint", "--template-file", TEMPLATE),
    # Three at once on two processors: one of them has the local stack's tests, and mostly waits.
    "tests": (DEV, "-m", "pytest", "-n", "3"),
}


def _environment() -> dict[str, str]:
    # Port 9 discards: no check may need a real AWS.
    environment = command_environment("http://127.0.0.1:9", LOCAL, DEV)
    # Tests choose their endpoints themselves, and moto wants none.
    del environment["AWS_ENDPOINT_URL"]
    return environment


def main() -> int:
    environment = _environment()
    for name, command in CHECKS.items():
        console.print(Rule(name, align="left"))
        began = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if code != 0:
            shown = " ".join(os.path.relpath(part, ROOT) if isinstance(part, Path) else part for part in command)
            errors.print(f"\n✗ {name} failed: {shown}", style="bold red", markup=False)
            return 1
        console.print(f"✓ {name}  [dim]{time.monotonic() - began:.1f} s[/dim]", style="green")
    return 0


if __name__ == "__main__":
    carry_out(main)
