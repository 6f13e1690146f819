"""What is built is compiled for the runtime, and holds only what a function reads."""

import importlib.util
import marshal
import sys
from pathlib import Path

import pytest

from local import compiled
from local.processes import Failed


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build with a function, and a layer that holds a package and what comes with one."""
    package = tmp_path / "DependenciesLayer" / "python" / "greeting"
    for name in ("tests", "../greeting-1.0.dist-info/licenses"):
        (package / name).mkdir(parents=True)
    (package / "__init__.py").write_text("def greet():\n    return 'hello'\n")
    for name in ("__init__.pyi", "py.typed", "tests/test_all.py", "test_more.py"):
        (package / name).write_text("")
    for name in ("METADATA", "RECORD", "licenses/LICENSE"):
        (package / ".." / "greeting-1.0.dist-info" / name).write_text("")
    function = tmp_path / "IntakeFunction"
    function.mkdir()
    (function / "app.py").write_text("import greeting\n")
    return tmp_path


def test_every_module_is_compiled_for_the_place_where_lambda_puts_it(built: Path) -> None:
    # When a build is finished
    compiled.finish(built)
    # Then the code of each module is there, and nobody compares it with its source
    layer = built / "DependenciesLayer" / "python" / "greeting"
    for source, place in (
        (layer / "__init__.py", "/opt/python/greeting/__init__.py"),
        (built / "IntakeFunction" / "app.py", "/var/task/app.py"),
    ):
        data = Path(importlib.util.cache_from_source(str(source))).read_bytes()
        assert data[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(data[4:8], "little") == 0b01, "found by its hash, which is not checked"
        assert marshal.loads(data[16:]).co_filename == place


def test_what_no_function_reads_is_left_out(built: Path) -> None:
    # When a build is finished, Then code and metadata are left
    compiled.finish(built)
    left = {str(each.relative_to(built)) for each in built.rglob("*") if each.is_file()}
    tag = sys.implementation.cache_tag
    assert left == {
        "DependenciesLayer/python/greeting/__init__.py",
        f"DependenciesLayer/python/greeting/__pycache__/__init__.{tag}.pyc",
        "DependenciesLayer/python/greeting-1.0.dist-info/METADATA",
        "IntakeFunction/app.py",
        f"IntakeFunction/__pycache__/app.{tag}.pyc",
    }


def test_a_module_that_this_python_cannot_compile_is_told(built: Path) -> None:
    (built / "IntakeFunction" / "app.py").write_text("def (:\n")
    with pytest.raises(Failed, match="IntakeFunction cannot be compiled"):
        compiled.finish(built)
