"""A role allows what its function's code can ask for: no statement is missing, and none is unused."""

import ast
from pathlib import Path
from typing import Any

import pytest

from dokstamp_sync.order import Step
from tests.boundaries.sources import FUNCTIONS
from tests.template.calls import AWS_FILES, PORTS, asked, operations
from tests.template.cloudformation import of_type
from tests.template.test_security import actions, allowed_on

# Asked by Lambda itself, in the function's name.
BY_THE_RUNTIME = {"logs:CreateLogStream", "logs:PutLogEvents"}
BY_THE_EVENT_SOURCE = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
CODE = {
    name: FUNCTIONS.parent / each["CodeUri"] / "app.py" for name, each in of_type("AWS::Serverless::Function").items()
}
QUERY = "dynamodb:Query"
TABLES = {"DynamoDBStore": "MappingTable", "RefusalTable": "OutcomesTable"}


def of_lambda(function: str) -> set[str]:
    events: Any = of_type("AWS::Serverless::Function")[function]["Events"].values()
    return BY_THE_RUNTIME | (BY_THE_EVENT_SOURCE if any(each["Type"] == "SQS" for each in events) else set())


@pytest.mark.parametrize("function", CODE)
def test_a_role_allows_what_its_function_s_code_can_ask_for_and_nothing_else(function: str) -> None:
    # Given what the code of a function can ask of AWS, and what Lambda asks in its name
    needed = {action for action, _ in asked(CODE[function])} | of_lambda(function)
    # Then its role allows just that
    assert actions(function.replace("Function", "Role")) == needed


@pytest.mark.parametrize("function", CODE)
@pytest.mark.parametrize(("port", "table"), TABLES.items())
def test_a_role_allows_on_a_table_what_its_function_does_with_that_table(function: str, port: str, table: str) -> None:
    done = {action for action, by in asked(CODE[function]) if by == port}
    # A query asks an index, and everything else the table itself
    role = function.replace("Function", "Role")
    assert allowed_on(role, {"Fn::GetAtt": [table, "Arn"]}) == done - {QUERY}
    assert allowed_on(role, {"Fn::Sub": f"${{{table}.Arn}}/index/awaits"}) == done & {QUERY}


def test_every_class_that_talks_to_aws_is_known_as_a_port() -> None:
    # Given the classes in whose files AWS is imported, and that call one of its methods
    found: set[str] = set()
    for path in AWS_FILES:
        found |= classes_that_ask(path)
    assert found == set(PORTS)


def classes_that_ask(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and any(name in ast.unparse(node) for name in operations() if "_" in name)
    }


def test_the_reading_of_the_code_finds_what_is_there() -> None:
    # Given two functions of which we know what they ask for
    student, certificate = (CODE[f"{step.logical_id}Function"] for step in (Step.STUDENT, Step.CERTIFICATE))
    # Then the one opens no PDF, and the other one does
    assert ("s3:GetObject", "Pdfs") in asked(certificate)
    assert asked(certificate) - asked(student) == {
        ("s3:GetObject", "Pdfs"),
        ("s3:GetObjectVersion", "Pdfs"),
        ("s3:ListBucket", "Pdfs"),
    }
    assert asked(CODE["ResultsFunction"]) == {("sqs:SendMessage", ""), ("states:DescribeExecution", "")}
