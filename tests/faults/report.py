"""The matrix as a table for the screen, and as a file for whoever has not seen the code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from tests.faults import faults
from tests.faults.cases import GROUPS, KILLED, OVERTAKEN, Case, Overtaking
from tests.faults.points import Point
from tests.faults.verdict import KINDS, Verdict

_COUNTED = ("cases", *KINDS)
_MEANING = {
    "network": "connections that are refused or reset",
    "late": "answers that come after our deadline, drip in, or never come",
    "5xx": "500, 502, 503, 504 once; 503 always, until somebody mends it",
    "429": "429 with and without `Retry-After`",
    "408": "408",
    "rubbish": "200 with HTML, or with JSON that ends in the middle",
    "401": "401 once; always, until somebody mends it; when no new token is to be had; and when it comes too slowly",
    "403": "403 always, until somebody mends it",
    "404": "404 on a uuid that the mapping knows",
    "422": "422 on a unique field, because somebody else was faster",
    KILLED: "the worker's process is killed (a real process, SIGKILL) and its message delivered again",
    OVERTAKEN: "the worker stands still, and meanwhile its lease lapses or another worker takes over",
}


@dataclass(slots=True)
class Tally:
    """How many cases, and how many of them lost, doubled, hung or went wrong otherwise."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))

    def add(self, verdict: Verdict) -> None:
        self.counts["cases"] += 1
        for kind in KINDS:
            self.counts[kind] += bool(getattr(verdict, kind))

    def row(self) -> list[str]:
        return [str(self.counts[name]) for name in _COUNTED]


def tally(verdicts: Sequence[Verdict]) -> Tally:
    """Over all of these."""
    total = Tally()
    for verdict in verdicts:
        total.add(verdict)
    return total


def table(verdicts: Sequence[Verdict]) -> Table:
    """One row for each call and group of faults, and the total."""
    shown = Table("call", "fault", *_COUNTED, show_footer=True, title="Faults")
    shown.columns[0].footer = "all"
    for place, value in enumerate(tally(verdicts).row(), start=2):
        shown.columns[place].footer = value
        shown.columns[place].justify = "right"
    last = ""
    for title, group, these in _by_call_and_group(verdicts):
        bad = any(not each.is_well for each in these)
        shown.add_row("" if title == last else title, group, *tally(these).row(), style="bold red" if bad else None)
        last = title
    return shown


def _by_call_and_group(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, str, list[Verdict]]]:
    sorted_: dict[tuple[str, str], list[Verdict]] = {}
    titles = dict.fromkeys(each.case.call.title for each in verdicts)
    for verdict in verdicts:
        sorted_.setdefault((verdict.case.call.title, verdict.case.group), []).append(verdict)
    for title in titles:
        for group in GROUPS:
            if (title, group) in sorted_:
                yield title, group, sorted_[title, group]


def lines(verdicts: Sequence[Verdict], seconds: float) -> Iterator[str]:
    """The report, line by line."""
    counts = tally(verdicts).counts
    bad = [each for each in verdicts if not each.is_well]
    yield "# Faults"
    yield ""
    yield f"{counts['cases']} cases, {seconds:.0f} seconds: " + ", ".join(f"{counts[k]} {k}" for k in KINDS) + "."
    yield ""
    yield "In every case a record goes through its step against a stand-in of the DokStamp API, and one thing happens"
    yield "to it. Then its message comes back until it is gone. Right is: every entity is in DokStamp exactly once and"
    yield "says what the SIS said, a certificate is issued and its student told exactly once, the run is answered with"
    yield "the right outcome, nothing was sent without a lease that outlived it, and the record, said once more, is"
    yield "`unchanged` and costs no call."
    yield ""
    yield "What does not pass by itself (401, 403 or 503 always) is mended by somebody, or nothing could end well:"
    yield f"after the message was received {faults.MENDED_AFTER} times. Right is that it stays where it is until then,"
    yield "and ends like any other when it was mended."
    yield ""
    yield "`lost`: something is not there. `doubled`: something is there more than once. `hung`: the message or its run"
    yield "came to no end. `wrong`: anything else that is not as above."
    yield ""
    yield "One case again: `make faults ONLY='^course/create/reset-after$' SCHEDULES=0 WAYS=0`; a part: `ONLY=429`."
    yield ""
    yield from _failures(bad)
    yield from _by_group(verdicts)
    yield from _by_call(verdicts)
    yield from _every_case(verdicts)


def _failures(bad: Sequence[Verdict]) -> Iterator[str]:
    if not bad:
        return
    yield f"## Not well: {len(bad)}"
    yield ""
    for verdict in bad:
        yield f"### {verdict.case.sentence}"
        yield ""
        yield "```"
        yield str(verdict)
        yield "```"
        yield ""


def _by_group(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "## By fault"
    yield ""
    yield from _head("fault", "what happens")
    for group in GROUPS:
        these = [each for each in verdicts if each.case.group == group]
        if these:
            yield _row(group, _MEANING[group], *tally(these).row())
    yield ""


def _by_call(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "## By call and fault"
    yield ""
    yield from _head("call", "fault")
    for title, group, these in _by_call_and_group(verdicts):
        yield _row(title, group, *tally(these).row())
    yield ""


def _every_case(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "## What was tried"
    yield ""
    yield from (f"- `{fault.key}`: {fault.says}" for fault in (*faults.ANSWERS, faults.SLOW_TOKEN, *faults.UNKNOWN))
    yield from (f"- `kill-{_short(point)}`: the process is killed {point}" for point in Point)
    yield from (f"- `{how.name.lower()}-...`: the worker stands still at a point: {how}" for how in Overtaking)
    yield ""
    yield "## Every case"
    yield ""
    yield "| case | what happens | seen |"
    yield "|---|---|---|"
    for verdict in verdicts:
        seen = "well" if verdict.is_well else "; ".join(kind for kind in KINDS if getattr(verdict, kind))
        yield _row(f"`{verdict.case.id}`", _with_generation(verdict.case), seen)


def _with_generation(case: Case) -> str:
    return case.says + ("" if case.generation == "g2" else f" ({case.generation})")


def _short(point: Point) -> str:
    return point.name.lower().replace("_", "-")


def _head(*names: str) -> list[str]:
    return [_row(*names, *_COUNTED), "|---" * len(names) + "|---:" * len(_COUNTED) + "|"]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
