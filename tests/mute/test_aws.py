"""Whatever is raised on a line that talks to AWS: one log line, a metric and a visibility tell of it."""

import ast
import re

import pytest

from dokstamp_sync.errors import Retry
from local.sandbox import Sandbox
from tests.boundaries.sources import shown, tree
from tests.mute.aws import FAULTS, SECRET, Aws
from tests.mute.scenes import SCENES
from tests.mute.telling import Line, Told, told
from tests.template.calls import AWS_FILES, operations

# The longest back-off after the first receive.
LONGEST_SECONDS = 10
AT_RESULTS = {"a run is reported", "a run that broke down is reported"}


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
        where = f"call {number}, {call.operation} at {call.lines[0]}: {found.text}"
        check_line(found, usual[name], where)
        check_metrics(found, fault, call.operation, where)
        if name in AT_RESULTS:
            check_raised(found, where)
        else:
            check_visibility(found, usual[name], call.operation, where)


def kind(line: Line) -> tuple[str, str, str]:
    return line["message"], line["error"], line.get("reason", "")


def check_line(found: Told, usual: Told, where: str) -> None:
    """One line more than usual, with type and place, and without what the error says."""
    own = [kind(each) for each in usual.failures]
    lines = [each for each in found.failures if kind(each) not in own]
    assert len(lines) == 1, where
    assert re.fullmatch(r"[A-Z]\w+", lines[0]["error"]), where
    assert re.fullmatch(r"[\w.<>]+:\d+", lines[0]["where"]), where
    assert lines[0]["level"] in ("WARNING", "ERROR"), where
    assert not any(part in found.text for part in SECRET.split(", ")), where


def check_metrics(found: Told, fault: str, operation: str, where: str) -> None:
    """A bug rings an alarm at once; what AWS could not do for now is only counted."""
    assert found.metrics["Retried"] == 1, where
    assert found.metrics["Misconfigured"] == 0, where
    # That a message could not be hidden does no harm.
    rings = fault == "a bug" and operation != "ChangeMessageVisibility"
    assert found.metrics["Unforeseen"] == rings, where


def check_visibility(found: Told, usual: Told, operation: str, where: str) -> None:
    """The message stays, and comes back soon, unless it was just this that could not be said."""
    assert len(found.left) == 1, where
    if operation != "ChangeMessageVisibility":
        longest = max([LONGEST_SECONDS, *(seconds for _, seconds in usual.aws.hidden)])
        assert [handle for handle, _ in found.aws.hidden] == found.left, where
        assert all(0 <= seconds <= longest for _, seconds in found.aws.hidden), where


def check_raised(found: Told, where: str) -> None:
    """The state machine hears that there is no result yet, and nothing personal."""
    assert isinstance(found.raised, Retry), where
    assert not any(part in str(found.raised) for part in SECRET.split(", ")), where
