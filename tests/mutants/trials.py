"""A mutant takes the place of its module in this process, and tests are run on it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType

import pytest

from tests.mutants.mutant import ROOT


class Planted(MetaPathFinder):
    """Whoever imports the module gets this text instead of the file's."""

    def __init__(self, module: str, path: str, text: str) -> None:
        self._module = module
        self._path = str(ROOT / path)
        self._text = text

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Of the module alone."""
        if name != self._module:
            return None
        loader = _Loader(name, self._path, self._text)
        return spec_from_file_location(name, self._path, loader=loader)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._text, self.path, "exec")
        return code


def run(files: Sequence[str], folder: str, plugin: object, *options: str) -> int:
    """pytest's exit code; ``folder`` takes what the tests write."""
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = f"{folder}/hypothesis"
    # The next trial need not compile the tests again; a mutant itself is never kept.
    sys.dont_write_bytecode = False
    fixed = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={folder}/tests"]
    return int(pytest.main([*fixed, *options, *files], plugins=[plugin]))


def trial(module: str, path: str, text: str, seconds: Mapping[str, float], folder: str) -> str:
    """The test that notices the mutant, "" if none does. ``seconds``: the tests in their order, and each one's time.

    To be called in a process of its own, which is ended by SIGALRM if a test takes longer.
    """
    sys.meta_path.insert(0, Planted(module, path, text))
    chosen = _Chosen(seconds)
    files = dict.fromkeys(test.partition("::")[0] for test in seconds)
    code = run(list(files), folder, chosen, "-x")
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise LookupError("there are no such tests")
    return (chosen.failed or "import") if code else ""


class _Chosen:
    """Of all tests of the files only these, in this order."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self._seconds = seconds
        self._places = {test: place for place, test in enumerate(seconds)}
        self.failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._places]
        items.sort(key=lambda item: self._places[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        signal.setitimer(signal.ITIMER_REAL, longest(self._seconds[item.nodeid]))
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid


def longest(seconds: float) -> float:
    """How long a test may take that took so many seconds of the processor: others may be busy on the machine."""
    return 20 + 10 * seconds
