"""Every planted bug still fits the source; whether the tests see it: `python -m tests.planted`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted.bug import Bug, Edit, Outdated
from tests.planted.bugs import BUGS
from tests.planted.copies import ROOT
from tests.planted.seen import ENOUGH, Found, look


@pytest.mark.parametrize("bug", [pytest.param(bug, id=bug.key) for bug in BUGS])
def test_it_still_applies_to_the_source(bug: Bug, tmp_path: Path) -> None:
    # Given a copy of the files that it changes
    files = {edit.file for edit in bug.edits}
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text((ROOT / file).read_text())
    # When the bug is planted in it
    bug.plant(tmp_path)
    # Then each of them differs from the source, and is still Python
    for file in files:
        assert (tmp_path / file).read_text() != (ROOT / file).read_text()
        compile((tmp_path / file).read_text(), file, "exec")


def test_no_two_bugs_have_one_name() -> None:
    # Given all bugs, when their names are counted, then there are as many
    assert len({bug.key for bug in BUGS}) == len(BUGS)


def test_a_bug_that_the_source_has_outgrown_says_so() -> None:
    # Given a bug that replaces what is not there
    bug = Bug("outgrown", "it is nowhere", (Edit("Makefile", "nothing like it\n", "\n"),))
    # When it is planted, then it is refused with the file's name
    with pytest.raises(Outdated, match="Makefile"):
        bug.patch(ROOT)


def test_a_check_stops_when_enough_cases_have_seen_the_bug() -> None:
    # Given cases of which every second one finds something, some of them two things
    cases = iter([Found(f"seed {place}", ["lost this", "whose that"][: place % 2 * place]) for place in range(100)])
    # When they are looked at
    seen = look(cases, 100)
    # Then the third that finds something is the last
    assert next(cases).case == f"seed {2 * ENOUGH}"
    assert str(seen) == "3 of the first 6 (3 lost, 2 whose); seed 1: lost this"


def test_a_bug_that_nobody_sees_is_looked_for_to_the_end() -> None:
    # Given cases that find nothing
    def cases() -> Iterator[Found]:
        yield from (Found(f"seed {place}", []) for place in range(5))

    # When they are looked at, then all were
    assert str(look(cases(), 5)) == "0 of 5"
