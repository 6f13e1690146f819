"""The operators make the mutants that they should, a mutant is tried in place of its module, and the list of equivalent
mutants holds no others than those that are made. The mutants of the project are tried by `make mutants`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import MODULES
from tests.mutants.choosing import Choice
from tests.mutants.covering import Covering
from tests.mutants.equivalent import EQUIVALENT, Equivalent
from tests.mutants.finding import mutants
from tests.mutants.forks import Broken, Forks
from tests.mutants.mutant import Mutant, Source
from tests.mutants.report import Report
from tests.mutants.trials import trial
from tests.mutants.trying import Tried, Verdict

DECISION, *_ = MODULES
TESTS = "tests/mapping/test_decision.py"
CHANGES = {
    "x = a < b": {"x = a <= b", "x = a >= b"},
    "x = a is not b": {"x = a is b"},
    "x = a not in b": {"x = a in b"},
    "x = a == b != c": {"x = a != b != c", "x = a == b == c"},
    "x = a and b or c": {"x = a or b or c", "x = a and b and c"},
    "x = not a": {"x = a"},
    "x = 41": {"x = 42"},
    "x = True": {"x = False"},
    "x = 'open'": {'x = ""'},
    "x = f'/courses/{a}'": {'x = ""'},
    "x = a + b * c": {"x = a - b * c", "x = a + b / c"},
    "x = a | b": {"x = a"},
    "x = min(a, b)": {"x = max(a, b)"},
    "x = any(a)": {"x = all(a)"},
    "f(a, b=c, d=e)": {"pass", "f(a, d=e)", "f(a, b=c)", "f(a, b=e, d=c)"},
    "f(a=b, c=b)": {"pass", "f(a=b)", "f(c=b)"},
    "x = {**a, b: c}": {"x = {b: c}", "x = {**a}"},
    "x = a if b else c": {"x = a if True else c", "x = a if False else c"},
    "x = [a for a in b if c]": {"x = [a for a in b if True]", "x = [a for a in b if False]"},
    "x += a": {"pass"},
    "raise KeyError(a)": {"pass"},
    "raise Rejected(a, status=b)": {"pass", "raise Rejected(a)", "raise NotReady(a)"},
    "raise NotReady(a)": {"pass", "raise Rejected(a)"},
    "def f(): return a": {"def f(): return None"},
    "def f(): return False": {"def f(): return True"},
    "with suppress(KeyError): x = a": {"with suppress(): x = a"},
    "while a: x = b": {"while False: x = b"},
    "match a:\n    case b.c: x = d": {"case b.c if False: x = d"},
    "try: x = a\nexcept KeyError: x = b": {"except KeyError: raise"},
}
LEFT_ALONE = (
    '"""A docstring."""',
    "x: Literal['open'] = a",
    "x = 'a text for people'",
    "x = f'{a} is for people'",
    "x = ''",
    "assert a == b",
    "from a import b",
    "@f(frozen=True)\nclass A: x = a",
    "def f(a: B | None) -> C | None: x = a",
    "if TYPE_CHECKING: import a",
)


@pytest.mark.parametrize("text", CHANGES)
def test_each_operator_makes_its_mutants(text: str) -> None:
    # Given a line of a module, when its mutants are made
    made = [mutant.change()[1] for mutant in mutants(Source("module.py", text + "\n"))]
    # Then there is each change once, and no other
    assert sorted(made) == sorted(CHANGES[text])


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_decides_nothing_is_left_alone(text: str) -> None:
    assert mutants(Source("module.py", text + "\n")) == []


def test_an_error_that_takes_the_place_of_another_is_imported() -> None:
    # Given a rejection that becomes a wait
    [wait] = [each for each in mutants(Source("module.py", "raise Rejected(a)\n")) if each.operator == "other error"]
    # When the module is written with it, then the error is there
    assert "from dokstamp_sync.errors import NotReady" in wait.text()


@pytest.mark.parametrize("path", MODULES)
def test_there_are_mutants_of_each_module(path: str) -> None:
    assert mutants(Source.read(path))


@pytest.mark.parametrize("known", EQUIVALENT, ids=lambda known: known.before[:40])
def test_an_equivalent_mutant_is_still_made(known: Equivalent) -> None:
    # Given one that is listed, when the mutants of its module are made
    made = mutants(Source.read(known.path))
    # Then it is one of them: who changes the line judges it again
    assert any(known.is_meant_by(mutant) for mutant in made), "the source has changed; strike it off the list"


def test_a_mutant_is_noticed_and_an_unchanged_module_is_not(tmp_path: Path) -> None:
    # Given a module that no longer says that something is stale, and the module itself
    forks, source = Forks(), Source.read(DECISION)
    changed = source.text.replace("Outcome.STALE", "Outcome.UPDATED")
    assert changed != source.text
    test = f"{TESTS}::test_what_is_older_need_not_wait_for_the_owner_to_be_stale"
    # When a test that holds it is run on both
    noticed = [
        forks.call(60, trial, source.module, source.path, text, {test: 1.0}, str(tmp_path / str(number)))
        for number, text in enumerate((changed, source.text))
    ]
    # Then it fails on the one and passes on the other
    assert noticed == [test, ""]


def test_a_trial_without_tests_is_no_verdict(tmp_path: Path) -> None:
    # Given a test that is not there any more
    source = Source.read(DECISION)
    gone = {f"{TESTS}::test_gone": 1.0}
    # When a mutant is tried with it, then the trial is broken, and the mutant neither killed nor a survivor
    with pytest.raises(Broken, match="no such tests"):
        Forks().call(60, trial, source.module, source.path, source.text, gone, str(tmp_path))


def test_the_tests_that_noticed_the_neighbours_come_first_then_the_fastest() -> None:
    # Given two mutants of one function, and tests of which all but one run it
    one, other = mutants(Source("module.py", "def f():\n    x = 1\n    y = 2\n"))
    fast, slow, far = (
        Covering(name, seconds, {"module.py": frozenset({*lines})})
        for name, seconds, lines in (("fast", 0.1, {2, 3}), ("slow", 0.15, {2, 3}), ("far", 0.1, {7}))
    )
    choice = Choice([far, slow, fast])
    assert [list(tests) for tests in choice.rounds(one)] == [["fast", "slow"]]
    # When the slow one notices the one
    choice.learn(one, "slow")
    # Then it is the first to be tried on the other
    assert [list(tests) for tests in choice.rounds(other)] == [["slow", "fast"]]


def test_the_report_counts_what_can_be_noticed_and_shows_the_survivors() -> None:
    # Given three mutants: one was killed, one survived, and one is equivalent
    killed, survived, equivalent = mutants(Source("module.py", "x = 1\ny = 2\nz = 3\n"))
    tried = [_tried(killed, Verdict.KILLED), _tried(survived, Verdict.SURVIVED)]
    # When they are reported
    report = Report(tried, [(equivalent, Equivalent("module.py", "z = 3", "z = 4", "nobody reads it"))], 60)
    text = "\n".join(report.lines("make mutants"))
    # Then half of two were killed, and the survivor stands there as a diff, the equivalent one with its reason
    assert report.per_cent == 50
    assert "-y = 2\n+y = 3\n" in text
    assert "nobody reads it" in text


def _tried(mutant: Mutant, verdict: Verdict) -> Tried:
    return Tried(mutant, verdict, "a test", 1)
