"""Steers the sandbox of the stack of `make up`, for `make outage` and `make limit`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from local.processes import Failed
from local.stack_file import StackFile

SECONDS_TO_ANSWER = 5


class Steering:
    """The sandbox's own endpoints; see its page of endpoints, `/docs`."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(self, method: str, path: str, said: Any = None, **query: str) -> Any:
        """The answer's JSON, if it has any; raises Failed where the sandbox does not answer."""
        try:
            answer = self._client.request(method, f"/_sandbox/{path}", json=said, params=query).raise_for_status()
        except httpx.HTTPError:
            raise Failed(
                "The sandbox does not answer. If it has ended, `make up` starts it again: try again."
            ) from None
        return answer.json() if answer.content else None


@contextmanager
def steering(info: StackFile) -> Iterator[Steering]:
    """For as long as the block lasts; raises Failed where there is no sandbox to steer."""
    if not info.dokstamp_is_sandbox:
        raise Failed(
            f"The stack runs against {info.dokstamp_base_url}, and only the sandbox can be steered. End `make up`, and "
            "start it without DOKSTAMP_BASE_URL."
        )
    # Loopback needs no proxy, whatever the user's environment says.
    with httpx.Client(base_url=info.dokstamp_base_url, timeout=SECONDS_TO_ANSWER, trust_env=False) as client:
        yield Steering(client)
