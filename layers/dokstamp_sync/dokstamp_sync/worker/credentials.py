"""DokStamp's credentials, from Secrets Manager, kept for a few minutes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync.dokstamp.tokens import Credentials
from dokstamp_sync.errors import Misconfigured, Retry

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS = 300
# What passes by itself.
_PASSING = {"ThrottlingException", "InternalServiceError", "InternalFailure", "ServiceUnavailable"}


def credentials(secrets: SecretsManagerClient, arn: str, clock: Callable[[], float]) -> Credentials:
    """What reads the secret's JSON object, anew if told so. It raises Misconfigured if there is none, or Retry."""
    kept: Mapping[str, str] = {}
    good_until = float("-inf")

    def read(afresh: bool) -> Mapping[str, str]:
        nonlocal kept, good_until
        if afresh or clock() >= good_until:
            kept = _read(secrets, arn)
            good_until = clock() + KEPT_SECONDS
        return kept

    return read


def _read(secrets: SecretsManagerClient, arn: str) -> Mapping[str, str]:
    what = "the credentials secret could not be read"
    try:
        answer = secrets.get_secret_value(SecretId=arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise (Retry if code in _PASSING else Misconfigured)(f"{what} ({code})") from error
    except BotoCoreError as error:
        raise Retry(f"{what} ({type(error).__name__})") from error
    try:
        secret = json.loads(answer["SecretString"])
    except (KeyError, ValueError, RecursionError):
        raise Misconfigured("the credentials secret is not JSON") from None
    if not isinstance(secret, dict) or not all(isinstance(value, str) for value in secret.values()):
        raise Misconfigured("the credentials secret is not a JSON object of strings")
    return secret
