"""Takes a step message: reads it, delivers its records, then answers the run or hands the message back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, NoReturn, Protocol

from pydantic import ValidationError

from dokstamp_sync import backoff, failures, observability
from dokstamp_sync.delivery.context import Context, Means
from dokstamp_sync.delivery.parents import Parents
from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import HandedBack, Misconfigured, NotReady, Occupied, OutOfTime, Retry, Throttled
from dokstamp_sync.mapping.invalid import Invalid
from dokstamp_sync.mapping.refusals import Refused
from dokstamp_sync.mapping.run_notes import note_refused
from dokstamp_sync.messages import StepMessage, read_json
from dokstamp_sync.observability import logger
from dokstamp_sync.outcomes import Outcome, RecordOutcome, answer, count
from dokstamp_sync.problems import problems, sentence
from dokstamp_sync.reading import MODELS, apparent_sis_id, parse
from dokstamp_sync.steps.work import R, StepRules
from dokstamp_sync.worker.attempts import Attempt, Attempts, refusal, silence

_A_RUN_WAITS = re.compile(r'"task_token"(?!\s*:\s*(null|""))')


class Answers(Protocol):
    """Talks to the queue and the state machine."""

    def task(self, token: str, result: dict[str, Any]) -> None:
        """Answers a task token. That no run waits for it any more is no error. Raises Retry if it cannot."""

    def hide(self, receipt_handle: str, seconds: int) -> None:
        """Hides the message for ``seconds``. Raises nothing: if it fails, the queue's visibility timeout holds."""


CALLS_A_RECEIVE = 5
"""Most calls of a message over the least number of receives is less."""


Attempted = list[Attempt[R] | RecordOutcome]


