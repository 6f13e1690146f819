"""What `make invoke` does, once for each of the eleven functions, on their own sample events."""

import json
from pathlib import Path

import pytest

from local.invoke import invoke
from local.parameters import STEPS
from local.places import EVENTS
from tests.local.world import World


def test_the_nine_steps_take_their_events_one_after_another(world: World, tmp_path: Path) -> None:
    # Given the sample events, each of which needs what those before it left behind
    for step in STEPS:
        # When the step's function takes its event
        answer = invoke(world.info, step, EVENTS / f"{step}.json", tmp_path / f"{step}.log")
        # Then it leaves nothing in the queue, and every record is in the mapping
        assert answer == {"batchItemFailures": []}, (tmp_path / f"{step}.log").read_text()
        body = json.loads(json.loads((EVENTS / f"{step}.json").read_text())["Records"][0]["body"])
        for record in body["records"]:
            key = {"id": {"S": f"{step}#{record['sis_id']}"}}
            row = world.stack.client("dynamodb").get_item(TableName=world.info.mapping_table, Key=key)
            assert "applied" in row["Item"], (step, record["sis_id"])


@pytest.mark.parametrize("name", ["intake", "results"])
def test_the_intake_and_the_results_function_take_theirs(world: World, tmp_path: Path, name: str) -> None:
    # When the function takes its event
    answer = invoke(world.info, name, EVENTS / f"{name}.json", tmp_path / "log")
    # Then it answers what it is to answer
    assert answer == {"batchItemFailures": []} if name == "intake" else answer["status"] == "failed", answer
