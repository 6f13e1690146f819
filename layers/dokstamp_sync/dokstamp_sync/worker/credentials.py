"""DokStamp's credentials, from Secrets Manager, kept for a few minutes."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError

from dokstamp_sync.dokstamp.tokens import Credentials
from dokstamp_sync.errors import Misconfigured

KEPT_SECONDS = 300


def credentials(provider: SecretsProvider, secret_arn: str) -> Credentials:
    """What reads the secret's JSON object, anew if told so. It raises Misconfigured if there is none."""

    def read(afresh: bool) -> Mapping[str, str]:
        try:
            secret = provider.get(secret_arn, max_age=KEPT_SECONDS, transform="json", force_fetch=afresh)
        except GetParameterError as error:
            # The message of the cause names the secret, never its content.
            raise Misconfigured(f"the credentials secret could not be read: {error}") from None
        except TransformParameterError:
            raise Misconfigured("the credentials secret is not JSON") from None
        if not isinstance(secret, dict) or not all(isinstance(value, str) for value in secret.values()):
            raise Misconfigured("the credentials secret is not a JSON object of strings")
        return secret

    return read
