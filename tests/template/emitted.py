"""The metrics that the code emits, by its syntax, and those of AWS that we read."""

import ast
from collections.abc import Iterator
from functools import cache

from dokstamp_sync import errors
from dokstamp_sync.outcomes import Outcome
from tests.boundaries.sources import FUNCTIONS, LAYER, files, tree

OF_AWS = {
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/Lambda": {"Errors", "Throttles"},
    "AWS/States": {f"Executions{what}" for what in ("Started", "Succeeded", "Failed", "Aborted")},
}
# Names that are made when the code runs, by how they are written.
MADE = {
    "outcome.capitalize()": {outcome.value.capitalize() for outcome in Outcome},
    # Only where it is an instance of one of these
    "type(error).__name__": {errors.Misconfigured.__name__, errors.Throttled.__name__},
}


@cache
def emitted() -> set[str]:
    """Every name that is given to ``observability.count``."""
    return {name for path in files(LAYER, FUNCTIONS) for node in ast.walk(tree(path)) for name in _counted(node)}


def _counted(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "observability.count":
        yield from _names(node.args[0])


def _names(given: ast.expr) -> Iterator[str]:
    if isinstance(given, ast.Constant):
        yield str(given.value)
    elif isinstance(given, ast.IfExp):
        yield from _names(given.body)
        yield from _names(given.orelse)
    else:
        yield from MADE[ast.unparse(given)]
