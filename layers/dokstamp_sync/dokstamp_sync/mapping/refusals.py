"""The outcomes table: records that were rejected or blocked, with their reasons, until they expire."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync import observability
from dokstamp_sync.errors import Retry
from dokstamp_sync.observability import digest_of, logger
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import RecordOutcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_SECONDS = 86_400
# DynamoDB allows 400 KB an item. What came through a queue is shorter; only quoted as a text it may be longer.
MOST_BYTES = 380_000
INDEX = "awaits"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A blocked record as it is kept. ``id``: its row's; ``record``: its JSON; the rest: of its message."""

    id: str
    step: Step
    run: str
    occurred_at: str
    force: bool
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A record as it is to be kept. ``id``: its row's; ``said``: its JSON; ``run``, ``occurred_at``, ``force``: of its
    message; ``awaits``: the row id of the record that it waits for; ``version``: of its row, as this worker wrote it.
    """

    id: str
    run: str
    occurred_at: str
    outcome: RecordOutcome
    said: Any
    awaits: str = ""
    force: bool = False
    version: str = ""


class Refusals(Protocol):
    """Keeps refused records. Raises Retry if it cannot: a record may be dropped only after it was stored here."""

    def keep(self, refused: Refused) -> None:
        """Keeps the record with its outcome, in place of one under the same id, unless that is newer.

        Of one moment, the one with the later row version is newer: a slow worker may keep the other one last.
        """

    def drop(self, id_: str, occurred_at: str) -> None:
        """Removes the record, unless a newer one is kept: this one was delivered later."""

    def release(self, waiting: Waiting) -> None:
        """Notes that the record was sent again and waits no more, unless it was kept once more or dropped since."""

    def waiting_for(self, awaits: str) -> list[Waiting]:
        """The records that wait for this row's. What was kept or dropped just now may be missing, or still there.

        What cannot be read is told of and left out.
        """


class RefusalTable:
    """The outcomes table in DynamoDB. An item's ``id`` is the record's row id; it expires after ``days``.

    The index holds only the records that wait for another one.
    """

    def __init__(self, client: DynamoDBClient, table: str, days: int, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._days = days
        self._clock = clock

    def keep(self, refused: Refused) -> None:
        outcome = refused.outcome
        text = {
            "id": refused.id,
            "run": refused.run,
            "occurred_at": refused.occurred_at,
            "row_version": refused.version,
            "step": outcome.step.value,
            "sis_id": outcome.sis_id or "",
            "outcome": outcome.outcome.value,
            "reason": outcome.reason,
            "record": _cut(json.dumps(refused.said, ensure_ascii=False, separators=(",", ":"))),
        }
        item: dict[str, Any] = {name: {"S": value} for name, value in text.items()}
        item["expires_at"] = {"N": str(int(self._clock()) + self._days * DAY_SECONDS)}
        if refused.awaits:
            item |= {INDEX: {"S": refused.awaits}, "force": {"BOOL": refused.force}}
        same_moment = (
            "occurred_at = :occurred_at AND (attribute_not_exists(row_version) OR row_version <= :row_version)"
        )
        self._if_so(
            "put_item",
            f"attribute_not_exists(id) OR occurred_at < :occurred_at OR {same_moment}",
            {":occurred_at": item["occurred_at"], ":row_version": item["row_version"]},
            Item=item,
        )

    def drop(self, id_: str, occurred_at: str) -> None:
        condition = "attribute_not_exists(id) OR occurred_at <= :occurred_at"
        self._if_so("delete_item", condition, {":occurred_at": {"S": occurred_at}}, Key={"id": {"S": id_}})

    def release(self, waiting: Waiting) -> None:
        self._if_so(
            "update_item",
            "#run = :run AND occurred_at = :occurred_at",
            {":run": {"S": waiting.run}, ":occurred_at": {"S": waiting.occurred_at}},
            Key={"id": {"S": waiting.id}},
            UpdateExpression=f"REMOVE {INDEX}",
            ExpressionAttributeNames={"#run": "run"},
        )

    def waiting_for(self, awaits: str) -> list[Waiting]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=INDEX,
            KeyConditionExpression=f"{INDEX} = :awaits",
            ExpressionAttributeValues={":awaits": {"S": awaits}},
        )
        try:
            found = [_waiting(item) for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the outcomes table could not be read ({type(error).__name__})") from error
        return [each for each in found if each]

    def _if_so(self, operation: str, condition: str, values: Mapping[str, Any], **parameters: Any) -> None:
        try:
            with suppress(self._client.exceptions.ConditionalCheckFailedException):
                getattr(self._client, operation)(
                    TableName=self._table,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    **parameters,
                )
        except (ClientError, BotoCoreError) as error:
            raise Retry(f"the outcomes table could not be written ({type(error).__name__})") from error


def _waiting(item: Mapping[str, Any]) -> Waiting | None:
    """The record; None, and that is told, if somebody has edited it by hand: the others must not wait for it."""
    try:
        record = json.loads(item["record"]["S"])
        if not isinstance(record, dict):
            raise TypeError
        return Waiting(
            id=item["id"]["S"],
            step=Step(item["step"]["S"]),
            run=item["run"]["S"],
            occurred_at=item["occurred_at"]["S"],
            force=item["force"]["BOOL"],
            record=record,
        )
    except (LookupError, TypeError, ValueError, RecursionError):
        logger.error("a kept record cannot be read", record=digest_of(item["id"]["S"]))
        observability.count("Unforeseen")
        return None


def _cut(text: str) -> str:
    return text.encode()[:MOST_BYTES].decode(errors="ignore")
