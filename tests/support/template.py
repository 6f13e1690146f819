"""template.yaml as data, for tests: CloudFormation's tags are read as plain values."""

from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Takes any ``!Tag`` for the value that it marks."""


def _untagged(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _untagged)


def template() -> dict[str, Any]:
    """The whole template."""
    return dict(yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader))


def defaults() -> dict[str, Any]:
    """Each parameter's default, where it has one."""
    return {name: each["Default"] for name, each in template()["Parameters"].items() if "Default" in each}
