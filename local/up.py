"""`make up`: the local stack, left running until Ctrl-C."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from local import chosen, dokstamp
from local.aws import CREDENTIALS
from local.command import carry_out
from local.places import STACK_FILE
from local.processes import Failed
from local.report import Clock, console
from local.stack import LocalStack
from local.stack_file import StackFile
from local.stack_folder import UP


def wanted_port() -> int | None:
    """PORT from the environment, if it is set."""
    text = os.environ.get("PORT", "")
    if text and not text.isdecimal():
        raise Failed(f"PORT is {text!r}; it must be a number.")
    return int(text) if text else None


def introduce(info: StackFile, parameters: Mapping[str, str]) -> None:
    console.print("\n[bold green]The local stack is ready.[/bold green]  Ctrl-C ends it.\n")
    for name, value in (
        ("AWS", info.endpoint_url),
        ("DokStamp", info.dokstamp_base_url + (" (sandbox)" if info.dokstamp_is_sandbox else "")),
        ("inbox", info.inbox_queue_url),
        ("results", info.results_queue_url),
        ("PDFs", f"s3://{info.pdf_bucket}/"),
        ("all of it", os.path.relpath(STACK_FILE)),
        ("logs", os.path.relpath(info.logs)),
    ):
        console.print(f"  {name:<10}{value}", markup=False)
    for name, value in parameters.items():
        console.print(f"  {name} is {value}", markup=False)
    console.print("\nSend messages and follow them:  make send FILE=events/school.jsonl\nOr with the AWS CLI:\n")
    credentials = " ".join(f"{name}={value}" for name, value in CREDENTIALS.items())
    console.print(
        f"  {credentials} aws sqs send-message --endpoint-url {info.endpoint_url} \\\n"
        f"    --region {info.region} --queue-url {info.inbox_queue_url} --message-body file://message.json\n",
        markup=False,
    )


def main() -> int:
    target, parameters, say = dokstamp.from_environment(), chosen.from_environment(), Clock().say
    with LocalStack(UP, target=target, port=wanted_port(), parameters=parameters, say=say) as stack:
        try:
            stack.info.write()
            introduce(stack.info, parameters)
            while stack.is_alive():
                time.sleep(1)
                if stack.revive():
                    stack.info.write()
                    say("The sandbox ended, and runs again: same address, same records")
        finally:
            STACK_FILE.unlink(missing_ok=True)
            console.print("\nStopping the local stack, and removing its files: up to a minute and a half ...")
        raise Failed(f"The emulated AWS has ended by itself. Its log: {stack.info.logs}/emulator.log")


if __name__ == "__main__":
    carry_out(main, interrupted=0)
