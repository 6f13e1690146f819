"""The templates as plain Python: tags as one-key dictionaries, Fn::ForEach expanded, conditions as they are on AWS."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from local.places import OBSERVABILITY, ROOT, TEMPLATE
from local.template import raw

__all__ = ["OBSERVABILITY", "ROOT", "TEMPLATE", "raw"]

# What holds where every parameter is left at its default, on AWS.
BY_DEFAULT = frozenset({"OnAws", "HasMetricMath"})
WITH_KEY = BY_DEFAULT | {"HasKmsKey"}
WITH_TRACING = BY_DEFAULT | {"HasTracing"}
NOTHING = {"Ref": "AWS::NoValue"}
LOOP = "Fn::ForEach::"


@cache
def resources(holds: frozenset[str] = BY_DEFAULT, of: Path = TEMPLATE) -> dict[str, dict[str, Any]]:
    """Every resource, those of all rows included, with what the mappings say filled in.

    ``holds``: the conditions that are true.
    """
    found = _resolved(_expanded(raw(of)["Resources"]), raw(of)["Mappings"])
    return dict(_decided({name: each for name, each in found.items() if _exists(each, holds)}, holds))


@cache
def outputs() -> dict[str, Any]:
    return dict(_resolved(_expanded(raw()["Outputs"]), raw()["Mappings"]))


def of_type(kind: str, holds: frozenset[str] = BY_DEFAULT, of: Path = TEMPLATE) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type, by logical id."""
    return {name: each["Properties"] for name, each in resources(holds, of).items() if each["Type"] == kind}


def loops(of: Path = TEMPLATE) -> dict[str, tuple[str, list[str], dict[str, Any]]]:
    """Every Fn::ForEach by its name: its variable, its rows and its body."""
    return dict(_loops({**raw(of)["Resources"], **raw(of).get("Outputs", {})}))


def default(name: str) -> Any:
    """A parameter's default; numbers as numbers."""
    parameter = raw()["Parameters"][name]
    return float(parameter["Default"]) if parameter["Type"] == "Number" else parameter.get("Default")


def _loops(section: dict[str, Any]) -> Iterator[tuple[str, tuple[str, list[str], dict[str, Any]]]]:
    for name, each in section.items():
        if name.startswith(LOOP):
            yield name, (each[0], each[1], each[2])
            yield from _loops(each[2])


def _expanded(section: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in section.items():
        if not name.startswith(LOOP):
            found[name] = value
            continue
        variable, rows, body = value
        for row in rows:
            found |= _expanded(_put_in(body, variable, row))
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
        return {_put_in(key, variable, row): _put_in(each, variable, row) for key, each in value.items()}
    return value


def _resolved(value: Any, mappings: dict[str, Any]) -> Any:
    """Mappings and places of lists looked up, and every Fn::Sub without a reference, or with a known name, as text."""
    if isinstance(value, list):
        return [_resolved(each, mappings) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _resolved(each, mappings) for key, each in value.items()}
    if set(plain) == {"Fn::FindInMap"}:
        mapping, row, column = plain["Fn::FindInMap"]
        return mappings[mapping][row][column]
    if set(plain) == {"Fn::Select"}:
        place, choices = plain["Fn::Select"]
        return choices[place]
    if set(plain) == {"Fn::Sub"}:
        return _substituted(plain["Fn::Sub"])
    return plain


def _substituted(given: Any) -> Any:
    text, names = given if isinstance(given, list) else (given, {})
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value["Fn::Sub"] if isinstance(value, dict) else value)
    return {"Fn::Sub": text} if re.search(r"\$\{", text) else text
