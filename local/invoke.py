"""`make invoke STEP=course [EVENT=path]`: one function on one event, against the stack of `make up`.

It is the code that the stack runs: what `sam build` left, with the deployed function's own
environment and role. The event's message need not be on any queue: changing its visibility fails, which the functions
take as it is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from local import interface_emulator, stack_file
from local.aws import CLIENT, session
from local.command import carry_out
from local.gaps import function_of
from local.parameters import REGION, STEPS, pascal
from local.places import BUILD, EVENTS
from local.processes import Failed
from local.report import console

FUNCTIONS = ("intake", *STEPS, "results")
LAYERS = ("DependenciesLayer", "SharedLayer")


def _environment(configuration: dict[str, Any], endpoint_url: str) -> dict[str, str]:
    """What Lambda gives the function: its variables, its name, its time limit, and its role's credentials."""
    sts = session().client("sts", endpoint_url=endpoint_url, config=CLIENT)
    lent = sts.assume_role(RoleArn=configuration["Role"], RoleSessionName="invoke")["Credentials"]
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": lent["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": lent["SecretAccessKey"],
        "AWS_SESSION_TOKEN": lent["SessionToken"],
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        **configuration["Environment"]["Variables"],
    }


def _read_event(path: Path) -> bytes:
    try:
        event = path.read_bytes()
        json.loads(event)
    except OSError as error:
        raise Failed(f"The event {path} can't be read: {error.strerror}. Name a file: EVENT=path") from None
    except ValueError as error:
        raise Failed(f"The event {path} is no JSON: {error}") from None
    return event


def main() -> int:
    parser = argparse.ArgumentParser(prog="make invoke STEP=course [EVENT=path]", description=__doc__)
    parser.add_argument("function")
    parser.add_argument("event", nargs="?", default="")
    options = parser.parse_args()
    if options.function not in FUNCTIONS:
        raise Failed(f"Say which function: make invoke STEP=... with one of {', '.join(FUNCTIONS)}")
    event = _read_event(Path(options.event) if options.event else EVENTS / f"{options.function}.json")
    info = stack_file.read()
    functions = session().client("lambda", endpoint_url=info.endpoint_url, config=CLIENT)
    configuration: Any = functions.get_function_configuration(FunctionName=function_of(options.function))
    log = Path(info.logs) / "invoke.log"
    log.unlink(missing_ok=True)
    with interface_emulator.started(
        configuration["Handler"],
        folder=BUILD / f"{pascal(options.function)}Function",
        layers=[BUILD / layer / "python" for layer in LAYERS],
        environment=_environment(configuration, info.endpoint_url),
        log=log,
    ) as address:
        answer = interface_emulator.invoke(address, event, configuration["Timeout"])
    console.print(log.read_text(errors="replace"), style="dim", markup=False)
    console.print_json(json.dumps(answer))
    return int(isinstance(answer, dict) and "errorMessage" in answer)


if __name__ == "__main__":
    carry_out(main)
