"""Each function once, on its own sample event, in AWS's Runtime Interface Emulator."""

import json
from pathlib import Path
from typing import Any

import pytest

from local import interface_emulator
from local.gaps import function_of
from local.invoke import LAYERS, _environment
from local.parameters import STEPS, pascal
from local.places import BUILD, EVENTS
from tests.local.world import World


def invoke(world: World, name: str, log: Path) -> Any:
    """What the built function answers to its event, with the deployed function's environment and role."""
    configuration = world.stack.client("lambda").get_function_configuration(FunctionName=function_of(name))
    with interface_emulator.started(
        configuration["Handler"],
        folder=BUILD / f"{pascal(name)}Function",
        layers=[BUILD / layer / "python" for layer in LAYERS],
        environment=_environment(configuration, world.info.endpoint_url),
        log=log,
    ) as address:
        return interface_emulator.invoke(address, (EVENTS / f"{name}.json").read_bytes(), configuration["Timeout"])


def test_the_nine_steps_take_their_events_one_after_another(world: World, tmp_path: Path) -> None:
    # Given the sample events, each of which needs what those before it left behind
    for step in STEPS:
        # When the step's function takes its event
        answer = invoke(world, step, tmp_path / f"{step}.log")
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
    answer = invoke(world, name, tmp_path / "log")
    # Then it answers what it is to answer
    assert answer == {"batchItemFailures": []} if name == "intake" else answer["status"] == "failed", answer
