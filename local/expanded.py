"""A template as a scanner can read it: loops expanded, conditions decided, in JSON.

Scanners know neither Fn::ForEach nor conditions. What they are shown is the stack with every option on that guards
something, for what is off by default is a choice of whoever deploys.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# cfn-lint has no type hints.
from cfnlint.decode import decode  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]
from cfnlint.template.transforms._language_extensions import language_extension  # type: ignore[import-untyped]

HOLD = {"OnAws", "HasKmsKey", "HasSis", "HasAlarmTopic", "HasAlarmEmail", "HasDashboard", "HasMetricMath"}
A_KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
NOTHING = {"Ref": "AWS::NoValue"}
SAM = "AWS::Serverless-2016-10-31"


def write(template: Path, path: Path) -> None:
    """Writes the expanded template to the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(expanded(template), indent=1))


def expanded(template: Path) -> dict[str, Any]:
    """The template without loops and conditions."""
    given, problems = decode(str(template))
    if problems or given is None:
        raise ValueError(f"{template.name} can't be read: {problems}")
    problems, loopless = language_extension(Template(str(template), given))
    if problems or loopless is None:
        raise ValueError(f"the loops of {template.name} can't be expanded: {problems}")
    plain: dict[str, Any] = json.loads(json.dumps(loopless))
    # Scanners put a parameter's default in its place.
    plain["Parameters"]["KmsKeyArn"]["Default"] = A_KEY
    kept = {name: each for name, each in plain["Resources"].items() if each.get("Condition") in {None, *HOLD}}
    return {**plain, "Transform": SAM, "Globals": _decided(plain.get("Globals", {})), "Resources": _decided(kept)}


def _decided(value: Any) -> Any:
    """Every Fn::If as the one of its values that holds, and every Fn::Select, at whose numbers checkov breaks down."""
    if isinstance(value, list):
        return [each for each in map(_decided, value) if each != NOTHING]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::If"}:
        condition, one, other = value["Fn::If"]
        return _decided(one if condition in HOLD else other)
    if set(value) == {"Fn::Select"}:
        place, choices = value["Fn::Select"]
        return _decided(choices[int(place)])
    return {key: each for key, each in ((key, _decided(part)) for key, part in value.items()) if each != NOTHING}
