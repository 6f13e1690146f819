"""The template as plain Python: tags as one-key dictionaries, Fn::ForEach expanded, parameters at their defaults."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref x`` as ``{"Ref": "x"}``, and ``!GetAtt a.b`` as ``{"Fn::GetAtt": ["a", "b"]}``."""


def _tag(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name == "Fn::GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _tag)


@cache
def raw() -> dict[str, Any]:
    """The template as it is written."""
    return dict(yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader))


@cache
def resources() -> dict[str, dict[str, Any]]:
    """Every resource, those of the nine rows included, with what the mapping says filled in."""
    return dict(_resolved(_expanded(raw()["Resources"])))


@cache
def outputs() -> dict[str, Any]:
    return dict(_resolved(_expanded(raw()["Outputs"])))


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type, by logical id."""
    return {name: each["Properties"] for name, each in resources().items() if each["Type"] == kind}


def loops() -> dict[str, list[str]]:
    """The rows of every Fn::ForEach."""
    everything = {**raw()["Resources"], **raw()["Outputs"]}
    return {name: each[1] for name, each in everything.items() if name.startswith("Fn::ForEach::")}


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
