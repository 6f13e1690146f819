"""samconfig.toml tells every command of the SAM CLI that reads the template how to read it."""

import tomllib

import pytest

from local.places import ENVIRONMENTS, SAM_CONFIG

CONFIG = tomllib.loads(SAM_CONFIG.read_text())
# It serves an API, and the template has none.
NOT_OURS = {"local_start_api"}


def commands() -> set[str]:
    """Those that ask whether to expand `Fn::ForEach`, by their names in samconfig.toml."""
    found = set()
    for source in (ENVIRONMENTS / "sam").glob("lib/python*/site-packages/samcli/commands/**/*.py"):
        if source.name in ("cli.py", "command.py", f"{source.parent.name}.py"):
            parts = source.parent.parts
            if "@language_extensions_" in source.read_text():
                found.add("_".join(parts[parts.index("commands") + 1 :]))
    return found - NOT_OURS


@pytest.mark.local
def test_every_command_that_reads_the_template_is_told_to_expand_its_loops() -> None:
    # Given the commands that crash on Fn::ForEach unless they are told to expand it
    found = commands()
    assert {"build", "deploy", "local_invoke"} <= found
    # When samconfig.toml is read, Then it tells each of them
    told = {name for name, section in CONFIG["default"].items() if section["parameters"].get("language_extensions")}
    assert told == found
