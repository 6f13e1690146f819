"""Whatever is raised on a line that talks to AWS: one log line, a metric and a visibility tell of it."""

import ast

import pytest

from local.sandbox import Sandbox
from tests.boundaries.sources import shown, tree
from tests.mute.aws import FAULTS, Aws
from tests.mute.judging import mute
from tests.mute.scenes import SCENES
from tests.mute.telling import Told, told
from tests.template.calls import AWS_FILES, operations


def talks(node: ast.Call) -> bool:
    """A client's method, by its name or by a name that is handed in; Powertools' reading; and an object's bytes."""
    if isinstance(node.func, ast.Call):
        return ast.unparse(node.func.func) == "getattr"
    if not isinstance(node.func, ast.Attribute):
        return False
    name = node.func.attr
    return name == "iter_chunks" or ("_" in name and name in operations()) or ast.unparse(node.func) == "provider.get"


def talking() -> list[set[str]]:
    """The calls in the code that talk to AWS: the lines on which each stands, as file:number."""
    return [
        {f"{shown(path)}:{number}" for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        for path in AWS_FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and talks(node)
    ]


def test_every_line_that_talks_to_aws_is_carried_out_in_a_scene(usual: dict[str, Told]) -> None:
    # Given all scenes
    carried_out = {call.lines[0] for each in usual.values() for call in each.aws.calls}
    # Then each such line is in one of them, and no other line talks to AWS
    calls = talking()
    assert len(calls) > 10
    assert [lines for lines in calls if not lines & carried_out] == []
    assert carried_out - set().union(*calls) == set()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", SCENES)
def test_none_of_them_fails_without_being_told_of(
    name: str, fault: str, sandbox: Sandbox, usual: dict[str, Told], first: dict[str, list[int]]
) -> None:
    # Given a scene, and what it tells of by itself
    for number in first[name]:
        call = usual[name].aws.calls[number]
        # When one of its calls of AWS fails
        found = told(SCENES[name], sandbox, Aws(number, FAULTS[fault]))
        # Then all three tell of it
        assert mute(found, usual[name], call, fault) == [], f"{call.operation} at {call.lines[0]}: {found.text}"
