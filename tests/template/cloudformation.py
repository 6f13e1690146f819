"""The template as plain Python: tags as one-key dictionaries, Fn::ForEach expanded, conditions as they are on AWS."""

import re
from functools import cache
from typing import Any

from local.places import ROOT, TEMPLATE
from local.template import raw

__all__ = ["ROOT", "TEMPLATE", "raw"]

# What holds where every parameter is left at its default, on AWS.
BY_DEFAULT = frozenset({"OnAws"})
WITH_KEY = BY_DEFAULT | {"HasKmsKey"}
WITH_TRACING = BY_DEFAULT | {"HasTracing"}
NOTHING = {"Ref": "AWS::NoValue"}


@cache
def resources(holds: frozenset[str] = BY_DEFAULT) -> dict[str, dict[str, Any]]:
    """Every resource, those of the nine rows included, with what the mapping says filled in.

    ``holds``: the conditions that are true.
    """
    found = dict(_resolved(_expanded(raw()["Resources"])))
    return dict(_decided({name: each for name, each in found.items() if _exists(each, holds)}, holds))


@cache
def outputs() -> dict[str, Any]:
    return dict(_resolved(_expanded(raw()["Outputs"])))


def of_type(kind: str, holds: frozenset[str] = BY_DEFAULT) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type, by logical id."""
    return {name: each["Properties"] for name, each in resources(holds).items() if each["Type"] == kind}


def loops() -> dict[str, list[str]]:
    """The rows of every Fn::ForEach over the steps."""
    everything = {**raw()["Resources"], **raw()["Outputs"]}
    every = [(name, each) for name, each in everything.items() if name.startswith("Fn::ForEach::")]
    return {name: each[1] for name, each in every if each[0] == "Step"}


def default(name: str) -> Any:
    """A parameter's default; numbers as numbers."""
    parameter = raw()["Parameters"][name]
    return float(parameter["Default"]) if parameter["Type"] == "Number" else parameter.get("Default")


def _expanded(section: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in section.items():
        if not name.startswith("Fn::ForEach::"):
            found[name] = value
            continue
        variable, rows, body = value
        for row in rows:
            found |= {_put_in(key, variable, row): _put_in(each, variable, row) for key, each in body.items()}
    return found


def _exists(resource: dict[str, Any], holds: frozenset[str]) -> bool:
    return resource.get("Condition", "") in {"", *holds}


def _decided(value: Any, holds: frozenset[str]) -> Any:
    """Every Fn::If as the one of its values that holds, and without what has none."""
    if isinstance(value, list):
        return [each for each in (_decided(part, holds) for part in value) if each != NOTHING]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::If"}:
        condition, one, other = value["Fn::If"]
        return _decided(one if condition in holds else other, holds)
    decided = {key: _decided(part, holds) for key, part in value.items()}
    return {key: part for key, part in decided.items() if part != NOTHING}


def _put_in(value: Any, variable: str, row: str) -> Any:
    """The row in place of the loop's variable, also in ``!Ref Step``."""
    if isinstance(value, str):
        return value.replace(f"${{{variable}}}", row)
    if value == {"Ref": variable}:
        return row
    if isinstance(value, list):
        return [_put_in(each, variable, row) for each in value]
    if isinstance(value, dict):
        return {key: _put_in(each, variable, row) for key, each in value.items()}
    return value


def _resolved(value: Any) -> Any:
    """Mappings looked up, and every Fn::Sub that holds no reference, or one to a known name, as its text."""
    if isinstance(value, list):
        return [_resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _resolved(each) for key, each in value.items()}
    if set(plain) == {"Fn::FindInMap"}:
        mapping, row, column = plain["Fn::FindInMap"]
        return raw()["Mappings"][mapping][row][column]
    if set(plain) == {"Fn::Sub"}:
        return _substituted(plain["Fn::Sub"])
    return plain


def _substituted(given: Any) -> Any:
    text, names = given if isinstance(given, list) else (given, {})
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    return {"Fn::Sub": text} if re.search(r"\$\{", text) else text
