"""The workflows for GitHub: what they may do, and that they name what there is."""

import re
from typing import Any

import pytest
import yaml

from local.environments import SUPPORTED
from local.places import ROOT
from local.release import STAGES

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, Any] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
MAKEFILE = (ROOT / "Makefile").read_text()
# YAML 1.1 reads the key `on` as a truth value.
ON: Any = True


def jobs() -> list[tuple[str, Any]]:
    return [(f"{file}/{name}", job) for file, each in WORKFLOWS.items() for name, job in each["jobs"].items()]


def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it() -> None:
    # Given the lines that name somebody else's action
    used = [line for path in FILES for line in path.read_text().splitlines() if "uses:" in line and "./" not in line]
    assert used
    # Then each is one commit, for a tag can be moved
    for line in used:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_only_the_deployment_gets_a_token_for_aws_and_no_key_is_stored() -> None:
    granted = {name: job.get("permissions", {}) for name, job in jobs()}
    assert [name for name, each in granted.items() if "id-token" in each] == ["deploy/deploy"]
    assert all(each["permissions"] == {"contents": "read"} for each in WORKFLOWS.values())
    assert not any("secrets." in path.read_text() for path in FILES)


def test_each_push_is_tested_with_every_python_that_is_supported() -> None:
    tested = WORKFLOWS["test"]
    assert "push" in tested[ON]
    versions = tested["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == [f"{major}.{minor}" for major, minor in SUPPORTED]


def test_nothing_is_deployed_that_was_not_tested_and_only_by_hand_to_a_stage_with_rules_of_its_own() -> None:
    deployed = WORKFLOWS["deploy"]
    assert list(deployed[ON]) == ["workflow_dispatch"]
    assert deployed[ON]["workflow_dispatch"]["inputs"]["stage"]["options"] == list(STAGES)
    assert deployed["jobs"]["deploy"]["needs"] == "test"
    assert deployed["jobs"]["deploy"]["environment"] == "${{ inputs.stage }}"


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_job_runs_targets_that_there_are_and_comes_to_an_end(name: str, job: Any) -> None:
    for step in job.get("steps", []):
        for target in re.findall(r"^make ([\w-]+)", step.get("run", ""), re.M):
            assert f"\n{target}:" in MAKEFILE, name
    # A workflow that is called has limits of its own.
    assert "uses" in job or job["timeout-minutes"] <= 180
