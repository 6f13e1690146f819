"""Whether a failure of AWS was told of: by a log line, a metric and a visibility, and by nothing personal."""

import re
from collections.abc import Iterator, Mapping

from dokstamp_sync.errors import Retry
from tests.mute.aws import SECRET, Call
from tests.mute.telling import Line, Told

# The longest back-off after the first receive.
LONGEST_SECONDS = 10
HIDE = "ChangeMessageVisibility"


def first_of_its_kind(usual: Mapping[str, Told]) -> dict[str, list[int]]:
    """The calls of each scene that no scene before it makes in the same way."""
    seen = set[Call]()
    found: dict[str, list[int]] = {}
    for name, each in usual.items():
        found[name] = [number for number, call in enumerate(each.aws.calls) if call not in seen]
        seen.update(each.aws.calls)
    return found


def mute(found: Told, usual: Told, call: Call, fault: str) -> list[str]:
    """What does not tell of it. ``usual``: what the scene tells of by itself."""
    wrong = [*_lines(found, usual), *_metrics(found, call, fault)]
    wrong += _raised(found) if found.raised else _visibility(found, usual, call)
    if any(part in f"{found.text}{found.raised}" for part in SECRET.split(", ")):
        wrong.append("the message of the error is shown")
    return [f"mute {each}" for each in wrong]


def _kind(line: Line) -> tuple[str, str, str]:
    return line["message"], line["error"], line.get("reason", "")


def _lines(found: Told, usual: Told) -> Iterator[str]:
    """One more than usual, with type and place."""
    own = [_kind(each) for each in usual.failures]
    lines = [each for each in found.failures if _kind(each) not in own]
    if len(lines) != 1:
        yield f"{len(lines)} log lines"
    for line in lines:
        if not re.fullmatch(r"[A-Z]\w+", line["error"]) or not re.fullmatch(r"[\w.<>]+:\d+", line["where"]):
            yield "a log line without type and place"
        if line["level"] not in ("WARNING", "ERROR"):
            yield "a log line that is no warning"


def _metrics(found: Told, call: Call, fault: str) -> Iterator[str]:
    """A bug rings an alarm at once; what AWS could not do for now is only counted."""
    # That a message could not be hidden does no harm.
    rings = fault == "a bug" and call.operation != HIDE
    wanted = {"Retried": 1, "Misconfigured": 0, "Unforeseen": int(rings)}
    for name, number in wanted.items():
        if found.metrics[name] != number:
            yield f"{name} is counted {found.metrics[name]} times"


def _visibility(found: Told, usual: Told, call: Call) -> Iterator[str]:
    """The message stays, and comes back soon, unless it was just this that could not be said."""
    if not found.events:
        yield "nothing is raised"
        return
    if len(found.left) != 1:
        yield "the message does not stay"
    longest = max([LONGEST_SECONDS, *(seconds for _, seconds in usual.aws.hidden)])
    hidden = [handle for handle, seconds in found.aws.hidden if 0 <= seconds <= longest]
    if call.operation != HIDE and hidden != found.left:
        yield "the message is not hidden for a back-off"


def _raised(found: Told) -> Iterator[str]:
    """The state machine hears that there is no result yet."""
    if found.events or not isinstance(found.raised, Retry):
        yield f"{type(found.raised).__name__} is raised"
