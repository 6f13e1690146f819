"""MiniStack, with every decision of its IAM noted: `python recorder.py CALLS`.

Started by path on MiniStack's own interpreter, so it imports nothing of ours. Each decision is noted once, as a line of
JSON: who, which action, on what, allowed or not, by which statement.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

ALLOWED, REFUSED = "allowed", "refused"


def note_decisions(calls: Path) -> None:
    """From now on, what MiniStack's IAM decides stands in the file."""
    # Not installed where the types are checked.
    iam: Any = importlib.import_module("ministack.core.iam_evaluator")
    evaluate, enforce, noted = iam.evaluate, iam.enforce, set[tuple[str, ...]]()

    def note(*decision: str) -> None:
        if decision not in noted:
            noted.add(decision)
            with calls.open("a") as file:
                file.write(json.dumps(decision) + "\n")

    def evaluate_and_note(context: Any, *policies: Any) -> Any:
        result = evaluate(context, *policies)
        # A refusal is not final: another policy may allow it.
        if result.decision == "Allow":
            note(context.principal_arn, context.action, context.resource_arn, ALLOWED, result.matched_sid)
        return result

    def enforce_and_note(key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any) -> Any:
        refusal = enforce(key, action, service, region, resource_arn=resource_arn, **more)
        if refusal:
            note(getattr(refusal, "principal_arn", ""), action, resource_arn, REFUSED, "")
        return refusal

    iam.evaluate, iam.enforce = evaluate_and_note, enforce_and_note


if __name__ == "__main__":
    note_decisions(Path(sys.argv.pop()))
    importlib.import_module("ministack.app").main()
