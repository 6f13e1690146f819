"""The secret with DokStamp's credentials: kept, and read anew when DokStamp refuses what it holds."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.dokstamp.tokens import READ_ANEW_SECONDS
from dokstamp_sync.errors import Misconfigured, Retry
from dokstamp_sync.settings import Settings
from local.sandbox import Fault, Sandbox
from tests.contract.test_client_tokens import INSTITUTION, TOKEN, token_calls
from tests.support.pipeline import CREDENTIALS, Clock, a_brake


def test_the_secret_is_read_afresh_only_after_a_refusal(given: Settings, sandbox: Sandbox, clock: Clock) -> None:
    # Given a secret that was rotated, of which a cache still holds the old one
    asked: list[bool] = []

    def credentials(afresh: bool) -> dict[str, str]:
        asked.append(afresh)
        return CREDENTIALS

    client = DokStamp(given, credentials, a_brake(clock), clock=clock)
    list(client.pages("/courses"))
    sandbox.gate.clear()
    # When DokStamp refuses the token
    list(client.pages("/courses"))
    client.close()
    # Then the cache is passed by the second time
    assert asked == [False, True]


class Secret:
    """A secret that is kept, as Powertools keeps it, until it is read anew. ``read_anew``: how often it was."""

    def __init__(self, kept: Mapping[str, str], stored: Mapping[str, str]) -> None:
        self.kept, self.stored = kept, stored
        self.read_anew = 0

    def __call__(self, afresh: bool) -> Mapping[str, str]:
        if afresh:
            self.read_anew += 1
            self.kept = self.stored
        return self.kept


WRONG = CREDENTIALS | {"client_secret": "old", "password": "old"}


@contextmanager
def client_with(secret: Secret, given: Settings, clock: Clock) -> Iterator[DokStamp]:
    client = DokStamp(given, secret, a_brake(clock), clock=clock)
    yield client
    client.close()


@pytest.mark.parametrize("status", [400, 401, 403])
def test_new_credentials_are_used_at_once_when_the_token_request_is_refused(
    status: int, given: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    # Given a secret with new credentials, and a cache that holds the old ones, which DokStamp refuses
    secret = Secret(WRONG, CREDENTIALS)
    sandbox.add_faults(Fault(kind="status", path=TOKEN, status=status))
    # When something is created
    with client_with(secret, given, clock) as client:
        client.create("/institutions", INSTITUTION)
    # Then the secret was read anew once, and the token asked for once more
    assert secret.read_anew == 1
    assert [call.status for call in sandbox.calls] == [status, 200, 201]


def test_a_secret_that_lacked_a_key_is_used_as_soon_as_it_is_filled_in(
    given: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    with client_with(Secret({}, CREDENTIALS), given, clock) as client:
        client.create("/institutions", INSTITUTION)
    assert [call.status for call in sandbox.calls] == [200, 201]


def test_credentials_that_are_refused_for_good_are_read_anew_every_few_seconds_for_all_threads(
    given: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    # Given credentials that are wrong, and stay so
    secret = Secret(WRONG, WRONG)
    with client_with(secret, given, clock) as client:

        def call(_: int) -> None:
            with pytest.raises(Misconfigured):
                list(client.pages("/courses"))

        for round_ in (1, 2):
            # When eight threads make five calls each at one moment
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(call, range(40)))
            # Then the secret was read anew once, and the token asked for once per call
            assert secret.read_anew == round_
            assert len(token_calls(sandbox)) == round_ * 40
            # And once more a few seconds later
            clock.sleep(READ_ANEW_SECONDS)
        # And when the right ones are there, they are used then
        secret.stored = CREDENTIALS
        list(client.pages("/courses"))


def test_a_secret_that_somebody_has_broken_is_told_of_though_the_old_one_is_kept(
    given: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    # Given a cache that holds good credentials, and a secret that is no JSON any more
    def secret(afresh: bool) -> Mapping[str, str]:
        if afresh:
            raise Misconfigured("the credentials secret is not JSON")
        return CREDENTIALS

    client = DokStamp(given, secret, a_brake(clock), clock=clock)
    client.create("/institutions", INSTITUTION)
    # When DokStamp has forgotten the token, and so the secret is read anew
    sandbox.gate.clear()
    # Then the next call says what is wrong with it
    with pytest.raises(Misconfigured, match="not JSON"):
        list(client.pages("/courses"))
    client.close()


def test_a_secret_that_cannot_be_read_anew_is_asked_for_only_every_few_seconds(
    given: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    # Given credentials that are wrong, and a Secrets Manager that does not answer, so that only the cache does
    asked: list[bool] = []

    def secret(afresh: bool) -> Mapping[str, str]:
        asked.append(afresh)
        if afresh:
            raise Retry("the credentials secret could not be read")
        return WRONG

    client = DokStamp(given, secret, a_brake(clock), clock=clock)
    for round_ in (1, 2):
        # When many calls are made at one moment
        for _ in range(10):
            with pytest.raises((Retry, Misconfigured)):
                list(client.pages("/courses"))
        # Then the cache was passed by once, and once more a few seconds later
        assert asked.count(True) == round_
        clock.sleep(READ_ANEW_SECONDS)
    client.close()


def test_a_token_that_is_refused_at_every_call_reads_the_secret_anew_every_few_seconds(
    given: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    # Given a DokStamp that gives out tokens and takes none
    secret = Secret(CREDENTIALS, CREDENTIALS)
    sandbox.add_faults(Fault(kind="status", path="^/courses$", status=401, times=None))
    # When many calls are made at one moment
    with client_with(secret, given, clock) as client:
        for _ in range(10):
            with pytest.raises(Misconfigured):
                list(client.pages("/courses"))
    assert secret.read_anew == 1


def test_a_secret_that_lacks_a_key_is_misconfigured_and_its_values_are_not_told(
    given: Settings, clock: Clock, sandbox: Sandbox
) -> None:
    # Given a secret with one key of two
    secret = {"client_id": "the-secret-id", "email": "the-secret-id"}
    client = DokStamp(given, lambda afresh: secret, a_brake(clock), clock=clock)
    # When a call is made
    with pytest.raises(Misconfigured) as error:
        list(client.pages("/courses"))
    client.close()
    # Then the missing key is named
    assert ("client_secret" if given.dokstamp_auth == "client_credentials" else "password") in error.value.reason
    assert "the-secret-id" not in error.value.reason
    assert sandbox.calls == []
