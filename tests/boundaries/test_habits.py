"""Sizes, docstrings and the few things that only certain files may do."""

import ast
import re
from pathlib import Path

import pytest

from dokstamp_sync.order import Step
from tests.boundaries.sources import FUNCTIONS, LAYER, LOCAL, ROOT, calls, files, functions, shown, tree, uses

LONGEST_FILE = 250
LONGEST_FUNCTION = 40
LONGEST_HANDLER = 15
DEPLOYED = files(LAYER, FUNCTIONS)
ENTRY_POINTS = {
    "layers/dokstamp_sync/dokstamp_sync/intake/entry.py",
    "layers/dokstamp_sync/dokstamp_sync/worker/entry.py",
    "functions/results/app.py",
}


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_one_reads_at_once() -> None:
    sizes = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(LAYER, FUNCTIONS, LOCAL)}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    sizes = {
        f"{shown(path)}:{node.name}": length(node)
        for path in files(LAYER, FUNCTIONS, LOCAL)
        for node in functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_a_handler_is_wiring() -> None:
    handlers = {shown(path): node for path in DEPLOYED for node in functions(path) if node.name == "handler"}
    assert set(handlers) == ENTRY_POINTS
    for name, node in handlers.items():
        assert length(node) <= LONGEST_HANDLER, name
        assert not [each for each in ast.walk(node) if isinstance(each, ast.If | ast.Try | ast.For)], name


def test_the_environment_is_read_only_where_a_function_begins() -> None:
    readers = {shown(path) for path in DEPLOYED if uses(path, "os.environ") or uses(path, "os.getenv")}
    # And where its imports begin, to know whether it is a function at all.
    assert readers == {*ENTRY_POINTS, "layers/dokstamp_sync/dokstamp_sync/__init__.py"}


def test_nothing_that_is_deployed_prints() -> None:
    assert {shown(path): lines for path in DEPLOYED if (lines := calls(path, "print"))} == {}


def test_nothing_that_is_deployed_sleeps_but_by_what_an_entry_point_hands_in() -> None:
    assert {shown(path) for path in DEPLOYED if uses(path, "time.sleep")} <= ENTRY_POINTS
    nodes = [node for path in DEPLOYED for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert [node.lineno for node in nodes if ast.unparse(node.func) == "time.sleep"] == []


def test_every_error_is_caught_by_its_name_where_it_is_not_told_of() -> None:
    # Given that an unforeseen error holds up neither the other records nor the other messages, and is never mute
    catchers = [
        shown(path)
        for path in DEPLOYED
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]
    # Then these are the only places that catch every kind: a record's, a message's and what is asked for afterwards
    package = "layers/dokstamp_sync/dokstamp_sync"
    telling = ["edge/queue.py", "edge/queue.py", "failures.py", "worker/attempts.py"]
    assert catchers == [f"{package}/{file}" for file in telling]


def test_the_nine_steps_have_a_folder_each_in_order() -> None:
    folders = sorted(path.name for path in FUNCTIONS.glob("step*") if (path / "app.py").is_file())
    assert folders == [f"step{step.number}_{step.value}" for step in Step]


@pytest.mark.parametrize("step", list(Step))
def test_a_step_s_docstring_opens_with_what_it_needs_does_and_leaves_behind(step: Step) -> None:
    text = ast.get_docstring(tree(FUNCTIONS / step.folder / "app.py")) or ""
    assert text.startswith(f"Step {step.number}: ")
    body = text.partition("\n\n")[2]
    assert body.startswith("Needs ")
    assert "Leaves " in body
    assert "Source: " in body


def public(path: Path) -> dict[str, str | None]:
    """The docstrings of a file, of its public classes and functions, and of the public methods of public classes.

    A method that fulfils a Protocol or a base class is described there.
    """
    found: dict[str, str | None] = {"": ast.get_docstring(tree(path))}
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = ast.get_docstring(node)
    return found


@pytest.mark.parametrize("path", files(LAYER), ids=shown)
def test_whatever_is_public_in_the_layer_says_what_it_is_for(path: Path) -> None:
    # Given the records, which the message contract describes field by field
    silent = {name for name, text in public(path).items() if not text}
    models = (
        set(re.findall(r"Step\.\w+: (\w+)", path.read_text(encoding="utf-8"))) if path.name == "records.py" else set()
    )
    # Then everything else has a docstring
    assert silent - models == set()


@pytest.mark.parametrize("path", files(FUNCTIONS, LOCAL), ids=shown)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").strip() == "" or ast.get_docstring(tree(path))


def test_no_comment_puts_something_off() -> None:
    words = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    texts = {shown(path): path.read_text(encoding="utf-8") for path in files(LAYER, FUNCTIONS, LOCAL, ROOT / "events")}
    assert [name for name, text in texts.items() if words.search(text)] == []
