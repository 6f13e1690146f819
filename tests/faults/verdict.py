"""What is wrong with how a case ended: lost, doubled, hung or otherwise wrong, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.settings import Settings
from tests.faults.cases import Case
from tests.faults.expect import Expected
from tests.faults.school import Json
from tests.faults.wire import Sent
from tests.faults.world import compare

KINDS = ("lost", "doubled", "hung", "wrong")


@dataclass(slots=True)
class Verdict:
    """Sentences under the four heads, none of them if all is well; ``evidence`` is for whoever looks into it."""

    case: Case
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    evidence: str = ""
    seconds: float = 0.0

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.hung or self.wrong)

    def __str__(self) -> str:
        found = [f"{kind}: {each}" for kind in KINDS for each in getattr(self, kind)]
        return "\n".join([f"{self.case.id}: {self.case.sentence}", *found, self.evidence])


@dataclass(slots=True)
class Ending:
    """How a case ended. ``answers``: all that the run was told by this message's deliveries."""

    result: Json | None
    answers: Sequence[Json]
    row: Row | None
    found: Sequence[tuple[tuple[str, str], Json]]
    live: frozenset[str]
    sent: Sequence[Sent]
    hung: str = ""


def judge(verdict: Verdict, expected: Expected, ending: Ending, settings: Settings) -> None:
    """Fills in what is wrong with the ending."""
    differences = compare(expected.world, ending.found)
    verdict.lost += differences.lost
    verdict.doubled += differences.doubled
    verdict.wrong += differences.wrong
    verdict.wrong += _lease_breaches(ending.sent, settings)
    if ending.hung or ending.result is None:
        verdict.hung.append(ending.hung or "there is no result")
        return
    verdict.wrong += _outcome(verdict.case.call.step, expected, ending)
    verdict.wrong += _row(verdict.case.call.step, expected, ending.row)
    if any(answer != ending.answers[0] for answer in ending.answers):
        verdict.wrong.append(f"the run was answered differently by one message: {list(ending.answers)}")


def _outcome(step: Step, expected: Expected, ending: Ending) -> Iterator[str]:
    assert ending.result is not None
    records: list[Mapping[str, Any]] = [each for each in ending.result["records"] if each["step"] == step.value]
    if len(records) != 1:
        yield f"the result has {len(records)} outcomes of the record"
        return
    told = records[0]
    wanted = " or ".join(sorted(expected.outcomes))
    if told["outcome"] not in expected.outcomes:
        yield f"the outcome is '{told['outcome']}' ({told['reason']}) instead of {wanted}"
    if expected.reason not in told["reason"]:
        yield f"the reason does not say {expected.reason}: {told['reason']}"
    status = "completed_with_rejections" if expected.is_refusal else "completed"
    if ending.result["status"] != status:
        yield f"the run is '{ending.result['status']}' instead of {status}"
    if not expected.is_refusal and step is not Step.COURSE_MODULES and told["uuid"] not in ending.live:
        yield f"the outcome's uuid {told['uuid']} is not in DokStamp"


def _row(step: Step, expected: Expected, row: Row | None) -> Iterator[str]:
    if row is None:
        yield "the record has no row"
        return
    if row.claim:
        yield "the row still holds a claim"
    if row.intent and Outcome.BLOCKED not in expected.outcomes:
        # Only what was blocked may still have been created by a call whose answer was lost.
        yield "the row still holds an intent"
    if expected.is_refusal:
        if not row.refused or row.refused.outcome not in expected.outcomes:
            yield f"the row does not say that the record was refused: {row.refused}"
    elif not row.applied or not row.applied.fingerprint:
        yield "the row does not say what was delivered"
    elif not row.uuid and step is not Step.COURSE_MODULES:
        yield "the row has no uuid"


def _lease_breaches(sent: Sequence[Sent], settings: Settings) -> Iterator[str]:
    """Whoever sends holds a lease that outlives the call; after an unsure answer nothing is sent until it lapsed."""
    unsure: Sent | None = None
    for call in (each for each in sent if each.is_write):
        shown = f"{call.worker}'s {call.method} {call.path} at {call.at:.3f}"
        if not call.owner.startswith(f"{call.worker}-"):
            yield f"{shown} was sent without a claim of its own (the record's is {call.owner or 'nobody'}'s)"
            continue
        effect = call.latest + settings.processing_seconds + settings.skew_seconds
        if effect > call.until:
            yield f"{shown} could take effect until {effect:.3f}, its lease lasts until {call.until:.3f}"
        if unsure and call.at < unsure.until and call.owner != unsure.owner:
            yield f"{shown} was sent before the lease of a call of unsure fate had lapsed at {unsure.until:.3f}"
        elif unsure and call.owner == unsure.owner:
            yield f"{shown} was sent under the lease of a call of unsure fate"
        unsure = None if call.definite else call
