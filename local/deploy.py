"""Builds the template and deploys it to the emulated AWS with the SAM CLI, as it is deployed on AWS."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from local import compiled
from local.aws import CLIENT, command_environment, session
from local.gaps import mend
from local.parameters import ARTIFACTS_BUCKET, LOCAL_VALUES, STACK_NAME
from local.places import BUILD, LOCAL, OBSERVABILITY, ROOT, SAM_CONFIG, TEMPLATE, python_of
from local.processes import run

LOCK = LOCAL / "build.lock"
BUILT_OF = LOCAL / "built-of.sha256"
SOURCES = ("functions", "layers", "statemachine")
# The resource of template.yaml that is a stack of its own.
PART = "Observability"


def _sources() -> Iterator[Path]:
    yield TEMPLATE
    yield OBSERVABILITY
    yield SAM_CONFIG
    yield Path(compiled.__file__)
    for folder in SOURCES:
        yield from sorted(
            path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _sources():
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _sam(own: Path, endpoint_url: str, log: Path, *arguments: str | Path, what: str) -> None:
    python = python_of("sam")
    environment = command_environment(endpoint_url, own, python)
    run((python, "-m", "samcli", *arguments, "--config-file", SAM_CONFIG), environment=environment, log=log, what=what)


def _overrides(values: Mapping[str, str]) -> list[str]:
    given = {name: f'"{value}"' if " " in value else value for name, value in values.items() if value}
    return ["--parameter-overrides", *(f"{name}={value}" for name, value in given.items())]


def build(own: Path, log: Path) -> bool:
    """Builds, unless what is there was built of the same files. Tells whether it did."""
    fingerprint = _fingerprint()
    if (BUILD / "template.yaml").exists() and BUILT_OF.exists() and BUILT_OF.read_text() == fingerprint:
        return False
    BUILT_OF.unlink(missing_ok=True)
    values = {name: LOCAL_VALUES[name] for name in ("Runtime", "Architecture")}
    # Nothing is asked of AWS while building; the address only keeps it that way.
    options: list[str | Path] = ["--build-dir", BUILD, "--cache-dir", LOCAL / "build-cache", *_overrides(values)]
    _sam(own, "http://127.0.0.1:9", log, "build", "--template-file", TEMPLATE, *options, what="sam build")
    compiled.finish(BUILD)
    BUILT_OF.write_text(fingerprint)
    return True


def _deploy(built: Path, stack: str, own: Path, log: Path, endpoint_url: str, values: Mapping[str, str]) -> None:
    options = ["--stack-name", stack, "--s3-bucket", ARTIFACTS_BUCKET, "--no-resolve-s3", "--no-confirm-changeset"]
    options += ["--no-progressbar", "--on-failure", "DO_NOTHING"]
    _sam(own, endpoint_url, log, "deploy", "--template-file", built, *options, *_overrides(values), what="sam deploy")


def deploy(own: Path, log: Path, endpoint_url: str, values: Mapping[str, str]) -> dict[str, str]:
    """Deploys what was built and returns the stack's outputs."""
    s3 = session().client("s3", endpoint_url=endpoint_url, config=CLIENT)
    s3.create_bucket(Bucket=ARTIFACTS_BUCKET)
    _deploy(BUILD / "template.yaml", STACK_NAME, own, log, endpoint_url, values)
    cloudformation = session().client("cloudformation", endpoint_url=endpoint_url, config=CLIENT)
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    mend(endpoint_url, int(values["MaximumConcurrency"]), outputs["PdfBucketName"])
    return outputs


def deploy_alarms(own: Path, log: Path, endpoint_url: str, values: Mapping[str, str]) -> None:
    """Deploys alarms and dashboard, which on AWS are a part of the stack: MiniStack knows no loops in such parts.

    ``values``: the parameters of observability.yaml without those that are the same on every MiniStack.
    """
    same = {"Stack": STACK_NAME, "MetricMath": "false", "Dashboard": "true"}
    _deploy(BUILD / PART / "template.yaml", f"{STACK_NAME}-{PART.lower()}", own, log, endpoint_url, {**values, **same})
