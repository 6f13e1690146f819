"""What can go wrong between us and DynamoDB: never an empty answer, never a conflict that is none."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.dynamodb import MOST_KEYS, MOST_ROUNDS, DynamoDBStore
from dokstamp_sync.mapping.row import Conflict, Row, Waited
from tests.mapping.conftest import TABLE
from tests.mapping.rows import ID, delivered, only

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CANNOT_ASK = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]
CANNOT_ASK += ["InternalServerError", "ServiceUnavailable", "AccessDeniedException", "ResourceNotFoundException"]
UNREACHABLE = [kind(endpoint_url="https://dynamodb") for kind in (EndpointConnectionError, ReadTimeoutError)]


def keys(*ids: str) -> dict[str, Any]:
    return {TABLE: {"Keys": [{"id": {"S": each}} for each in ids], "ConsistentRead": True}}


def store_in(client: "DynamoDBClient") -> DynamoDBStore:
    """One that never has to pause."""
    return DynamoDBStore(client, TABLE, sleep=_unexpected, random=lambda: 0.5)


def _unexpected(seconds: float) -> None:
    raise AssertionError(f"paused for {seconds} seconds")


def item(id_: str) -> dict[str, Any]:
    return {"id": {"S": id_}, "version": {"S": "v"}, "facts": {"M": {}}}


@pytest.fixture
def pauses() -> list[float]:
    """How long the store paused, in seconds."""
    return []


@pytest.fixture
def stubbed(pauses: list[float]) -> tuple[DynamoDBStore, Stubber]:
    """A store whose every answer is written down beforehand."""
    client = boto3.client("dynamodb")
    stubber = Stubber(client)
    stubber.activate()
    return DynamoDBStore(client, TABLE, sleep=pauses.append, random=lambda: 0.5), stubber


def before_every_call(client: "DynamoDBClient", react: Callable[..., None]) -> None:
    client.meta.events.register("before-call.dynamodb", react)


def test_keys_left_unprocessed_are_asked_for_again_after_a_pause(
    stubbed: tuple[DynamoDBStore, Stubber], pauses: list[float]
) -> None:
    # Given a DynamoDB that answers one of three keys at a time
    store, answers = stubbed
    left = [("a", "b", "c"), ("b", "c"), ("c",), ()]
    for asked, rest in pairwise(left):
        found = {"Responses": {TABLE: [item(asked[0])]}, "UnprocessedKeys": keys(*rest) if rest else {}}
        answers.add_response("batch_get_item", found, {"RequestItems": keys(*asked)})
    # When all three are read
    rows = store.read(["a", "b", "c"])
    # Then all three are there, each after a longer pause than the one before
    assert set(rows) == {"a", "b", "c"}
    assert len(pauses) == 2
    assert 0 < pauses[0] < pauses[1] < 1
    answers.assert_no_pending_responses()


def test_keys_that_stay_unprocessed_are_a_retry_and_no_absence(
    stubbed: tuple[DynamoDBStore, Stubber], pauses: list[float]
) -> None:
    store, answers = stubbed
    for _ in range(MOST_ROUNDS):
        answers.add_response("batch_get_item", {"Responses": {TABLE: []}, "UnprocessedKeys": keys(ID)})
    with pytest.raises(Retry, match="could not be read whole"):
        store.read([ID])
    answers.assert_no_pending_responses()
    # And nobody pauses before giving up, nor for longer than a call may take
    assert len(pauses) == MOST_ROUNDS - 1
    assert pauses == sorted(pauses)
    assert sum(pauses) < 5


def test_what_is_answered_at_once_takes_a_brake(database: "DynamoDBClient", pauses: list[float]) -> None:
    store = DynamoDBStore(database, TABLE, sleep=pauses.append, random=lambda: 0.5)
    store.write(delivered(), None)
    assert store.read([ID])
    assert pauses == []


@pytest.mark.parametrize("code", CANNOT_ASK)
def test_what_is_refused_is_a_retry_and_neither_an_absence_nor_a_conflict(
    stubbed: tuple[DynamoDBStore, Stubber], code: str
) -> None:
    store, answers = stubbed
    for operation in ("batch_get_item", "put_item"):
        answers.add_client_error(operation, code)
    with pytest.raises(Retry, match=code):
        store.read([ID])
    with pytest.raises(Retry, match=code) as retry:
        store.write(delivered(), None)
    assert not retry.value.definite


@pytest.mark.parametrize("error", UNREACHABLE, ids=lambda error: type(error).__name__)
def test_a_dynamodb_out_of_reach_is_a_retry(database: "DynamoDBClient", error: Exception) -> None:
    # Given a row, and a network that is gone since
    store = store_in(database)
    store.write(delivered(), None)

    def fail(**_: Any) -> None:
        raise error

    before_every_call(database, fail)
    # Then neither a read nor a write pretends to know
    with pytest.raises(Retry, match=type(error).__name__):
        store.read([ID])
    with pytest.raises(Retry, match=type(error).__name__):
        store.write(delivered(), None)


def test_one_part_of_a_large_read_that_fails_fails_the_whole(stubbed: tuple[DynamoDBStore, Stubber]) -> None:
    # Given a first hundred that is answered and a second that is not
    store, answers = stubbed
    answers.add_response("batch_get_item", {"Responses": {TABLE: [item("0")]}, "UnprocessedKeys": {}})
    answers.add_client_error("batch_get_item", "InternalServerError")
    # Then no half answer passes for a whole one
    with pytest.raises(Retry):
        store.read(map(str, range(MOST_KEYS + 1)))


def sent_twice(client: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, between: Callable[[], None]) -> None:
    """The SDK's own repeat after a lost answer: the first try is taken, the second one is what we hear of."""
    put = client.put_item

    def put_twice(**parameters: Any) -> Any:
        monkeypatch.setattr(client, "put_item", put)
        put(**parameters)
        between()
        return put(**parameters)

    monkeypatch.setattr(client, "put_item", put_twice)


