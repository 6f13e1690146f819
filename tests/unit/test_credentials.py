"""The secret with DokStamp's credentials, as Secrets Manager answers it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from dokstamp_sync.errors import Misconfigured, Retry
from dokstamp_sync.worker.credentials import KEPT_SECONDS, credentials
from tests.support.pipeline import CREDENTIALS, Clock

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:dokstamp"
ASKED = {"SecretId": ARN}


@pytest.fixture
def client() -> Any:
    """Stubbed by each test: it asks nobody."""
    return boto3.client("secretsmanager", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secrets(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_the_secret_is_kept_for_a_while_and_read_anew_when_told_so(client: Any, secrets: Stubber, clock: Clock) -> None:
    # Given a secret that changes each time that it is read
    read = credentials(client, ARN, clock)
    for number in range(3):
        secrets.add_response("get_secret_value", {"SecretString": json.dumps({"number": str(number)})}, ASKED)
    # When it is asked for twice, and once more past what is kept, and again when that is old
    told = [read(False), read(False), read(True), read(False)]
    clock.sleep(KEPT_SECONDS)
    told.append(read(False))
    # Then it was read three times
    assert [each["number"] for each in told] == ["0", "0", "1", "1", "2"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", Retry),
        ("InternalServiceError", Retry),
        ("AccessDeniedException", Misconfigured),
        ("ResourceNotFoundException", Misconfigured),
    ],
)
def test_a_secret_that_cannot_be_read_is_tried_again_or_is_for_somebody_to_put_right(
    code: str, kind: type[Exception], client: Any, secrets: Stubber, clock: Clock
) -> None:
    secrets.add_client_error("get_secret_value", code)
    with pytest.raises(kind, match=rf"could not be read \({code}\)") as raised:
        credentials(client, ARN, clock)(False)
    assert type(raised.value) is kind


def test_a_secrets_manager_that_is_out_of_reach_is_tried_again(client: Any, clock: Clock) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://secrets")

    client.meta.events.register("before-call", fail)
    with pytest.raises(Retry, match="EndpointConnectionError"):
        credentials(client, ARN, clock)(False)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"SecretBinary": b"x"}, "not JSON"),
        ({"SecretString": "client_id=x"}, "not JSON"),
        ({"SecretString": "[" * 100_000}, "not JSON"),
        ({"SecretString": "[]"}, "not a JSON object of strings"),
        ({"SecretString": '{"client_id": 1}'}, "not a JSON object of strings"),
    ],
    ids=["bytes", "text", "deep", "list", "number"],
)
def test_a_secret_in_another_form_is_told_and_read_anew_next_time(
    answer: dict[str, Any], reason: str, client: Any, secrets: Stubber, clock: Clock
) -> None:
    # Given a secret in a form that nobody can use, and then in the right one
    read = credentials(client, ARN, clock)
    secrets.add_response("get_secret_value", answer, ASKED)
    secrets.add_response("get_secret_value", {"SecretString": json.dumps(CREDENTIALS)}, ASKED)
    # When it is asked for, Then what is wrong is told
    with pytest.raises(Misconfigured, match=reason):
        read(False)
    # And the next time the new one is there
    assert read(False) == CREDENTIALS
