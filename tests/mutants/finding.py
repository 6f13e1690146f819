"""All mutants of a module, in the order of its lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.mutants.mutant import Mutant, Source
from tests.mutants.operators import Operators

LEFT_ALONE = (ast.Import, ast.ImportFrom, ast.Assert)
WHOLE = (ast.JoinedStr,)
"""What is changed as a whole or not at all."""
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class _Place:
    where: str = ""
    in_function: bool = False
    lines: tuple[int, int] | None = None


def mutants(source: Source) -> list[Mutant]:
    """Every one of them is Python, and not what stands there already."""
    operators = Operators(source)
    found = []
    for node, place in _nodes(ast.parse(source.text), _Place()):
        for operator, edits, imports in operators.at(node):
            line = source.code.count(b"\n", 0, edits[0].start) + 1
            mutant = Mutant(source, operator, place.where, line, place.lines, tuple(edits), imports)
            if mutant.text() != source.text and _is_python(mutant):
                found.append(mutant)
    return found


def _nodes(node: ast.AST, place: _Place) -> Iterator[tuple[ast.AST, _Place]]:
    """What may be changed, each node with its place."""
    place = _place(node, place)
    yield node, place
    if isinstance(node, WHOLE):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, LEFT_ALONE) and not _is_type_checking(child):
                yield from _nodes(child, place)


def _place(node: ast.AST, place: _Place) -> _Place:
    if isinstance(node, Scope):
        where = f"{place.where}.{node.name}" if place.where else node.name
        in_function = place.in_function or not isinstance(node, ast.ClassDef)
        # A default value is read when the module is imported, and matters where the function is run.
        return _Place(where, in_function, (node.lineno, node.end_lineno or node.lineno) if in_function else None)
    if isinstance(node, ast.stmt) and place.in_function:
        return replace(place, lines=(node.lineno, _last_line(node)))
    if isinstance(node, ast.match_case | ast.ExceptHandler):
        return replace(place, lines=(node.body[0].lineno, _last_line(node.body[0])))
    return place


def _last_line(node: ast.stmt) -> int:
    """The last line of the statement itself, without the block that it heads."""
    body: list[ast.stmt] = getattr(node, "body", None) or getattr(node, "cases", None) or []
    if not body:
        return node.end_lineno or node.lineno
    first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
    return max(node.lineno, first.lineno - 1)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_python(mutant: Mutant) -> bool:
    try:
        compile(mutant.text(), mutant.source.path, "exec")
    except SyntaxError:
        return False
    return True
