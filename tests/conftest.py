"""No test can reach a real account: dummy credentials and region, and nothing of whoever runs the tests.

Also: which tests share a process, and one served sandbox for whoever wants it, as new for each test.
"""

import os
from collections.abc import Iterator

import pytest

# pytest-xdist has no type hints.
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

FOREIGN = [name for name in os.environ if name.startswith(("AWS_", "DOKSTAMP_", "POWERTOOLS_"))]
OURS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_SECURITY_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "tests",
    "POWERTOOLS_METRICS_NAMESPACE": "DokStampSync",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_TRACE_DISABLED": "true",
}

# Before anything is collected: botocore and Powertools read some of it when they are imported.
for name in FOREIGN:
    del os.environ[name]
os.environ.update(OURS)

# After the environment is set, for it is read at import.
from local.sandbox import Sandbox, running_sandbox  # noqa: E402

# Tests that share a local stack, by the beginnings of their names. The last ones wait more than they work.
STACKS = {"local": ("tests/local/", "tests/canary/test_canary"), "practice": ("tests/practice/",)}


class ByStack(LoadScopeScheduling):  # type: ignore[misc]
    """Tests that share a stack go to one process; all others wherever there is time.

    Marks of the kind xdist_group would say the same, but pytest-xdist 3.8 does not heed them with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((stack for stack, names in STACKS.items() if nodeid.startswith(names)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByStack:
    return ByStack(config, log)


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    served.reset()
    served.gate.clear()
    return served


@pytest.fixture(scope="session")
def no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For tests that speak no TLS: an empty folder saves loading all certificates for every client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("certificates")))
        yield
