"""DokStamp's credentials, from Secrets Manager, kept for a few minutes."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync.dokstamp.tokens import Credentials
from dokstamp_sync.errors import Misconfigured, Retry

KEPT_SECONDS = 300
# What passes by itself.
_PASSING = {"ThrottlingException", "InternalServiceError", "InternalFailure", "ServiceUnavailable"}


def credentials(provider: SecretsProvider, secret_arn: str) -> Credentials:
    """What reads the secret's JSON object, anew if told so. It raises Misconfigured if there is none, or Retry."""

    def read(afresh: bool) -> Mapping[str, str]:
        try:
            secret = provider.get(secret_arn, max_age=KEPT_SECONDS, transform="json", force_fetch=afresh)
        except GetParameterError as error:
            raise _told(error.__context__) from error
        except TransformParameterError:
            raise Misconfigured("the credentials secret is not JSON") from None
        if not isinstance(secret, dict) or not all(isinstance(value, str) for value in secret.values()):
            raise Misconfigured("the credentials secret is not a JSON object of strings")
        return secret

    return read


def _told(cause: BaseException | None) -> BaseException:
    """What becomes of the record for which the secret could not be read."""
    what = "the credentials secret could not be read"
    if isinstance(cause, ClientError):
        code = cause.response["Error"]["Code"]
        return Retry(f"{what} ({code})") if code in _PASSING else Misconfigured(f"{what} ({code})")
    if isinstance(cause, BotoCoreError):
        return Retry(f"{what} ({type(cause).__name__})")
    return cause or Misconfigured(what)
