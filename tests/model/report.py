"""The model's attempts as a section of a report, for whoever has not seen the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.model.attempts import HANDFUL, KINDS, ON_DYNAMODB, Attempted, kinds
from tests.support.options import PYTHON

_MEANING = {
    "lost": "something that the SIS said is not in DokStamp, or was refused or called stale without a reason",
    "doubled": "something is in DokStamp twice, or a student was told twice",
    "stale": "an older value came after a newer one, or stands at the end in place of it",
    "whose": "an entity belongs to another record than it should: two records are one entity, or a reference leads to "
    "somebody else's",
    "hung": "a run has not ended, a message is still in a queue, or the whole never comes to rest",
    "broken": "a rule was broken on the way (e.g. a call without a lease), or a result is not about what was sent",
}


def section(schedules: Sequence[Attempted], ways: Sequence[Attempted], seconds: float) -> Iterator[str]:
    """The lines."""
    tried = sum(each.attempt.size for each in ways)
    yield "## The model"
    yield ""
    yield f"{len(schedules)} schedules and {tried} ways of hypothesis, {seconds:.0f} seconds."
    yield ""
    yield "A small school (institutions, courses, modules, groups, cohorts, students, enrollments, certificates) tells"
    yield "and changes its mind: messages come late, twice, in any order, and contradict each other. The real intake,"
    yield "workers and API client take them through simulated queues and runs, in simulated time, to a stand-in of the"
    yield "DokStamp API. Meanwhile calls fail in any of the ways of the matrix, the mapping and the queues fail,"
    yield "processes stand still or are killed, leases and visibilities run out. Then the calm comes, and dead letters"
    yield "are redriven once. Right is: DokStamp says what the newest message about each record says, nothing is there"
    yield "twice, every run has ended and every record has one outcome."
    yield ""
    played = sorted({kind for each in (*schedules, *ways) for kind in each.attempt.meetings})
    yield f"Ways in which its records met: {', '.join(played) or 'none'} (tests/model/meetings.py)."
    yield ""
    yield "In a schedule a seed says everything beforehand. A way is steered by hypothesis, event by event, which also"
    yield f"shortens a way that ended wrong; {HANDFUL} ways are one attempt, which ends with the first wrong one."
    yield ""
    yield f"{_on_dynamodb(schedules)} of the schedules and {_on_dynamodb(ways)} of the ways, those whose seed"
    yield f"{ON_DYNAMODB} divides, had their mapping in DynamoDB (moto, in process), behind an SDK that repeats about"
    yield "every tenth write as if its answer had been lost; the others had it in memory."
    yield ""
    yield "| what was found | means | schedules | attempts of hypothesis |"
    yield "|---|---|---:|---:|"
    by_schedules, by_ways = kinds(schedules), kinds(ways)
    for kind in KINDS:
        yield f"| {kind} | {_MEANING[kind]} | {by_schedules[kind]} | {by_ways[kind]} |"
    yield ""
    for each in (*schedules, *ways):
        if each.findings:
            yield from _failure(each)


def _on_dynamodb(attempts: Sequence[Attempted]) -> int:
    return sum(each.attempt.size for each in attempts if each.attempt.on_dynamodb)


def _failure(attempted: Attempted) -> Iterator[str]:
    yield f"### Seed {attempted.attempt.seed}"
    yield ""
    yield "```"
    yield from attempted.findings
    yield ""
    yield from attempted.story.splitlines()
    yield f"again: {PYTHON} -m tests.model {attempted.attempt.again}"
    yield "```"
    yield ""
