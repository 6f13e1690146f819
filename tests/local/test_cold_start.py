"""A cold start loads what the function needs, and no more."""

import shutil
from pathlib import Path

import pytest

from local.aws import CREDENTIALS
from local.gaps import function_of
from local.parameters import REGION, pascal
from local.places import BUILD
from tests.local.cold import ANCHOR, Cold
from tests.local.world import World

# Large, and needed by nobody, or loaded when it is first needed.
NOBODYS = {"boto3", "s3transfer", "aws_lambda_powertools.utilities.batch", "aws_lambda_powertools.utilities.parameters"}
NOBODYS |= {"aws_lambda_powertools.utilities.data_classes", "asyncio", "email_validator", "rich", "click"}
HTTP = {"httpx", "httpcore", "h11"}
# So many times the anchor's instructions, a twentieth more than they were when this was written.
MOST = {"student": 1.97, "intake": 1.47, "results": 1.32}


@pytest.fixture(scope="module")
def cold(world: World, tmp_path_factory: pytest.TempPathFactory) -> Cold:
    """Of the build that the stack was deployed from."""
    return Cold(tmp_path_factory.mktemp("runtime"))


def variables(world: World, name: str) -> dict[str, str]:
    """What the deployed function finds in its environment."""
    configuration = world.functions.get_function_configuration(FunctionName=function_of(name))
    return {**configuration["Environment"]["Variables"], **CREDENTIALS, "AWS_DEFAULT_REGION": REGION}


FOREIGN = {"student": NOBODYS, "certificate": NOBODYS, "intake": NOBODYS | HTTP, "results": NOBODYS | HTTP}


@pytest.mark.parametrize(("name", "foreign"), FOREIGN.items(), ids=FOREIGN)
def test_a_function_loads_nothing_that_it_does_not_need(name: str, foreign: set[str], world: World, cold: Cold) -> None:
    loaded = cold.modules(f"{pascal(name)}Function", variables(world, name))
    assert {"app", "botocore.session", "dokstamp_sync"} <= loaded
    assert loaded & foreign == set()


@pytest.fixture(scope="module")
def anchor(world: World, cold: Cold) -> int:
    """The instructions of making one client of AWS with boto3."""
    return cold.instructions(ANCHOR, "StudentFunction", variables(world, "student"))


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="nothing counts instructions here: there is no valgrind")
@pytest.mark.parametrize("name", MOST)
def test_a_cold_start_does_not_grow(name: str, world: World, cold: Cold, anchor: int) -> None:
    # When a function is imported, and has made what every message needs
    taken = cold.instructions("import app", f"{pascal(name)}Function", variables(world, name))
    # Then it takes no more than a twentieth over what it took
    assert taken / anchor <= MOST[name]


def test_every_module_of_the_layers_is_compiled(cold: Cold) -> None:
    for layer in ("DependenciesLayer", "SharedLayer"):
        for source in (BUILD / layer).rglob("*.py"):
            assert any(Path(source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), source
