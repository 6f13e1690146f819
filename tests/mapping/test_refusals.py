"""What every outcomes table promises; see refusals.Refusals."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.refusals import Refusals, RefusalTable, Refused, Waiting
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from tests.support.memory import RefusalList
from tests.support.pipeline import Clock
from tests.support.tables import make_outcomes

TABLE = "outcomes"
ID = "enrollment#E1"
ANA = "student#ana"
CS = "course#CS"
ONE, TWO = (f"2026-11-20T{hour}:00:00.000000Z" for hour in (13, 14))
BLOCKED = RecordOutcome(Step.ENROLLMENT, "E1", Outcome.BLOCKED, "student 'ana' is missing")
SAID: dict[str, Any] = {"student_id": "ana", "grade": "8.5", "text": "é\u0001"}


@pytest.fixture(params=["memory", "dynamodb"])
def refusals(request: pytest.FixtureRequest, clock: Clock) -> Refusals:
    if request.param == "memory":
        return RefusalList()
    request.getfixturevalue("aws")
    client = boto3.client("dynamodb")
    if TABLE in client.list_tables()["TableNames"]:
        client.delete_table(TableName=TABLE)
    return RefusalTable(client, make_outcomes(client, TABLE), 90, clock)


def keep(refusals: Refusals, run: str = "run-1", occurred_at: str = ONE, awaits: str = ANA, id_: str = ID) -> None:
    refusals.keep(Refused(id_, run, occurred_at, BLOCKED, SAID, awaits, force=True))


def runs(refusals: Refusals, awaits: str = ANA) -> list[str]:
    return sorted(each.run for each in refusals.waiting_for(awaits))


def test_what_waits_for_a_record_is_found_as_it_was_said(refusals: Refusals) -> None:
    # Given a record that waits for another one, When that one is asked about
    keep(refusals)
    # Then it is found whole, with all that its message said of it
    assert refusals.waiting_for(ANA) == [Waiting(ID, Step.ENROLLMENT, "run-1", ONE, True, SAID)]
    assert refusals.waiting_for("student#bia") == []


def test_what_waits_for_nothing_is_not_found(refusals: Refusals) -> None:
    # Given a record that waited, and was rejected later
    keep(refusals)
    keep(refusals, "run-2", TWO, awaits="")
    # Then it waits no longer
    assert runs(refusals) == []


def test_what_is_kept_later_stands_in_place_of_what_was_said_before(refusals: Refusals) -> None:
    # Given a record that waits, and something newer of it that waits for another one
    keep(refusals)
    keep(refusals, "run-2", TWO, awaits=CS)
    # Then only that counts
    assert (runs(refusals), runs(refusals, CS)) == ([], ["run-2"])


def test_what_was_said_before_does_not_take_the_place_of_something_newer(refusals: Refusals) -> None:
    # Given a record that is kept, When something older of it comes
    keep(refusals, "run-2", TWO)
    keep(refusals, "run-1", ONE)
    # Then the newer one stays
    assert runs(refusals) == ["run-2"]
    # And of the same moment, the last one counts
    keep(refusals, "run-3", TWO)
    assert runs(refusals) == ["run-3"]


def test_what_a_slow_worker_keeps_last_does_not_take_the_place_of_what_was_found_out_since(refusals: Refusals) -> None:
    # Given a record that two workers have blocked, of which the first one is slow
    slow, fast = (
        Refused(ID, "run-1", ONE, BLOCKED, SAID, awaits, version=f"{n}-x") for n, awaits in enumerate((ANA, CS))
    )
    # When it keeps the record last, Then that does not count
    refusals.keep(fast)
    refusals.keep(slow)
    assert (runs(refusals), runs(refusals, CS)) == ([], ["run-1"])
    # And what is kept by the same worker once more does, as does what a newer message says
    refusals.keep(replace(fast, awaits=ANA))
    assert (runs(refusals), runs(refusals, CS)) == (["run-1"], [])
    refusals.keep(replace(slow, run="run-2", occurred_at=TWO))
    assert runs(refusals) == ["run-2"]


def test_what_was_kept_without_a_row_s_version_is_replaced(refusals: Refusals) -> None:
    # Given a record that version 1.0 has kept
    keep(refusals)
    if isinstance(refusals, RefusalTable):
        boto3.client("dynamodb").update_item(
            TableName=TABLE, Key={"id": {"S": ID}}, UpdateExpression="REMOVE row_version"
        )
    # When it is kept once more, Then that counts
    keep(refusals, "run-2")
    assert runs(refusals) == ["run-2"]


def test_what_was_delivered_is_dropped_but_nothing_newer(refusals: Refusals) -> None:
    # Given a record that waits
    keep(refusals, occurred_at=TWO)
    # When something older of it is delivered, Then it still waits
    refusals.drop(ID, ONE)
    assert runs(refusals) == ["run-1"]
    # And when itself is delivered, it does not; nor is it an error to drop it twice
    refusals.drop(ID, TWO)
    refusals.drop(ID, TWO)
    assert runs(refusals) == []


def test_what_was_sent_again_waits_no_more_unless_it_was_kept_or_dropped_since(refusals: Refusals) -> None:
    # Given a record that waits, When it was sent again, Then it waits no more, and is still kept
    keep(refusals)
    (first,) = refusals.waiting_for(ANA)
    refusals.release(first)
    assert runs(refusals) == []
    # And when it is blocked again, by any run, that holds whatever is said of the time before
    keep(refusals, "run-2")
    refusals.release(first)
    assert runs(refusals) == ["run-2"]
    # And nothing comes of it when the record is gone
    (second,) = refusals.waiting_for(ANA)
    refusals.drop(ID, ONE)
    refusals.release(second)
    assert runs(refusals) == []


@pytest.mark.parametrize("size", [100_000, 250_000])
def test_whatever_fits_into_a_message_is_kept_whole(refusals: Refusals, size: int) -> None:
    # Given a record almost as large as a message, of characters that take several bytes, When it is kept
    said = {"text": "é" * (size // 2)}
    refusals.keep(Refused(ID, "run-1", ONE, BLOCKED, said, ANA))
    # Then nothing of it is cut off
    (found,) = refusals.waiting_for(ANA)
    assert (found.record, found.force) == (said, False)


def test_many_that_wait_are_all_found(refusals: Refusals) -> None:
    # Given more records than one answer of DynamoDB holds
    for place in range(30):
        refusals.keep(Refused(f"enrollment#{place}", "run-1", ONE, BLOCKED, {"text": "x" * 60_000}, ANA))
    # Then all are found
    assert len({each.id for each in refusals.waiting_for(ANA)}) == 30


def test_a_table_that_cannot_be_asked_is_no_empty_one(aws: None, clock: Clock) -> None:
    # Given a table that is not there, When it is asked, Then it is a matter of trying again
    table = RefusalTable(boto3.client("dynamodb"), "nowhere", 90, clock)
    for ask in (lambda: keep(table), lambda: table.drop(ID, ONE), lambda: runs(table)):
        with pytest.raises(Retry, match="the outcomes table could not be"):
            ask()
