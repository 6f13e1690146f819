"""DynamoDB, SQS and Step Functions as far as intake and worker use them: with its bounds, and failing when told to."""

import json
import re
import threading
from typing import Any, cast

from botocore.exceptions import ClientError

MOST_ITEM_BYTES = 400 * 1024
MOST_KEY_BYTES = 2048
MOST_TEXT_BYTES = 256 * 1024
FAILED = "ConditionalCheckFailed"
_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BeyondBounds(Exception):
    """AWS would refuse this for ever."""


class Exceptions:
    """What boto3 keeps at ``client.exceptions``."""

    class ConditionalCheckFailedException(ClientError):
        """The row is not what it was."""

    class TransactionCanceledException(ClientError):
        """One of the rows is not what it was."""

    class ExecutionAlreadyExists(ClientError):
        """A run of this name was started."""

    class ExecutionDoesNotExist(ClientError):
        """No run of this name was started."""


class Aws:
    """All three clients in one, with parameters as boto3 names them.

    ``fails_at``: which call (from 1) is not answered; 0: none.
    """

    exceptions = Exceptions

    def __init__(self, fails_at: int = 0) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.results: list[dict[str, Any]] = []
        self.runs: dict[str, str] = {}
        self.tasks: list[dict[str, Any]] = []
        self.has_failed = False
        self.fails_at = fails_at
        self._calls = 0
        self._lock = threading.RLock()

    def _called(self, operation: str) -> None:
        with self._lock:
            self._calls += 1
            if self._calls == self.fails_at:
                self.has_failed = True
                raise _error(ClientError, "InternalServerError", operation)

    def put_item(self, **put: Any) -> None:
        self._called("PutItem")
        with self._lock:
            held = self._in_the_way(**put)
            if held is not None:
                error = _error(Exceptions.ConditionalCheckFailedException, "ConditionalCheckFailedException", "PutItem")
                # DynamoDB adds it; botocore's own type does not know it.
                error.response["Item"] = held or None  # type: ignore[typeddict-unknown-key]
                raise error
            self.tables.setdefault(put["TableName"], {})[put["Item"]["id"]["S"]] = put["Item"]

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        self._called("TransactWriteItems")
        puts = [each["Put"] for each in TransactItems]
        with self._lock:
            held = [self._in_the_way(**put) for put in puts]
            if held != [None] * len(puts):
                error = _error(Exceptions.TransactionCanceledException, "TransactionCanceledException", "Transact")
                told = [{"Code": "None"} if each is None else {"Code": FAILED, "Item": each or None} for each in held]
                cast(Any, error.response)["CancellationReasons"] = told
                raise error
            for put in puts:
                self.tables.setdefault(put["TableName"], {})[put["Item"]["id"]["S"]] = put["Item"]

    def _in_the_way(self, TableName: str, Item: dict[str, Any], **condition: Any) -> dict[str, Any] | None:
        """What stands in place of what the condition wants (empty: nothing does); None if the item may be stored."""
        key = Item["id"]["S"]
        if not 0 < len(key.encode()) <= MOST_KEY_BYTES or _size(Item) > MOST_ITEM_BYTES:
            raise BeyondBounds(f"an item of {_size(Item)} bytes for {TableName}, its key of {len(key.encode())}")
        held: dict[str, Any] = self.tables.get(TableName, {}).get(key, {})
        replaced = condition.get("ExpressionAttributeValues", {}).get(":replaced")
        return held if condition.get("ConditionExpression") and held.get("version") != replaced else None

    def delete_item(self, TableName: str, Key: dict[str, Any], **condition: Any) -> None:
        self._called("DeleteItem")
        self.tables.setdefault(TableName, {}).pop(Key["id"]["S"], None)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        self._called("BatchGetItem")
        ((name, asked),) = RequestItems.items()
        keys = [each["id"]["S"] for each in asked["Keys"]]
        if not all(0 < len(key.encode()) <= MOST_KEY_BYTES for key in keys):
            raise BeyondBounds("a key that no table takes")
        table = self.tables.get(name, {})
        return {"Responses": {name: [table[key] for key in keys if key in table]}}

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        self._called("SendMessage")
        self.results.append(_json(MessageBody, "a result"))

    def update_item(self, **update: Any) -> None:
        self._called("UpdateItem")

    def describe_execution(self, executionArn: str) -> None:
        self._called("DescribeExecution")
        if executionArn.rpartition(":")[2] not in self.runs:
            raise _error(Exceptions.ExecutionDoesNotExist, "ExecutionDoesNotExist", "DescribeExecution")

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> None:
        self._called("StartExecution")
        if not _NAME.fullmatch(name):
            raise BeyondBounds("a run's name that Step Functions refuses")
        _json(input, "a run's state")
        if name in self.runs:
            raise _error(Exceptions.ExecutionAlreadyExists, "ExecutionAlreadyExists", "StartExecution")
        self.runs[name] = input

    def send_task_success(self, taskToken: str, output: str) -> None:
        self._called("SendTaskSuccess")
        self.tasks.append(_json(output, "a step's answer"))

    def change_message_visibility(self, **given: Any) -> None:
        self._called("ChangeMessageVisibility")


def _error(kind: type[ClientError], code: str, operation: str) -> ClientError:
    return kind({"Error": {"Code": code, "Message": code}}, operation)


def _json(text: str, what: str) -> Any:
    """The text, if a queue or a run takes it."""
    if _NO_CHARACTER.search(text):
        raise BeyondBounds(f"{what} with a character that no queue carries")
    if len(text.encode()) > MOST_TEXT_BYTES:
        raise BeyondBounds(f"{what} of {len(text.encode())} bytes")
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise BeyondBounds(f"{name}, which is no JSON")


def _size(value: Any) -> int:
    """As DynamoDB counts an item, roughly."""
    if isinstance(value, dict):
        return sum(len(key.encode()) + _size(each) + 1 for key, each in value.items())
    if isinstance(value, list):
        return sum(_size(each) + 1 for each in value)
    return len(str(value).encode()) if isinstance(value, str) else 1
