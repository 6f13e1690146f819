"""What somebody has edited by hand in the outcomes table holds up nothing else."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dokstamp_sync.mapping.refusals import RefusalTable, Refused
from dokstamp_sync.observability import digest_of, metrics
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome
from tests.support.tables import make_outcomes
from tests.worker.scene import NOON

SPOILT = "enrollment#E1"
BLOCKED = RecordOutcome(Step.ENROLLMENT, "E1", Outcome.BLOCKED, "student 'ana' is missing")


@pytest.fixture
def emulated() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.parametrize(
    "rubbish",
    [
        {"record": {"S": "{"}},
        {"record": {"S": "[]"}},
        {"record": {"N": "1"}},
        {"step": {"S": "pupil"}},
        {"force": None},
    ],
    ids=str,
)
def test_a_record_that_somebody_has_spoilt_by_hand_holds_up_no_other_and_is_told_of(
    rubbish: dict[str, Any], emulated: None, logged: io.StringIO
) -> None:
    # Given two records that wait for the same one, of which somebody has edited one by hand
    client = boto3.client("dynamodb")
    table = RefusalTable(client, make_outcomes(client, "outcomes"), 90, lambda: 0.0)
    for id_ in (SPOILT, "enrollment#E2"):
        table.keep(Refused(id_, "run-1", NOON, BLOCKED, {"grade": "8.5"}, "student#ana"))
    item = client.get_item(TableName="outcomes", Key={"id": {"S": SPOILT}})["Item"] | rubbish
    client.put_item(TableName="outcomes", Item={name: value for name, value in item.items() if value})
    # When that one is asked about, Then the other one is found
    assert [each.id for each in table.waiting_for("student#ana")] == ["enrollment#E2"]
    # And a line and a metric tell of the one that cannot be read, without anybody's data
    (line,) = map(json.loads, logged.getvalue().splitlines())
    assert (line["level"], line["record"]) == ("ERROR", digest_of(SPOILT))
    assert not any(each in logged.getvalue() for each in ("E1", "ana", "8.5"))
    assert metrics.metric_set["Unforeseen"]["Value"] == [1]
