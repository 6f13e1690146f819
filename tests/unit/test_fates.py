"""The one table of fates, status by status."""

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


@pytest.mark.parametrize("status", range(200, 300))
def test_every_2xx_is_done(status: int) -> None:
    assert fate(status) is Fate.DONE


@pytest.mark.parametrize("status", range(300, 400))
def test_every_3xx_is_misconfigured_for_the_api_knows_no_redirect(status: int) -> None:
    assert fate(status) is Fate.MISCONFIGURED


@pytest.mark.parametrize("status", range(400, 500))
def test_every_4xx_is_rejected_but_for_six(status: int) -> None:
    assert fate(status) is EXCEPTIONS.get(status, Fate.REJECTED)


@pytest.mark.parametrize("status", range(500, 600))
def test_every_5xx_is_retried(status: int) -> None:
    assert fate(status) is Fate.RETRY


@pytest.mark.parametrize("status", [-1, 0, 100, 101, 199, 600, 999])
def test_a_status_that_is_none_is_rubbish_and_retried(status: int) -> None:
    assert fate(status) is Fate.RETRY


def test_only_a_refusal_to_begin_says_that_nothing_was_carried_out() -> None:
    # Given the statuses that are retried
    retried = {status for status in range(200, 600) if fate(status) in (Fate.RETRY, Fate.THROTTLED)}
    # When one of them is definite, Then it is one that is answered before anything is done
    assert retried >= NOT_CARRIED_OUT
    assert {408, 500, 502, 503, 504}.isdisjoint(NOT_CARRIED_OUT)
