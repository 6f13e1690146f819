"""`make check`: what scanners know of the template and of the packages. Not part of `make test`: it asks the network.

checkov looks at the template without it. pip-audit asks a vulnerability service about every pinned package; where that
cannot be reached, it is said so and nothing fails, for a red check that nobody can mend teaches to look away.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rich.rule import Rule

from local import expanded
from local.command import carry_out
from local.pins import FILES
from local.places import LOCAL, OBSERVABILITY, ROOT, TEMPLATE, python_of
from local.processes import Failed
from local.report import console

EXPANDED = LOCAL / "scan"
CONFIG = ROOT / ".checkov.yaml"
# Else it takes a file that it cannot read for one without faults.
STRICT = {"CKV_PARSE_ERROR_FAIL": "true"}


@dataclass(frozen=True)
class Audit:
    """What became of one requirements file's packages."""

    asked: int
    unanswered: int
    vulnerable: list[str]

    @classmethod
    def of(cls, report: str) -> Audit:
        """Reads pip-audit's JSON; a package that the service did not answer for carries a `skip_reason`."""
        packages = json.loads(report)["dependencies"]
        found = [
            f"{each['name']} {each['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'none yet'}"
            for each in packages
            for flaw in each.get("vulns", [])
        ]
        return cls(len(packages), sum("skip_reason" in each for each in packages), found)


def _tool(name: str) -> Path:
    return python_of("scan").with_name(name)


def scan_template() -> bool:
    """Whether checkov has nothing to say about the templates."""
    for template in (TEMPLATE, OBSERVABILITY):
        expanded.write(template, EXPANDED / f"{template.stem}.json")
    command: list[str | Path] = [_tool("checkov"), "--directory", EXPANDED, "--framework", "cloudformation"]
    command += ["--config-file", CONFIG, "--compact", "--quiet", "--skip-download"]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **STRICT}, check=False).returncode == 0


def audit(file: str) -> Audit | None:
    """What is known of a requirements file's packages; None where the service did not answer at all."""
    command: list[str | Path] = [_tool("pip-audit"), "--requirement", ROOT / file, "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        console.print(done.stderr.strip()[-500:], style="dim", markup=False)
        return None
    return Audit.of(done.stdout)


def show(file: str, audit: Audit | None) -> bool:
    """Says what was found; False only for a vulnerable package."""
    if audit is None or audit.unanswered == audit.asked:
        console.print(f"! {file}: NOT AUDITED, the vulnerability service could not be asked", style="yellow")
        return True
    for flaw in audit.vulnerable:
        console.print(f"✗ {file}: {flaw}", style="bold red", markup=False)
    if audit.unanswered:
        console.print(f"! {file}: no answer for {audit.unanswered} of {audit.asked} packages", style="yellow")
    if not audit.vulnerable:
        console.print(f"✓ {file}: {audit.asked - audit.unanswered} packages, no known vulnerability", style="green")
    return not audit.vulnerable


def main() -> int:
    console.print(Rule("template, by checkov", align="left"))
    if scan_template():
        console.print("✓ nothing found but what .checkov.yaml gives a reason for", style="green")
        fine = True
    else:
        fine = False
    console.print(Rule("packages, by pip-audit", align="left"))
    for file in FILES:
        fine = show(file, audit(file)) and fine
    if not fine:
        raise Failed("\nA scanner found something. Mend it; what can't be mended needs its reason in .checkov.yaml.")
    return 0


if __name__ == "__main__":
    carry_out(main)
