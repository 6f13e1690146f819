"""`make up`: the local stack, left running until Ctrl-C."""

from __future__ import annotations

import os
import time

from local import dokstamp
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


def introduce(info: StackFile) -> None:
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
    console.print("\nSend messages and follow them:  make send FILE=events/school.jsonl\nOr with the AWS CLI:\n")
    credentials = " ".join(f"{name}={value}" for name, value in CREDENTIALS.items())
    console.print(
        f"  {credentials} aws sqs send-message --endpoint-url {info.endpoint_url} \\\n"
        f"    --region {info.region} --queue-url {info.inbox_queue_url} --message-body file://message.json\n",
        markup=False,
    )


def main() -> int:
    port = wanted_port()
    with LocalStack(UP, target=dokstamp.from_environment(), port=port, say=Clock().say) as stack:
        try:
            stack.info.write()
            introduce(stack.info)
            while stack.is_alive():
                time.sleep(1)
        finally:
            STACK_FILE.unlink(missing_ok=True)
            console.print("\nStopping the local stack ...")
        raise Failed(f"The emulated AWS or the sandbox has ended by itself. Its log: {stack.info.logs}")


if __name__ == "__main__":
    carry_out(main, interrupted=0)
