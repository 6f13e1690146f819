"""A row of the mapping that somebody has changed by hand to rubbish: it is used all the same, or it is told of."""

import functools
from dataclasses import fields
from typing import Any

import pytest

from dokstamp_sync.delivery.shared_pace import BRAKE
from dokstamp_sync.mapping.row import Row
from dokstamp_sync.observability import digest_of
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.mute.aws import SECRET, Aws
from tests.mute.scenes import LATER, Scene, Stage, in_inbox, of_a_run
from tests.mute.telling import Told, listen, staged
from tests.worker import clients
from tests.worker.school import ANA, students

# As DynamoDB keeps them. None: the attribute is taken away.
RUBBISH: dict[str, Any] = {
    "a text": {"S": SECRET},
    "a number": {"N": "-1.5"},
    "a list": {"L": [{"S": SECRET}]},
    "a map": {"M": {SECRET: {"S": SECRET}}},
    "bytes": {"B": b"\xff"},
    "a set": {"SS": [SECRET]},
    "null": {"NULL": True},
    "nothing": None,
}
NAMES = [each.name for each in fields(Row) if each.name != "id"]
SCENES = {
    "step": Scene(lambda stage: stage.take(Step.STUDENT, of_a_run(ANA, run="run-2", occurred_at=LATER))),
    "intake": Scene(lambda stage: stage.take_in(in_inbox(ANA, occurred_at=LATER))),
}


def rows() -> dict[str, dict[str, Any]]:
    """The items of the mapping, by their id."""
    return {item["id"]["S"]: item for item in clients.dynamodb().scan(TableName="mapping")["Items"]}


def put_back(stage: Stage, found: Told, before: dict[str, dict[str, Any]]) -> None:
    """What was handed back must not come again."""
    for handle in found.left:
        clients.sqs().delete_message(QueueUrl=stage.world.queue_url, ReceiptHandle=handle)
    for id_ in rows():
        clients.dynamodb().delete_item(TableName="mapping", Key={"id": {"S": id_}})
    for item in before.values():
        clients.dynamodb().put_item(TableName="mapping", Item=item)


def spoil(id_: str, name: str, rubbish: Any) -> None:
    """What somebody does by hand."""
    item = {key: value for key, value in rows().get(id_, {"id": {"S": id_}}).items() if key != name}
    clients.dynamodb().put_item(TableName="mapping", Item=item | ({name: rubbish} if rubbish else {}))


# The intake sends DokStamp nothing.
@pytest.mark.parametrize(("scene", "id_"), [("step", "student#ana"), ("step", BRAKE), ("intake", "student#ana")])
@pytest.mark.parametrize("name", NAMES)
def test_rubbish_in_a_row_is_told_of(name: str, scene: str, id_: str, sandbox: Sandbox) -> None:
    spoils = 0
    with staged(sandbox) as stage:
        # Given a student that was delivered
        stage.take(Step.STUDENT, students(ANA))
        before = rows()
        for rubbish, value in RUBBISH.items():
            # When one attribute of a row is rubbish, and a message comes that needs the row
            spoil(id_, name, value)
            found = listen(functools.partial(SCENES[scene].act, stage), stage, Aws())
            # Then the function takes it, or all three tell of it
            check(found, id_, f"{name} is {rubbish}: {found.text}")
            put_back(stage, found, before)
            spoils += len(found.left)
    # And some rubbish is more than it can take
    assert spoils


def check(found: Told, id_: str, where: str) -> None:
    assert found.raised is None, where
    assert not any(part in found.text for part in SECRET.split(", ")), where
    assert len(found.failures) == len(found.left) == len(found.aws.hidden), where
    assert found.metrics["Retried"] == len(found.left), where
    for line in found.failures:
        # What cannot be read at all is named; what is understood wrongly later has a place.
        rings = "Unforeseen" if line["message"] == "unforeseen error" else "Misconfigured"
        assert found.metrics[rings] == 1, where
        assert rings == "Unforeseen" or digest_of(id_) in line["reason"], where
