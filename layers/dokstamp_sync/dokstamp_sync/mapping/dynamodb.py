"""The mapping in DynamoDB: one item per row, found by ``id``, with the row's fields as attributes of the same names."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from dokstamp_sync import backoff
from dokstamp_sync.errors import Misconfigured, Retry
from dokstamp_sync.mapping.attributes import attribute, plain
from dokstamp_sync.mapping.row import Conflict, Row, next_version
from dokstamp_sync.observability import digest_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_KEYS = 100  # DynamoDB's limit for one BatchGetItem
MOST_ROUNDS = 8  # requests, the first included, for keys that DynamoDB leaves unprocessed
FIRST_PAUSE_SECONDS = 0.05  # the longest pause before the second round; doubles with every round
LONGEST_PAUSE_SECONDS = 1.0

_ROW = TypeAdapter(Row)


class DynamoDBStore:
    """Keeps rows in a DynamoDB table; see Store. ``sleep`` takes seconds, ``random`` answers from [0, 1)."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        unique: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._random = random
        self._unique = unique

    def read(self, ids: Iterable[str]) -> dict[str, Row]:
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Row] = {}
        for start in range(0, len(wanted), MOST_KEYS):
            for item in self._get(wanted[start : start + MOST_KEYS]):
                row = _row(item)
                found[row.id] = row
        return found

    def write(self, row: Row, replaces: Row | None, beside: Row | None = None) -> Row:
        stored = replace(row, version=next_version(replaces, self._unique()))
        puts = [self._put(stored, replaces)]
        if beside:
            puts.append(self._put(replace(beside, version=stored.version), None))
        try:
            if beside:
                self._client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
            else:
                self._client.put_item(**puts[0])
        except self._client.exceptions.ConditionalCheckFailedException as error:
            self._check(stored, [error.response.get("Item")])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons: Any = error.response["CancellationReasons"]
            if not any(each["Code"] == "ConditionalCheckFailed" for each in reasons):
                raise Retry("the mapping could not be written (TransactionCanceled)", definite=False) from error
            self._check(stored, [each.get("Item") for each in reasons if each["Code"] == "ConditionalCheckFailed"])
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the mapping could not be written ({_name(error)})", definite=False) from error
        return stored

    def _put(self, row: Row, replaces: Row | None) -> Any:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if replaces is not None:
            condition = {
                "ConditionExpression": "version = :replaced",
                "ExpressionAttributeValues": {":replaced": {"S": replaces.version}},
            }
        kept = {"TableName": self._table, "Item": _item(row), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return kept | condition

    def _check(self, stored: Row, items: list[Any]) -> None:
        """Raises Conflict with the row in the way, unless an earlier try of this same write stored that row."""
        for item in items:
            current = _row(item) if item else None
            if current is None or current.version != stored.version:
                raise Conflict(current)

    def _get(self, ids: list[str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        asked: dict[str, Any] = {self._table: {"Keys": [{"id": {"S": each}} for each in ids], "ConsistentRead": True}}
        for asked_before in range(MOST_ROUNDS):
            if asked_before:
                longest = backoff.ceiling(asked_before, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
                self._sleep(backoff.equal_jitter(longest, self._random()))
            try:
                answer = self._client.batch_get_item(RequestItems=asked)
            except (ClientError, BotoCoreError) as error:
                raise Retry(f"the mapping could not be read ({_name(error)})") from error
            items += answer["Responses"].get(self._table, [])
            asked = dict(answer.get("UnprocessedKeys") or {})
            if not asked:
                return items
        raise Retry("the mapping could not be read whole (DynamoDB leaves keys unprocessed)")


def _name(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def _item(row: Row) -> dict[str, Any]:
    return {name: attribute(part) for name, part in asdict(row).items() if part is not None}


def _row(item: dict[str, Any]) -> Row:
    try:
        found = {name: plain(part) for name, part in item.items()}
        for run, note in (found.get("waiting") or {}).items():
            if not isinstance(note, dict):
                # In its old form it says only since when the run waits.
                found["waiting"][run] = {"waited": 0, "seen": note}
        row = _ROW.validate_python(found)
        if not row.version:
            raise ValueError("without a version it could never be replaced")
        return row
    except (AttributeError, TypeError, ValueError) as error:
        # Only a person can have changed it so. Taken for absent, it would let the entity be created once more.
        reason = f"the row {digest_of(item['id']['S'])} of the mapping cannot be read ({type(error).__name__})"
        raise Misconfigured(reason) from None
