"""What CloudFormation takes: neither template comes near its limits, expanded as AWS expands it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from local.expanded import expanded
from local.places import ENVIRONMENTS, OBSERVABILITY, TEMPLATE
from tests.template.cloudformation import outputs, raw

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
RESOURCES, PARAMETERS, OUTPUTS, MAPPINGS, ATTRIBUTES, BYTES = 500, 200, 200, 200, 200, 1_000_000
# Half of it leaves room for whatever comes.
ROOM = 2
# With every option on. Whoever adds something sees here what it makes.
MADE = {TEMPLATE: 84, OBSERVABILITY: 46}
TRANSLATE = """
import json, sys
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
given = json.load(sys.stdin)
values = {name: each["Default"] for name, each in given["Parameters"].items() if "Default" in each}
json.dump(Translator({}, Parser()).translate(given, values), sys.stdout)
"""


def translated(template: Path) -> str:
    """The template as the Serverless transform leaves it, in JSON."""
    given = expanded(template)
    # Where they are uploaded to
    for each in given["Resources"].values():
        for name in {"CodeUri", "ContentUri"} & set(each["Properties"]):
            each["Properties"][name] = "s3://bucket/key"
    python = ENVIRONMENTS / "sam" / "bin" / "python"
    if not python.exists():
        pytest.fail("the SAM CLI is not installed: run `python3 -m local.environments sam`, or `make test`")
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [python, "-c", TRANSLATE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.local
@pytest.mark.parametrize("template", MADE)
def test_what_a_template_makes_is_known_and_less_than_half_of_what_cloudformation_takes(template: Path) -> None:
    # When the template is expanded
    text = translated(template)
    # Then there is as much as we know of, and as much again would find its place
    made = json.loads(text)["Resources"]
    assert len(made) == MADE[template]
    assert len(made) * ROOM <= RESOURCES
    assert len(text.encode()) * ROOM <= BYTES
    assert not [each for each in made.values() if each["Type"].startswith("AWS::Serverless::")]


@pytest.mark.parametrize("template", MADE)
def test_parameters_and_mappings_leave_as_much_room(template: Path) -> None:
    assert len(raw(template)["Parameters"]) * ROOM <= PARAMETERS
    assert len(raw(template)["Mappings"]) * ROOM <= MAPPINGS
    for rows in raw(template)["Mappings"].values():
        assert max(len(rows), *(len(row) for row in rows.values())) * ROOM <= ATTRIBUTES


def test_outputs_leave_as_much_room() -> None:
    assert len(outputs()) * ROOM <= OUTPUTS
