"""A row of the mapping that somebody has changed by hand to rubbish: it is used all the same, or it is told of."""

from dataclasses import fields
from typing import Any

import pytest

from dokstamp_sync.delivery.shared_pace import BRAKE
from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.mute.aws import SECRET, Aws
from tests.mute.scenes import LATER, Scene, Stage, in_inbox, of_a_run
from tests.mute.telling import Told, told
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


def spoilt(id_: str, name: str, rubbish: Any) -> Any:
    """What somebody does by hand, after the student was delivered."""

    def spoil(stage: Stage) -> None:
        stage.take(Step.STUDENT, students(ANA))
        key = {"id": {"S": id_}}
        item = dict(clients.dynamodb().get_item(TableName="mapping", Key=key).get("Item", key))
        item.pop(name, None)
        clients.dynamodb().put_item(TableName="mapping", Item=item | ({name: rubbish} if rubbish else {}))

    return spoil


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("id_", ["student#ana", BRAKE])
@pytest.mark.parametrize("name", NAMES)
def test_rubbish_in_a_row_is_told_of(name: str, id_: str, scene: str, sandbox: Sandbox) -> None:
    for rubbish, value in RUBBISH.items():
        # Given a row in which one attribute is rubbish
        # When a message comes that needs it
        found = told(SCENES[scene], sandbox, Aws(), spoilt(id_, name, value))
        # Then the function takes it, or all three tell of it
        check(found, f"{name} is {rubbish}: {found.text}")


def check(found: Told, where: str) -> None:
    assert found.raised is None, where
    assert not any(part in found.text for part in SECRET.split(", ")), where
    assert len(found.failures) == len(found.left) == len(found.aws.hidden), where
    assert found.metrics["Retried"] == len(found.left), where
    for line in found.failures:
        assert line["message"] == "unforeseen error" or line["reason"], where
        assert found.metrics["Unforeseen"] == (line["message"] == "unforeseen error"), where
