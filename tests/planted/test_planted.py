"""Every planted bug still fits the source; whether the tests see it: `python -m tests.planted`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.planted.bugs import BUGS, LAYER, Bug, Edit, Outdated
from tests.planted.copies import ROOT


@pytest.mark.parametrize("bug", [pytest.param(bug, id=bug.key) for bug in BUGS])
def test_it_still_applies_to_the_source(bug: Bug, tmp_path: Path) -> None:
    # Given a copy of the layer
    shutil.copytree(ROOT / LAYER, tmp_path / LAYER)
    # When the bug is planted in it
    bug.plant(tmp_path)
    # Then the copy differs from the source, and is still Python
    changed = [edit.file for edit in bug.edits if (tmp_path / LAYER / edit.file).read_text() != _source(edit.file)]
    assert changed == [edit.file for edit in bug.edits]
    for file in changed:
        compile((tmp_path / LAYER / file).read_text(), file, "exec")


def test_a_bug_that_the_source_has_outgrown_says_so() -> None:
    # Given a bug that replaces what is not there
    bug = Bug("outgrown", "it is nowhere", (Edit("order.py", "nothing like it\n", "\n"),))
    # When it is planted, then it is refused with the file's name
    with pytest.raises(Outdated, match=r"order\.py"):
        bug.patch(ROOT)


def _source(file: str) -> str:
    return (ROOT / LAYER / file).read_text()
