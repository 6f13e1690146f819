"""A template as plain Python: `!Ref x` as `{"Ref": "x"}`, `!GetAtt a.b` as `{"Fn::GetAtt": ["a", "b"]}`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.places import TEMPLATE


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's tags."""


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
def raw(of: Path = TEMPLATE) -> dict[str, Any]:
    """The template as it is written."""
    return dict(yaml.load(of.read_text(encoding="utf-8"), _Loader))


def parameters() -> dict[str, dict[str, Any]]:
    """Type, default and bounds of each parameter, by name."""
    return dict(raw()["Parameters"])


def variables() -> dict[str, str]:
    """The environment variables of the functions that are a parameter's value, and that parameter."""
    given = raw()["Globals"]["Function"]["Environment"]["Variables"]
    return {
        variable: value["Ref"]
        for variable, value in given.items()
        if isinstance(value, dict) and value.get("Ref") in parameters()
    }
