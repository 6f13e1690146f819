"""Nine rows, in one order: template, state machine, folders, queues and sample events hold together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dokstamp_sync.order import Step
from tests.template.cloudformation import OBSERVABILITY, ROOT, TEMPLATE, loops, of_type, raw

ROWS = [step.logical_id for step in Step]


def name_of(step: Step) -> str:
    return step.value.replace("_", "-")


def named(suffix: str) -> dict[str, str]:
    return {"Fn::Sub": f"${{AWS::StackName}}-{suffix}"}


def test_the_mapping_has_the_nine_steps_in_order() -> None:
    wanted = {step.logical_id: {"Name": name_of(step), "Folder": f"functions/{step.folder}/"} for step in Step}
    assert raw()["Mappings"]["Steps"] == wanted
    assert list(raw()["Mappings"]["Steps"]) == ROWS


def test_every_loop_goes_over_the_nine_steps_in_order() -> None:
    assert loops()
    assert [rows for _, rows, _ in loops().values()] == [ROWS] * len(loops())


def test_the_alarms_go_over_the_same_rows_in_the_same_order() -> None:
    for variable, rows, _ in loops(OBSERVABILITY).values():
        if variable == "Row" and rows != ["Results"]:
            assert rows[: len(ROWS)] == ROWS
            assert set(rows[len(ROWS) :]) <= {"Intake", "Results"}


@pytest.mark.parametrize("template", [TEMPLATE, OBSERVABILITY])
def test_within_a_loop_only_a_resource_has_a_condition_and_not_at_its_beginning(template: Path) -> None:
    # Given that CloudFormation's expansion may take a map with one, such as a policy's statement, for `!Condition`
    for name, (_, _, body) in loops(template).items():
        for each in maps(body):
            assert "Condition" not in each or "Type" in each, name
            assert next(iter(each), "") != "Condition", name


@pytest.mark.parametrize("template", [TEMPLATE, OBSERVABILITY])
def test_what_a_loop_puts_into_a_text_has_a_name_of_its_own(template: Path) -> None:
    # Given every text with variables within a loop, but those that are the name of a resource
    variables = {variable for variable, _, _ in loops(template).values()}
    for _, _, body in loops(template).values():
        for given in [each["Fn::Sub"] for each in maps(body) if "Fn::Sub" in each]:
            text, names = given if isinstance(given, list) else (given, {})
            used = set(re.findall(r"\$\{([^}]+)\}", text))
            # Then no loop's variable stands beside another one, and none is given another meaning
            assert not (used & variables and used - variables), text
            assert not set(names) & variables, text


def maps(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from maps(each)


def test_a_reader_meets_the_nine_steps_on_the_first_pages() -> None:
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 700
    # Given where the loop that makes them ends: at the next thing on its level
    begin = next(place for place, line in enumerate(lines) if "Fn::ForEach::Steps:" in line)
    end = next(place for place, line in enumerate(lines) if place > begin and re.match(r"  \S", line))
    assert end <= 200


@pytest.mark.parametrize("step", list(Step))
def test_a_step_s_queues_and_function_are_named_after_it(step: Step) -> None:
    queues, functions = of_type("AWS::SQS::Queue"), of_type("AWS::Serverless::Function")
    assert queues[f"{step.logical_id}Queue"]["QueueName"] == named(name_of(step))
    assert queues[f"{step.logical_id}DeadLetterQueue"]["QueueName"] == named(f"{name_of(step)}-dead-letters")
    assert functions[f"{step.logical_id}Function"]["FunctionName"] == named(name_of(step))


@pytest.mark.parametrize("step", list(Step))
def test_a_step_s_function_is_in_its_folder_and_fed_by_its_queue_alone(step: Step) -> None:
    function = of_type("AWS::Serverless::Function")[f"{step.logical_id}Function"]
    assert function["CodeUri"] == f"functions/{step.folder}/"
    assert (ROOT / function["CodeUri"] / "app.py").is_file()
    (event,) = function["Events"].values()
    assert event["Properties"]["Queue"] == {"Fn::GetAtt": [f"{step.logical_id}Queue", "Arn"]}


def test_the_folders_are_those_of_the_steps_and_no_others() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert folders == {step.folder for step in Step} | {"intake", "results"}


def test_the_state_machine_is_given_every_queue_under_its_name() -> None:
    machine = of_type("AWS::StepFunctions::StateMachine")["StateMachine"]
    wanted: dict[str, object] = {f"{row}QueueUrl": {"Ref": f"{row}Queue"} for row in ROWS}
    wanted |= {"ResultsFunctionArn": {"Fn::GetAtt": ["ResultsFunction", "Arn"]}}
    assert machine["DefinitionSubstitutions"] == wanted
    assert list(machine["DefinitionSubstitutions"])[:9] == [f"{row}QueueUrl" for row in ROWS]
    assert machine["DefinitionS3Location"] == "statemachine/sync.asl.json"
    assert machine["StateMachineType"] == "STANDARD"
