"""What every trial imports anyway, imported once: the trials are forked from a process that has it.

Nothing of the project that a mutant may change, or that imports it: each trial imports that by itself.
"""

import gc
from importlib import import_module

MODULES = (
    # First, for it sets the environment that the others read.
    "tests.conftest",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.parameters",
    "aws_lambda_powertools.utilities.parser",
    "boto3.dynamodb.conditions",
    "fpdf",
    "httpcore",
    "httpx",
    "hypothesis.stateful",
    "moto.dynamodb.models",
    "moto.moto_server.threaded_moto_server",
    "moto.s3.models",
    "moto.secretsmanager.models",
    "moto.sqs.models",
    "moto.stepfunctions.models",
    "pydantic_settings",
    "pytest",
    "uvicorn",
    # Last, for the environment of `make test` has none, and the import ends there.
    "coverage",
)

for name in MODULES:
    import_module(name)
# It stays until the end: no trial need search it for garbage, which took each of them almost half of its time.
gc.collect()
gc.freeze()
