"""The tools that know CloudFormation better than we do have nothing to say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.places import ENVIRONMENTS, OBSERVABILITY, ROOT, SAM_CONFIG, TEMPLATE


def test_cfn_lint_has_nothing_to_say() -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([linter, TEMPLATE, OBSERVABILITY], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.local
def test_sam_validate_has_nothing_to_say(tmp_path: Path) -> None:
    sam = ENVIRONMENTS / "sam" / "bin" / "sam"
    if not sam.exists():
        pytest.fail("the SAM CLI is not installed: run `python3 -m local.environments sam`, or `make test`")
    # A copy, because the SAM CLI writes beside what it reads.
    for path in ("functions", "layers", "statemachine"):
        shutil.copytree(ROOT / path, tmp_path / path)
    shutil.copy(TEMPLATE, tmp_path)
    shutil.copy(OBSERVABILITY, tmp_path)
    shutil.copy(SAM_CONFIG, tmp_path)
    done = subprocess.run(
        [sam, "validate", "--lint"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0", "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is a valid SAM Template" in done.stdout
