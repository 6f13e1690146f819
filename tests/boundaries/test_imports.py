"""Arrows point one way: functions, worker, delivery, steps, dokstamp client and mapping, records, outcomes, errors."""

import sys
from pathlib import Path

import pytest

from tests.boundaries.sources import FUNCTIONS, LAYER, LOCAL, files, inner, modules, parts, shown, tops

GROUND = [
    "records",
    "outcomes",
    "errors",
    "order",
    "fields",
    "messages",
    "backoff",
    "settings",
    "observability",
    "failures",
]
UPPER = {"worker", "delivery", "steps", "mapping", "dokstamp", "intake", "results", "edge"}
AWS = {"boto3", "botocore"}
STEPS = sorted(FUNCTIONS.glob("step*/app.py"))
# What the shared layer may take at run time from packages: each is in layers/dependencies, or in the runtime.
PACKAGES = {"aws_lambda_powertools", "boto3", "botocore", "httpx", "httpcore", "pydantic", "pydantic_core"}


def names(paths: list[Path]) -> list[str]:
    return [shown(path) for path in paths]


@pytest.mark.parametrize("path", STEPS, ids=names(STEPS))
def test_a_step_is_business_alone(path: Path) -> None:
    # Given a step's function, which knows neither AWS nor HTTP
    foreign = tops(path) - set(sys.stdlib_module_names)
    # Then it takes everything from the shared package
    assert foreign == {"dokstamp_sync"}
    assert not {"urllib", "http", "socket", "os"} & tops(path)


def test_the_intake_s_function_only_names_its_handler() -> None:
    assert modules(FUNCTIONS / "intake" / "app.py") == {"dokstamp_sync.intake.entry.handler"}


def test_the_results_function_knows_of_aws_only_its_queue() -> None:
    path = FUNCTIONS / "results" / "app.py"
    foreign = tops(path, at_run_time=True) - set(sys.stdlib_module_names)
    assert foreign == {"dokstamp_sync", "botocore", "aws_lambda_powertools"}
    assert "httpx" not in tops(path)


@pytest.mark.parametrize("name", GROUND)
def test_the_ground_knows_nothing_of_what_stands_on_it(name: str) -> None:
    path = LAYER / f"{name}.py"
    assert not parts(path) & UPPER
    assert not tops(path) & {*AWS, "httpx"}


@pytest.mark.parametrize("name", ["errors", "order", "outcomes", "records"])
def test_the_words_of_the_project_know_nothing_of_settings_and_logs(name: str) -> None:
    assert parts(LAYER / f"{name}.py") <= {"errors", "order", "outcomes", "fields"}


CLIENT = files(LAYER / "dokstamp")


@pytest.mark.parametrize("path", CLIENT, ids=names(CLIENT))
def test_the_client_knows_neither_aws_nor_mapping_nor_worker(path: Path) -> None:
    assert not tops(path) & AWS
    assert not parts(path) & UPPER - {"dokstamp"}


# Each floor, with what it may stand on; what none of them lists (records, outcomes, errors ...) is the ground.
FLOORS = {
    "mapping": {"mapping"},
    "steps": {"steps", "mapping", "dokstamp"},
    "delivery": {"delivery", "steps", "mapping", "dokstamp"},
    "edge": {"edge"},
    "worker": {"worker", "edge", "delivery", "steps", "mapping", "dokstamp"},
    "intake": {"intake", "edge", "mapping", "results"},
}
KNOW_AWS = {
    "mapping/dynamodb.py",
    "mapping/refusals.py",
    "worker/entry.py",
    "worker/pdfs.py",
    "intake/entry.py",
    "worker/credentials.py",
    "edge/clients.py",
}
HOUSE = [path for floor in FLOORS for path in files(LAYER / floor)]


@pytest.mark.parametrize("path", HOUSE, ids=names(HOUSE))
def test_every_floor_stands_on_those_below_it(path: Path) -> None:
    assert parts(path) & UPPER <= FLOORS[path.parent.name]
    assert "functions" not in tops(path)


@pytest.mark.parametrize("path", HOUSE, ids=names(HOUSE))
def test_only_the_edges_know_aws(path: Path) -> None:
    knows = f"{path.parent.name}/{path.name}" in KNOW_AWS
    assert bool(tops(path, at_run_time=True) & AWS) == knows


@pytest.mark.parametrize("path", HOUSE, ids=names(HOUSE))
def test_the_mapping_s_tables_are_chosen_at_the_edge(path: Path) -> None:
    # Given rules that know the store by its Protocol alone
    chosen = {"mapping.dynamodb.DynamoDBStore", "mapping.refusals.RefusalTable"} & inner(path)
    assert not chosen or path.name == "entry.py"


def test_only_the_client_speaks_http() -> None:
    speakers = {path.parent.name for path in files(LAYER, FUNCTIONS) if tops(path) & {"httpx", "httpcore", "requests"}}
    assert speakers == {"dokstamp"}


EVERYTHING_DEPLOYED = files(LAYER, FUNCTIONS)


@pytest.mark.parametrize("path", EVERYTHING_DEPLOYED, ids=names(EVERYTHING_DEPLOYED))
def test_what_is_deployed_imports_only_what_is_deployed(path: Path) -> None:
    packages = tops(path, at_run_time=True) - set(sys.stdlib_module_names) - {"dokstamp_sync"}
    assert packages <= PACKAGES


def test_what_the_layer_imports_is_among_its_pinned_packages() -> None:
    requirements = (LAYER.parents[1] / "dependencies" / "requirements.txt").read_text(encoding="utf-8")
    used = {package for path in EVERYTHING_DEPLOYED for package in tops(path, at_run_time=True)} & PACKAGES
    for package in used - {"boto3", "botocore"}:
        assert f"\n{package.replace('_', '-')}==" in f"\n{requirements}", package


SANDBOX = files(LOCAL / "sandbox")


@pytest.mark.parametrize("path", SANDBOX, ids=names(SANDBOX))
def test_the_sandbox_is_made_from_the_vendor_s_documentation_and_not_from_our_client(path: Path) -> None:
    assert not tops(path) & {"dokstamp_sync", "functions", "tests"}


def test_nothing_that_is_deployed_or_runs_the_stack_imports_tests() -> None:
    assert [shown(path) for path in files(LAYER, FUNCTIONS, LOCAL) if "tests" in tops(path)] == []