@pytest.mark.parametrize("exists", [False, True], ids=["create", "change"])
def test_a_write_reported_as_refused_counts_as_taken_if_an_earlier_try_of_it_was(
    database: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    # Given an SDK that repeats a write whose answer was lost
    store = store_in(database)
    before = store.write(delivered(), None) if exists else None
    sent_twice(database, monkeypatch, lambda: None)
    # When a row is written
    written = store.write(delivered(uuid="mine"), before)
    # Then it counts as written, and the next write goes on from there
    assert only(store) == written
    assert store.write(written, written).uuid == "mine"


def test_a_repeated_write_that_somebody_overtook_in_between_is_a_conflict(
    database: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a write that was taken, and another worker's write on top of it before the SDK repeats the first
    store = store_in(database)

    def overtake() -> None:
        current = only(store)
        store.write(delivered(uuid="theirs"), current)

    sent_twice(database, monkeypatch, overtake)
    # Then ours counts as overtaken
    with pytest.raises(Conflict) as conflict:
        store.write(delivered(uuid="mine"), None)
    assert conflict.value.current is not None
    assert conflict.value.current.uuid == only(store).uuid == "theirs"


def test_reads_are_consistent(stubbed: tuple[DynamoDBStore, Stubber]) -> None:
    store, answers = stubbed
    answers.add_response(
        "batch_get_item", {"Responses": {TABLE: []}, "UnprocessedKeys": {}}, {"RequestItems": keys(ID)}
    )
    assert store.read([ID]) == {}
    answers.assert_no_pending_responses()


def test_no_request_asks_for_more_keys_than_dynamodb_takes(database: "DynamoDBClient") -> None:
    sizes: list[int] = []
    database.meta.events.register(
        "provide-client-params.dynamodb.BatchGetItem",
        lambda params, **_: sizes.append(len(params["RequestItems"][TABLE]["Keys"])),
    )
    store_in(database).read([str(number) for number in range(201)])
    assert sizes == [100, 100, 1]


def test_a_row_without_a_part_stores_no_empty_attribute(database: "DynamoDBClient") -> None:
    store_in(database).write(Row(ID), None)
    stored = database.get_item(TableName=TABLE, Key={"id": {"S": ID}})["Item"]
    assert set(stored) == {"id", "version", "facts"}


def test_a_note_of_a_waiting_run_is_read_as_it_was_written_before(database: "DynamoDBClient") -> None:
    # Given a row that only says since when a run's record waits
    since = {"M": {"run-1": {"N": "1795000007.5"}}}
    item: Any = {"id": {"S": ID}, "version": {"S": "1"}, "facts": {"M": {}}, "waiting": since}
    database.put_item(TableName=TABLE, Item=item)
    # Then it counts as seen at that time, and as not having waited: how much of it was an outage, nobody knows
    assert only(store_in(database)).waiting == {"run-1": Waited(0, 1_795_000_007.5)}
