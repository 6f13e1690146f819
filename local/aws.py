"""The emulated AWS as boto3 and the SAM CLI see it. Nothing of the user's own AWS settings is read."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

from local.parameters import REGION

# MiniStack takes these as its root user's.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
OURS = ("AWS_", "SAM_CLI_", "__SAM_CLI_")


def session() -> boto3.Session:
    """A session that looks at no environment variable and at no file below ~/.aws."""
    blind = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
        botocore_session=blind,
    )


# Loopback needs no proxy, whatever the user's environment says.
CLIENT = Config(
    proxies={}, retries={"mode": "standard", "total_max_attempts": 3}, s3={"addressing_style": "path"}, read_timeout=30
)


def command_environment(endpoint_url: str, own: Path, python: Path) -> dict[str, str]:
    """The environment of a command that talks to the emulated AWS: the user's, without their AWS settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    bypass = ",".join(filter(None, (environment.get("NO_PROXY"), "127.0.0.1", "localhost")))
    environment |= CREDENTIALS
    environment |= {
        # `sam build` looks for pythonX.Y on the PATH; a virtual environment has it.
        "PATH": f"{python.parent}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "NO_PROXY": bypass,
        "no_proxy": bypass,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(own / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(own / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",
        "__SAM_CLI_APP_DIR": str(own / "sam"),
    }
    return environment
