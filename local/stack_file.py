"""`.local/stack.json`: where the stack of `make up` is, for `make send`, `make invoke` and anybody's own scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from local.dokstamp import DokStamp
from local.parameters import REGION, STEPS, pascal
from local.places import STACK_FILE
from local.processes import Failed
from local.stack_folder import BETWEEN, UP, is_in_use


@dataclass(frozen=True)
class StackFile:
    """What stack.json holds. Names are a contract: add, never rename."""

    endpoint_url: str
    region: str
    inbox_queue_url: str
    inbox_dead_letter_url: str
    results_queue_url: str
    state_machine_arn: str
    mapping_table: str
    outcomes_table: str
    pdf_bucket: str
    secret_arn: str
    queues: dict[str, dict[str, str]]
    dokstamp_base_url: str
    dokstamp_tenant: str
    dokstamp_is_sandbox: bool
    pids: dict[str, int]
    logs: str

    def write(self) -> None:
        """Puts the file there in one step: a reader sees all of it or nothing."""
        STACK_FILE.parent.mkdir(parents=True, exist_ok=True)
        draft = STACK_FILE.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(STACK_FILE)


def describe(
    outputs: Mapping[str, str],
    *,
    endpoint_url: str,
    dokstamp: DokStamp,
    is_sandbox: bool,
    pids: dict[str, int],
    logs: str,
) -> StackFile:
    """Makes the description of a stack from the outputs of its deployment."""
    return StackFile(
        endpoint_url=endpoint_url,
        region=REGION,
        inbox_queue_url=outputs["InboxQueueUrl"],
        inbox_dead_letter_url=outputs.get("InboxDeadLetterQueueUrl", ""),
        results_queue_url=outputs["ResultsQueueUrl"],
        state_machine_arn=outputs["StateMachineArn"],
        mapping_table=outputs["MappingTableName"],
        outcomes_table=outputs["OutcomesTableName"],
        pdf_bucket=outputs["PdfBucketName"],
        secret_arn=outputs["CredentialsSecretArn"],
        queues={
            step: {
                "url": outputs[f"{pascal(step)}QueueUrl"],
                "dead_letter_url": outputs[f"{pascal(step)}DeadLetterQueueUrl"],
            }
            for step in STEPS
        },
        dokstamp_base_url=dokstamp.base_url,
        dokstamp_tenant=dokstamp.tenant,
        dokstamp_is_sandbox=is_sandbox,
        pids=pids,
        logs=logs,
    )


def read() -> StackFile:
    """The running stack of `make up`; raises Failed where none runs."""
    if not is_in_use(UP):
        # Whoever wrote it was killed before it could take the file away.
        STACK_FILE.unlink(missing_ok=True)
        raise Failed("No local stack runs. Start one with `make up` in another terminal.")
    try:
        return StackFile(**json.loads(STACK_FILE.read_text()))
    except FileNotFoundError:
        raise Failed(BETWEEN) from None
