"""`make send FILE=path`: sends inbox messages to the stack of `make up` and follows them. See follow.py for how."""

from __future__ import annotations

import argparse
from pathlib import Path

from local import stack_file
from local.command import carry_out
from local.follow import SECONDS_TO_WAIT, Follower
from local.processes import Failed
from local.report import console, send_and_follow, show_outcomes
from local.school import read_messages

ENDED_WELL = ("completed", "completed_with_rejections")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make send FILE=path", description=__doc__)
    parser.add_argument("file", nargs="?", default="", help="one JSON message, or JSON Lines")
    parser.add_argument("--seconds", type=float, default=SECONDS_TO_WAIT, help="how long to wait for each message")
    options = parser.parse_args()
    if not options.file:
        raise Failed("Say which file: make send FILE=path, for example make send FILE=events/school.jsonl")
    messages = read_messages(Path(options.file))
    endings = send_and_follow(Follower(stack_file.read()), messages, options.seconds)
    show_outcomes(endings)
    if any(record["outcome"] == "blocked" for ending in endings for record in ending.records):
        console.print(
            "What is blocked follows by itself when what it waits for is delivered. The results queue then holds the "
            "result of a run of its own."
        )
    return int(any(ending.status not in ENDED_WELL for ending in endings))


if __name__ == "__main__":
    carry_out(main)
