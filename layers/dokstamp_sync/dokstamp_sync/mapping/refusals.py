"""The outcomes table: records that were rejected or blocked, with their reasons, until they expire."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync.errors import Retry
from dokstamp_sync.outcomes import RecordOutcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_SECONDS = 86_400
# DynamoDB allows 400 KB an item, and a character takes at most four bytes.
MOST_CHARACTERS = 90_000


class Refusals(Protocol):
    """Keeps refused records. Raises Retry if it cannot: a record may be dropped only after it was stored here."""

    def keep(self, id_: str, run: str, occurred_at: str, outcome: RecordOutcome, said: Any) -> None:
        """Keeps the record (``said``: its JSON) with its outcome, in place of an earlier one under the same id."""

    def drop(self, id_: str) -> None:
        """Removes the record: it was delivered later."""


class RefusalTable:
    """The outcomes table in DynamoDB. An item's ``id`` is the record's row id; it expires after ``days``."""

    def __init__(self, client: DynamoDBClient, table: str, days: int, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._days = days
        self._clock = clock

    def keep(self, id_: str, run: str, occurred_at: str, outcome: RecordOutcome, said: Any) -> None:
        text = {
            "id": id_,
            "run": run,
            "occurred_at": occurred_at,
            "step": outcome.step.value,
            "sis_id": outcome.sis_id or "",
            "outcome": outcome.outcome.value,
            "reason": outcome.reason,
            "record": json.dumps(said, ensure_ascii=False)[:MOST_CHARACTERS],
        }
        expires = {"expires_at": {"N": str(int(self._clock()) + self._days * DAY_SECONDS)}}
        self._ask("put_item", Item={name: {"S": value} for name, value in text.items()} | expires)

    def drop(self, id_: str) -> None:
        self._ask("delete_item", Key={"id": {"S": id_}})

    def _ask(self, operation: str, **parameters: Mapping[str, Any]) -> None:
        try:
            getattr(self._client, operation)(TableName=self._table, **parameters)
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the outcomes table could not be written ({type(error).__name__})") from error