class Worker(Generic[R]):
    """Takes the messages of one step."""

    def __init__(
        self,
        rules: StepRules[R],
        means: Means,
        answers: Answers,
        random: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._means = means
        self._answers = answers
        self._settings = means.settings
        self._random = random
        self._attempts = Attempts(rules)
        self._calls_before = 0

    def begin_before(self, moment: float) -> None:
        """From ``moment`` on (seconds since the epoch) no record is begun any more."""
        self._means.brake.begin_before = moment

    def take(self, received: Received) -> None:
        """Takes every record to its outcome and answers the token. Raises HandedBack if a record has none yet.

        What it raises besides is nobody's record: whoever calls it tells of that, and hides the message.
        """
        self._calls_before = self._means.brake.calls
        try:
            message = StepMessage.model_validate(read_json(received.body), context={"now": self._means.clock()})
            if message.step is not self._rules.step:
                raise ValueError(f"step is '{message.step}'; this queue takes '{self._rules.step}'")
        except ValueError as error:
            self._drop(received, error)
            return
        logger.append_keys(run=message.shown_run, step=message.step.value)
        try:
            attempts = self._deliver(message, received)
        except Retry as error:
            self._retry(received, error, 0)
        came_of = [each.came_of if isinstance(each, Attempt) else each for each in attempts]
        done = [each for each in came_of if isinstance(each, RecordOutcome)]
        open_ = [each for each in came_of if isinstance(each, Exception)]
        if open_:
            self._hand_back(received, open_, len(done))
        self._note_refused(message, attempts, received)
        if message.task_token:
            self._answer(message, done, received)
        counts = count(each.outcome for each in done)
        for outcome, number in counts.items():
            observability.count(outcome.capitalize(), number)
            if outcome not in (Outcome.UNCHANGED, Outcome.STALE):
                observability.count("Judged", number)
        logger.info("message done", counts=counts, receives=received.receives)

    def _deliver(self, message: StepMessage, received: Received) -> Attempted[R]:
        """One entry per record, in order: the attempt, or the rejection of an invalid record."""
        read = [self._read(message, received, place) for place in range(len(message.records))]
        valid = [each for each in read if not isinstance(each, RecordOutcome)]
        made = iter(self._attempts.make(valid, self._context(message, received)))
        return [each if isinstance(each, RecordOutcome) else next(made) for each in read]

    def _read(self, message: StepMessage, received: Received, place: int) -> Any:
        """The record at this place, or its rejection if it is invalid."""
        given = message.records[place]
        try:
            return parse(self._rules.step, given, self._settings.default_institution)
        except ValidationError as error:
            step = self._rules.step
            told = f"records[{place}]: {sentence(problems(error, MODELS[step]))}"
            outcome = RecordOutcome(step, apparent_sis_id(step, given), Outcome.REJECTED, told)
            means = self._means.for_message(message)
            invalid = Invalid(means.store, means.refusals, means.clock, message.scope, message.stamp)
            invalid.drop(outcome, given, f"{received.id}/{place}")
            return outcome

    def _context(self, message: StepMessage, received: Received) -> Context:
        settings, means, dry_run = self._settings, self._means.for_message(message), message.options.dry_run
        parents = Parents(
            means.store,
            means.identity,
            means.api,
            run=message.scope,
            default_institution=settings.default_institution,
        )
        # After the last receive the message becomes a dead letter, so its records must not wait any longer.
        waits = received.receives < settings.maximum_receives and not dry_run
        return Context(
            means=means,
            run=message.scope,
            occurred_at=message.stamp,
            force=message.options.force,
            dry_run=dry_run,
            patience=settings.patience_seconds if waits else 0,
            parents=parents,
        )

    def _retry(self, received: Received, error: Retry, done: int) -> NoReturn:
        """Hands the message back for something that is no record's."""
        failures.log("message", error)
        self._hand_back(received, [error], done)

    def _hand_back(self, received: Received, open_: Sequence[Exception], done: int) -> NoReturn:
        for each in open_:
            failures.count(each)
        longest = self._longest(open_, received)
        # One draw for all: the longest of many draws would be the same for every large message.
        drawn = self._random()
        wait = max(self._wait(each, received, longest, drawn) for each in open_)
        seconds = backoff.visibility(min(wait, self._settings.longest_wait_seconds))
        self._answers.hide(received.receipt_handle, seconds)
        logger.info("message handed back", done=done, open=len(open_), seconds=seconds, receives=received.receives)
        raise HandedBack(f"{len(open_)} records have no outcome yet")

    def _longest(self, open_: Sequence[Exception], received: Received) -> float:
        """The longest back-off. Only receives that failed make it long, not those that an outage before has cost."""
        settings, api = self._settings, self._means.api
        longest = backoff.ceiling(received.receives, settings.retry_base_seconds, settings.retry_cap_seconds)
        is_held_up = any(isinstance(each, Occupied) for each in open_)
        others = [each for each in open_ if not isinstance(each, Occupied | NotReady)]
        if longest <= settings.lease_seconds or others or not is_held_up or not (self._got_on or silence(api) is None):
            return longest
        # Other workers are at these records, and DokStamp answers them.
        return settings.lease_seconds / 2

    @property
    def _got_on(self) -> bool:
        """Whether DokStamp has answered calls about this message."""
        return self._means.brake.calls > self._calls_before

    @property
    def _gets_on(self) -> bool:
        """Whether a limit lets this message get on so well that its receives will do for a large one."""
        return self._means.brake.calls - self._calls_before >= CALLS_A_RECEIVE

    def _wait(self, error: Exception, received: Received, longest: float, drawn: float) -> float:
        base, cap = self._settings.retry_base_seconds, self._settings.retry_cap_seconds
        if isinstance(error, OutOfTime):
            return error.after or 0.0
        if isinstance(error, Throttled) and self._gets_on:
            # It got on, and so it will again: only what never gets a turn gives way to others for longer each time.
            return max(1.0, (error.after or 0.0) * (1 + drawn / 4))
        if isinstance(error, NotReady):
            look = backoff.look_again(error.waited, base, cap)
            return max(1.0, min(backoff.equal_jitter(look, drawn), error.left))
        if isinstance(error, Throttled):
            longest = backoff.next_turn(received.receives, base, cap)
        wait = backoff.equal_jitter(longest, drawn)
        return max(wait, (error.after if isinstance(error, Retry) else None) or 0.0)

    def _note_refused(self, message: StepMessage, attempts: Attempted[R], received: Received) -> None:
        """Stores what was refused, before the run goes on to the records that depend on it."""
        refused = {id_: outcome for each in attempts for id_, outcome in refusal(self._rules.step, each).items()}
        try:
            if refused:
                note_refused(self._means.store, self._means.clock, message.scope, refused)
        except Retry as error:
            self._retry(received, error, len(attempts))

    def _answer(self, message: StepMessage, done: Sequence[RecordOutcome], received: Received) -> None:
        try:
            self._answers.task(message.task_token or "", answer(done, dry_run=message.options.dry_run))
        except Retry as error:
            self._retry(received, error, len(done))

    def _drop(self, received: Received, error: ValueError) -> None:
        """Drops a message that cannot be read. It is stored as it came: nobody knows which records it is about.

        If a run waits for it, the state machine is wrong, not the SIS: the message stays and becomes a dead letter.
        """
        if _A_RUN_WAITS.search(received.body):
            raise Misconfigured("a run waits for this message, and it is not a step message")
        wrong = [{"field": "", "problem": str(error)}]
        if isinstance(error, ValidationError):
            wrong = problems(error, StepMessage)
        outcome = RecordOutcome(self._rules.step, None, Outcome.REJECTED, sentence(wrong))
        # The body may hold a lone surrogate, and no table takes that.
        body = received.body.encode(errors="replace").decode()
        self._means.refusals.keep(Refused(f"message#{received.id}", "", "", outcome, body))
        observability.count("Rejected")
        observability.count("Judged")
        logger.error("message is not a step message", step=self._rules.step.value, problems=len(wrong))
