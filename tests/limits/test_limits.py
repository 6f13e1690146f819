"""Whatever the limit is, a load comes home near the ideal time, and little of it is refused."""

import pytest

from tests.limits.cases import QUICK, Load
from tests.limits.simulated import play


@pytest.mark.parametrize("load", QUICK, ids=lambda load: load.shown)
def test_a_load_keeps_to_a_limit_that_nobody_told_it(load: Load) -> None:
    # Given a DokStamp that takes only so many calls a second, and does not say how many
    # When more records come than it takes at once
    came = play(load)
    # Then all are delivered in little more than the time that their calls must take, and few calls are refused
    assert came.complaints() == []


def test_a_load_keeps_to_a_limit_that_it_was_told() -> None:
    # Given a parameter that says a little less than what DokStamp takes
    # When a large message comes, Then next to nothing is refused
    came = play(Load(20, 1, 500), calls_per_second=18)
    assert came.complaints() == []
    assert came.refused <= 2
