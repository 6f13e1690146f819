"""The AWS clients of one environment. Each is made when it is first used, for most messages need few of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

# A session may not make two clients at the same moment.
_LOCK = threading.Lock()
# Parameters are checked by mypy and by AWS, and the long user agent is written anew for each call.
_CONFIG = Config(parameter_validation=False, user_agent="dokstamp-sync")


def client(service: str) -> Any:
    """A boto3 client, e.g. of ``sqs``; made when one of its methods is first asked for."""
    return _Later(lambda: _session().create_client(service, config=_CONFIG))


def make(*clients: Any) -> None:
    """Makes clients now: those that every message needs."""
    for each in clients:
        _ = each.meta


class _Later:
    """Stands for what ``make`` makes."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        with _LOCK:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, name)


@cache
def _session() -> botocore.session.Session:
    """botocore's own: boto3's loads much that is not needed for clients."""
    return botocore.session.get_session()
