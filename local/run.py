"""`make run`: a stack of its own, the sample school through it, and whether every record came to its expected end."""

from __future__ import annotations

from local import chosen, dokstamp
from local.command import carry_out
from local.follow import Ending, Follower
from local.report import DELIVERED, Clock, console, errors, send_and_follow, show_outcomes
from local.school import EXPECTED, MESSAGES, Expectations, read_expectations, read_messages
from local.stack import LocalStack
from local.up import wanted_port
from local.veil import name

SECONDS_PER_MESSAGE = 180.0
# One of the records waits in vain, on purpose.
PARAMETERS = {"PatienceSeconds": "10"}


def differences(endings: list[Ending], expected: Expectations, *, fresh: bool) -> list[str]:
    """What came out otherwise than expected, in words."""

    # A DokStamp outside may hold the sample school from an earlier run.
    def same(outcome: str) -> str:
        return outcome if fresh or outcome not in DELIVERED else "delivered"

    found = []
    for number, ending in enumerate(endings, 1):
        wanted = expected.get(ending.message.id or "")
        if wanted is None:
            found.append(f"message {number}: {EXPECTED.name} says nothing about this message")
            continue
        if ending.status != wanted["status"]:
            found.append(f"message {number}: expected {wanted['status']}, was {ending.status} {ending.note}".rstrip())
        was = {(one["step"], one["sis_id"]): one["outcome"] for one in ending.records}
        should = {(one["step"], one["sis_id"]): one["outcome"] for one in wanted["records"]}
        for key in sorted(was.keys() | should.keys()):
            before, after = should.get(key, "nothing"), was.get(key, "nothing")
            if same(before) != same(after):
                who = name({"step": key[0], "sis_id": key[1]})
                found.append(f"message {number}: {who}: expected {before}, was {after}")
    sent = {ending.message.id for ending in endings}
    return found + [f"{identifier}: was not sent" for identifier in expected if identifier not in sent]


def main() -> int:
    messages, expected = read_messages(MESSAGES), read_expectations()
    target, parameters = dokstamp.from_environment(), PARAMETERS | chosen.from_environment()
    clock = Clock()
    with LocalStack("run", target=target, port=wanted_port(), parameters=parameters, say=clock.say) as stack:
        where = stack.info.dokstamp_base_url
        clock.say(f"Sending the sample school, {len(messages)} messages, to {where}. A few are wrong on purpose")
        endings = send_and_follow(Follower(stack.info), messages, SECONDS_PER_MESSAGE)
        show_outcomes(endings)
        clock.say("Stopping the local stack")
    found = differences(endings, expected, fresh=target.is_sandbox)
    for difference in found:
        errors.print(difference, style="red", markup=False)
    if found:
        errors.print(f"{len(found)} differences from {EXPECTED.name}. Logs: {stack.info.logs}", style="red bold")
        return 1
    total = sum(len(ending.records) for ending in endings)
    console.print(f"[green]All {total} records of {len(endings)} messages came to their expected end.[/green]")
    return 0


if __name__ == "__main__":
    carry_out(main)
