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
from local.stack_file import StackFile

FUNCTIONS = ("intake", *STEPS, "results")
LAYERS = ("DependenciesLayer", "SharedLayer")


def chosen(command: str, about: str | None) -> tuple[str, Path]:
    """Which function, and the event, of the arguments of `make invoke` or `make sam-invoke`."""
    parser = argparse.ArgumentParser(prog=f"make {command} STEP=course [EVENT=path]", description=about)
    parser.add_argument("function")
    parser.add_argument("event", nargs="?", default="")
    options = parser.parse_args()
    if options.function not in FUNCTIONS:
        raise Failed(f"Say which function: make {command} STEP=... with one of {', '.join(FUNCTIONS)}")
    event = Path(options.event) if options.event else EVENTS / f"{options.function}.json"
    try:
        json.loads(event.read_bytes())
    except OSError as error:
        raise Failed(f"The event {event} can't be read: {error.strerror}. Name a file: EVENT=path") from None
    except ValueError as error:
        raise Failed(f"The event {event} is no JSON: {error}") from None
    return options.function, event


def deployed(info: StackFile, function: str) -> Any:
    """The configuration of a function that the stack holds."""
    functions = session().client("lambda", endpoint_url=info.endpoint_url, config=CLIENT)
    return functions.get_function_configuration(FunctionName=function_of(function))


def lent(info: StackFile, role: str) -> dict[str, str]:
    """A role's credentials, as variables."""
    sts = session().client("sts", endpoint_url=info.endpoint_url, config=CLIENT)
    credentials = sts.assume_role(RoleArn=role, RoleSessionName="invoke")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def _environment(info: StackFile, configuration: Any) -> dict[str, str]:
    """What Lambda gives the function: its variables, its name, its time limit, and its role's credentials."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **lent(info, configuration["Role"]),
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        **configuration["Environment"]["Variables"],
    }


def invoke(info: StackFile, function: str, event: Path, log: Path) -> Any:
    """What the built function answers, or what Lambda says in its place."""
    configuration = deployed(info, function)
    with interface_emulator.started(
        configuration["Handler"],
        folder=BUILD / f"{pascal(function)}Function",
        layers=[BUILD / layer / "python" for layer in LAYERS],
        environment=_environment(info, configuration),
        log=log,
    ) as address:
        return interface_emulator.invoke(address, event.read_bytes(), configuration["Timeout"])


def show(answer: Any) -> int:
    """Shows what a function answered; 1 if that is an error, else 0."""
    console.print_json(json.dumps(answer))
    return int(isinstance(answer, dict) and "errorMessage" in answer)


def main() -> int:
    function, event = chosen("invoke", __doc__)
    info = stack_file.read()
    log = Path(info.logs) / "invoke.log"
    log.unlink(missing_ok=True)
    answer = invoke(info, function, event, log)
    console.print(log.read_text(errors="replace"), style="dim", markup=False)
    return show(answer)


if __name__ == "__main__":
    carry_out(main)
