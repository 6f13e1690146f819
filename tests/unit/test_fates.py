"""The one table of fates, status by status."""

from collections.abc import Iterable

import pytest

from dokstamp_sync.dokstamp.fates import NOT_CARRIED_OUT, Fate, fate

EXCEPTIONS = {
    401: Fate.RENEW,
    403: Fate.MISCONFIGURED,
    404: Fate.NOT_FOUND,
    408: Fate.RETRY,
    425: Fate.RETRY,
    429: Fate.THROTTLED,
}


@pytest.mark.parametrize(
    ("statuses", "usual"),
    [
        (range(200, 300), Fate.DONE),
        (range(300, 400), Fate.MISCONFIGURED),
        (range(400, 500), Fate.REJECTED),
        (range(500, 600), Fate.RETRY),
        ([-1, 0, 100, 101, 199, 600, 999], Fate.RETRY),
    ],
    ids=["2xx", "3xx, for the API knows no redirect", "4xx, but for six", "5xx", "none, which is rubbish"],
)
def test_every_status_has_the_fate_of_its_kind(statuses: Iterable[int], usual: Fate) -> None:
    for status in statuses:
        assert fate(status) is EXCEPTIONS.get(status, usual), status


def test_only_a_refusal_to_begin_says_that_nothing_was_carried_out() -> None:
    # Given the statuses that are retried
    retried = {status for status in range(200, 600) if fate(status) in (Fate.RETRY, Fate.THROTTLED)}
    # When one of them is definite, Then it is one that is answered before anything is done
    assert retried >= NOT_CARRIED_OUT
    assert {408, 500, 502, 503, 504}.isdisjoint(NOT_CARRIED_OUT)
