"""The project's Python files and what they import, by their syntax alone."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "dokstamp_sync" / "dokstamp_sync"
FUNCTIONS = ROOT / "functions"
LOCAL = ROOT / "local"


@dataclass(frozen=True)
class Import:
    """One imported module. ``typing_only``: inside ``if TYPE_CHECKING``, so never at run time."""

    module: str
    typing_only: bool


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def files(*folders: Path) -> list[Path]:
    """Every Python file below the folders."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def shown(path: Path) -> str:
    """The path within the project, for the names of tests."""
    return str(path.relative_to(ROOT))


def imports(path: Path) -> list[Import]:
    return list(_imports(tree(path), typing_only=False))


def _imports(node: ast.AST, *, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, typing_only) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative imports are not followed"
            yield from (Import(f"{child.module}.{alias.name}", typing_only) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for inner in child.body:
                yield from _imports(ast.Module([inner], []), typing_only=True)
        else:
            yield from _imports(child, typing_only=typing_only)


def modules(path: Path, *, at_run_time: bool = False) -> set[str]:
    """The names that a file imports, each with what it takes from where."""
    return {each.module for each in imports(path) if not (at_run_time and each.typing_only)}


def tops(path: Path, *, at_run_time: bool = False) -> set[str]:
    """The packages that a file imports from."""
    return {module.partition(".")[0] for module in modules(path, at_run_time=at_run_time)}


def inner(path: Path) -> set[str]:
    """What a file takes from the layer: ``mapping.row``, ``errors`` and so on, with the name that is taken."""
    return {module.removeprefix("dokstamp_sync.") for module in modules(path) if module.startswith("dokstamp_sync.")}


def parts(path: Path) -> set[str]:
    """The parts of the layer that a file takes something from: its folders and the files beside them."""
    return {module.partition(".")[0] for module in inner(path)}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(path: Path, name: str) -> list[int]:
    """The lines on which a bare name is called."""
    return [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def uses(path: Path, expression: str) -> list[int]:
    """The lines on which an attribute such as ``os.environ`` is used."""
    return [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == expression
    ]
