"""Every call, every fault and every point at which a worker can be killed or overtaken, once; all of them together:
`make faults`.
"""

from collections.abc import Iterator

import pytest

from tests.faults.cases import CALLS, Case, matrix, representative
from tests.faults.runner import Runner, running

CASES = matrix()
QUICK = representative(CASES)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with running() as started:
        yield started


@pytest.mark.parametrize("case", [pytest.param(case, id=case.sentence) for case in QUICK])
def test_ends_right_once(runner: Runner, case: Case) -> None:
    verdict = runner.run(case)
    assert verdict.is_well, str(verdict)


def test_every_case_has_an_id_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


def test_the_quick_part_leaves_no_call_and_no_happening_out() -> None:
    assert {case.call.key for case in QUICK} == {call.key for call in CALLS}
    assert {case.happening for case in QUICK} == {case.happening for case in CASES}
