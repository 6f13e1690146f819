"""No test here speaks TLS; and what each scene tells of by itself is found out once."""

import pytest

from local.sandbox import Sandbox
from tests.mute.aws import Aws
from tests.mute.judging import first_of_its_kind
from tests.mute.scenes import SCENES
from tests.mute.telling import Told, told


@pytest.fixture(scope="session", autouse=True)
def no_tls(no_certificates: None) -> None:
    """See tests/conftest.py."""


@pytest.fixture(scope="session")
def usual(no_tls: None, served: Sandbox) -> dict[str, Told]:
    """Each scene as it is when nothing of AWS fails."""
    return {name: told(scene, served, Aws()) for name, scene in SCENES.items()}


@pytest.fixture(scope="session")
def first(usual: dict[str, Told]) -> dict[str, list[int]]:
    """See first_of_its_kind."""
    return first_of_its_kind(usual)
