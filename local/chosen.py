"""PARAMETERS: template parameters for `make up` and `make run`, checked before anything starts."""

from __future__ import annotations

import math
import os
import re
import shlex
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from local import template
from local.parameters import LOCAL_VALUES
from local.places import LAYER
from local.processes import Failed

HOW = 'PARAMETERS="PatienceSeconds=20 CallsPerSecond=10"'
# What the stack cannot run without, or what belongs with other settings.
SET_OTHERWISE = {
    "DokStampBaseUrl": "Set DOKSTAMP_BASE_URL instead.",
    "DokStampTenant": "Set DOKSTAMP_TENANT instead.",
    "DokStampAuth": "Set DOKSTAMP_AUTH instead.",
    "DokStampIssue": "Set DOKSTAMP_ISSUE instead.",
    "AwsEndpointUrl": "Leave it out: it is where the emulated AWS runs. PORT=... chooses its port.",
}

# Of those that no function reads, and so would refuse.
WHOLE = ("MaximumConcurrency", "BatchSize")


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The parameters that PARAMETERS sets; raises Failed where the template or the functions would not take them."""
    chosen = read(environment.get("PARAMETERS", ""))
    known = template.parameters()
    for name, value in chosen.items():
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"It has {', '.join(known)}."
            raise Failed(f"The template has no parameter {name}. {hint}")
        if name in SET_OTHERWISE:
            raise Failed(f"{name} can't be set with PARAMETERS. {SET_OTHERWISE[name]}")
        if wrong := _wrong_with(name, value, known[name]):
            raise Failed(f"{name} is {value!r}; {wrong}.")
    if chosen:
        _check_together(LOCAL_VALUES | chosen)
    return chosen


def read(text: str) -> dict[str, str]:
    """The names and values in PARAMETERS; raises Failed where there are none."""
    try:
        parts = [part.partition("=") for part in shlex.split(text)]
    except ValueError:
        raise Failed(f"PARAMETERS has a quotation mark without its second. Write it like {HOW}") from None
    for name, equals, _ in parts:
        if not (name and equals):
            raise Failed(f"PARAMETERS holds {name + equals!r}, which is no NAME=VALUE. Write it like {HOW}")
    return {name: value for name, _, value in parts}


def _wrong_with(name: str, value: str, parameter: Mapping[str, Any]) -> str:
    """What the value must be instead; empty if the template takes it."""
    if "AllowedValues" in parameter and value not in parameter["AllowedValues"]:
        return f"it can be {', '.join(parameter['AllowedValues'])}"
    if "AllowedPattern" in parameter and not re.search(parameter["AllowedPattern"], value):
        return f"it must match {parameter['AllowedPattern']}"
    if parameter["Type"] == "Number":
        return _wrong_with_number(name, value, parameter)
    if len(value) < int(parameter.get("MinLength", 0)):
        return f"it must have {parameter['MinLength']} characters or more"
    return ""


def _wrong_with_number(name: str, value: str, parameter: Mapping[str, Any]) -> str:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return "it must be a number"
    if name in WHOLE and not value.isdecimal():
        return "it must be a whole number"
    if number < parameter.get("MinValue", -math.inf):
        return f"it must be {parameter['MinValue']} or more"
    if number > parameter.get("MaxValue", math.inf):
        return f"it must be {parameter['MaxValue']} or less"
    return ""


def _check_together(values: Mapping[str, str]) -> None:
    """Asks the functions' own settings whether they fit: else each function would refuse them with every message."""
    # Not on the path of commands: they need nothing else of what is deployed.
    if str(LAYER) not in sys.path:
        sys.path.append(str(LAYER))
    from dokstamp_sync.errors import Misconfigured
    from dokstamp_sync.settings import Settings

    variables = template.variables()
    given = {variable: values[name] for variable, name in variables.items() if values.get(name)}
    # These two are not at choice here.
    given |= {"DOKSTAMP_BASE_URL": "http://127.0.0.1", "DOKSTAMP_TENANT": "local"}
    try:
        Settings.from_environment(_defaults(variables) | given)
    except Misconfigured as error:
        said = re.sub(r"^environment: |(: )?Value error, ", "", error.reason)
        said = re.sub(r"[A-Z]+(_[A-Z]+)+", lambda found: variables.get(found[0], found[0]), said)
        raise Failed(f"PARAMETERS can't be taken like this: {said}.") from None


def _defaults(variables: Mapping[str, str]) -> dict[str, str]:
    known = template.parameters()
    return {variable: str(known[name].get("Default", "")) for variable, name in variables.items()}
