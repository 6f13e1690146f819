"""What is changed in a module, one at a time: each operator finds its places in the syntax tree.

Left alone: docstrings, annotations, decorators, imports, assertions (they are there for the type checker), what stands
in f-strings, and texts for people. A text for people is a string with a blank in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from tests.mutants.mutant import Edit, Source

Change = tuple[str, list[Edit], str]
"""The operator's name, the edits, and what must be imported for them."""
Span = tuple[int, int]

COMPARISONS: dict[type[ast.cmpop], tuple[str, Sequence[str]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
ERRORS = {"NotReady": "Rejected", "Rejected": "NotReady", "Blocked": "NotReady", "Retry": "Rejected"}
"""What is raised, and what else might have been: the record waits instead of being refused, or the other way round."""


class Operators:
    """The changes that may be made at one node."""

    def __init__(self, source: Source) -> None:
        self._code = source.code
        self._starts = [0]
        for line in source.code.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._by_type: dict[type[ast.AST], Callable[..., Iterator[Change]]] = {
            ast.Compare: self._compare,
            ast.BoolOp: self._boolean,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Constant: self._constant,
            ast.JoinedStr: self._constant,
            ast.Call: self._call,
            ast.Dict: self._dict,
            ast.If: self._condition,
            ast.IfExp: self._condition,
            ast.While: self._condition,
            ast.comprehension: self._filter,
            ast.match_case: self._case,
            ast.Return: self._return,
            ast.Expr: self._statement,
            ast.AugAssign: self._statement,
            ast.Raise: self._raise,
            ast.ExceptHandler: self._handler,
        }

    def at(self, node: ast.AST) -> Iterator[Change]:
        """All changes at this very node, not at those below it."""
        changes = self._by_type.get(type(node))
        return changes(node) if changes else iter(())

    def _span(self, node: ast.AST) -> Span:
        start = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]  # all that ask have one
        end = self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]  # the same
        return start, end

    def _text(self, span: Span) -> str:
        return self._code[span[0] : span[1]].decode()

    def _to(self, node: ast.AST, new: str) -> list[Edit]:
        return [Edit(*self._span(node), new)]

    def _between(self, left: ast.AST, right: ast.AST, pattern: str, new: str) -> list[Edit]:
        """Changes the sign between two operands."""
        gap = (self._span(left)[1], self._span(right)[0])
        return [Edit(*gap, re.sub(pattern, new, self._text(gap), count=1))]

    def _compare(self, node: ast.Compare) -> Iterator[Change]:
        operands = [node.left, *node.comparators]
        for sign, (left, right) in zip(node.ops, pairwise(operands), strict=True):
            pattern, others = COMPARISONS[type(sign)]
            for other in others:
                yield "comparison", self._between(left, right, pattern, other), ""

    def _boolean(self, node: ast.BoolOp) -> Iterator[Change]:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in pairwise(node.values):
            yield "and, or", self._between(left, right, rf"\b{old}\b", new), ""

    def _unary(self, node: ast.UnaryOp) -> Iterator[Change]:
        if isinstance(node.op, ast.Not):
            start, _ = self._span(node)
            yield "not", [Edit(start, start + len("not "), "")], ""

    def _arithmetic(self, node: ast.BinOp) -> Iterator[Change]:
        if type(node.op) in ARITHMETIC:
            old, new = ARITHMETIC[type(node.op)]
            yield "arithmetic", self._between(node.left, node.right, re.escape(old), new), ""
        if isinstance(node.op, ast.BitOr):
            yield "second operand dropped", [Edit(self._span(node.left)[1], self._span(node)[1], "")], ""

    def _constant(self, node: ast.Constant | ast.JoinedStr) -> Iterator[Change]:
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            if not any(" " in str(part) for part in parts):
                yield "text emptied", self._to(node, '""'), ""
        elif isinstance(node.value, bool):
            yield "True, False", self._to(node, str(not node.value)), ""
        elif isinstance(node.value, int | float):
            yield "number", self._to(node, repr(node.value + 1)), ""
        elif isinstance(node.value, str) and node.value and " " not in node.value:
            yield "text emptied", self._to(node, '""'), ""

    def _call(self, node: ast.Call) -> Iterator[Change]:
        if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            yield "min, max, any, all", self._to(node.func, FUNCTIONS[node.func.id]), ""
        if isinstance(node.func, ast.Name) and node.func.id == "suppress":
            yield "nothing suppressed", [Edit(self._span(node.args[0])[0], self._span(node.args[-1])[1], "")], ""
        given = sorted(self._span(each) for each in (*node.args, *node.keywords))
        for keyword in node.keywords:
            yield "argument dropped", [self._without(given, self._span(keyword))], ""
        for one, other in pairwise(each.value for each in node.keywords if each.arg):
            swapped = self._to(one, self._text(self._span(other))) + self._to(other, self._text(self._span(one)))
            yield "arguments swapped", swapped, ""

    def _dict(self, node: ast.Dict) -> Iterator[Change]:
        items = []
        for key, value in zip(node.keys, node.values, strict=True):
            start, end = self._span(value)
            items.append((self._span(key)[0] if key else self._code.rindex(b"**", 0, start), end))
        for item in items:
            yield "entry dropped", [self._without(items, item)], ""

    def _without(self, items: Sequence[Span], item: Span) -> Edit:
        """One of several things with commas between them, and its comma, are gone."""
        place = items.index(item)
        if place + 1 < len(items):
            return Edit(item[0], items[place + 1][0], "")
        return Edit(items[place - 1][1] if place else item[0], item[1], "")

    def _condition(self, node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
        yield "condition", self._to(node.test, "False"), ""
        if not isinstance(node, ast.While):
            yield "condition", self._to(node.test, "True"), ""

    def _filter(self, node: ast.comprehension) -> Iterator[Change]:
        for test in node.ifs:
            yield "condition", self._to(test, "True"), ""
            yield "condition", self._to(test, "False"), ""

    def _case(self, node: ast.match_case) -> Iterator[Change]:
        _, end = self._span(node.pattern)
        yield "case never met", self._to(node.guard, "False") if node.guard else [Edit(end, end, " if False")], ""

    def _return(self, node: ast.Return) -> Iterator[Change]:
        # Whoever is told False does the same when told None.
        is_nothing = isinstance(node.value, ast.Constant) and (node.value.value is None or node.value.value is False)
        if node.value and not is_nothing:
            yield "returns None", self._to(node.value, "None"), ""

    def _statement(self, node: ast.Expr | ast.AugAssign) -> Iterator[Change]:
        if isinstance(node, ast.AugAssign) or isinstance(node.value, ast.Call):
            yield "statement removed", self._to(node, "pass"), ""

    def _raise(self, node: ast.Raise) -> Iterator[Change]:
        yield "raise removed", self._to(node, "pass"), ""
        call = node.exc
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in ERRORS:
            return
        new = ERRORS[call.func.id]
        edits = self._to(call.func, new)
        # Each error has keywords of its own; the reason is all that they share.
        if call.keywords:
            edits.append(Edit(self._span(call.args[-1])[1], self._span(call.keywords[-1])[1], ""))
        yield "other error", edits, f"\nfrom dokstamp_sync.errors import {new}\n"

    def _handler(self, node: ast.ExceptHandler) -> Iterator[Change]:
        first = node.body[0]
        if not (isinstance(first, ast.Raise) and first.exc is None):
            yield "handler raises", self._to(first, "raise"), ""
