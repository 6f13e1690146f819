"""What is done about a record, given its row: every rule as a sentence."""

from dataclasses import replace

import pytest

from dokstamp_sync.mapping.decision import Busy, Deliver, Said, Settled, decide
from dokstamp_sync.mapping.row import Claim, Row
from dokstamp_sync.outcomes import Outcome
from tests.mapping.rows import ID, NOON, ONE, delivered, delivery

NOW = 1_795_000_000.0
ELEVEN = "2026-11-20T11:00:00.000000Z"
SAME = Said("run-2", NOON, "print-1")
CHANGED = Said("run-2", ONE, "print-2")
OWNED = Claim("worker-1", NOW + 5)
LAPSED = Claim("worker-1", NOW)


def test_a_record_that_nobody_knows_is_delivered() -> None:
    assert decide(None, SAME, NOW) == Deliver()


def test_a_record_that_was_only_adopted_as_a_parent_is_delivered() -> None:
    assert decide(delivered(applied=None), SAME, NOW) == Deliver()


def test_a_record_that_changed_is_delivered() -> None:
    assert decide(delivered(), CHANGED, NOW) == Deliver()


def test_a_record_that_changed_and_says_so_at_the_very_same_moment_is_delivered() -> None:
    assert decide(delivered(), replace(CHANGED, occurred_at=NOON), NOW) == Deliver()


def test_a_record_that_was_delivered_as_it_is_is_unchanged() -> None:
    settled = decide(delivered(), SAME, NOW)
    assert settled == Settled(Outcome.UNCHANGED, "delivered before, nothing has changed since", advance=False)


def test_the_same_said_later_is_unchanged_and_known_to_hold_at_the_later_time() -> None:
    settled = decide(delivered(), replace(SAME, occurred_at=ONE), NOW)
    assert settled == Settled(Outcome.UNCHANGED, "delivered before, nothing has changed since", advance=True)


def test_force_delivers_what_is_unchanged() -> None:
    assert decide(delivered(), replace(SAME, force=True), NOW) == Deliver()


@pytest.mark.parametrize("fingerprint", ["print-1", "print-2"])
@pytest.mark.parametrize("force", [False, True])
def test_what_is_older_than_what_was_applied_is_stale_even_by_force(fingerprint: str, force: bool) -> None:
    settled = decide(delivered(), Said("run-2", ELEVEN, fingerprint, force), NOW)
    assert settled == Settled(Outcome.STALE, f"something newer, of {NOON}, was delivered before", advance=False)


def test_what_is_older_than_what_was_only_refused_is_not_stale() -> None:
    row = delivered(applied=None, refused=delivery(outcome=Outcome.REJECTED))
    assert decide(row, Said("run-2", ELEVEN, "print-2"), NOW) == Deliver()


@pytest.mark.parametrize("claim", [None, OWNED, LAPSED], ids=["free", "owned", "lapsed"])
@pytest.mark.parametrize("force", [False, True])
def test_the_same_run_again_reports_what_it_came_to(claim: Claim | None, force: bool) -> None:
    row = delivered(applied=delivery(outcome=Outcome.UPDATED, reason="changed"), claim=claim)
    assert decide(row, Said("run-1", NOON, "print-1", force), NOW) == Settled(Outcome.UPDATED, "changed")


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.BLOCKED])
def test_the_same_run_again_reports_its_refusal(outcome: Outcome) -> None:
    row = delivered(refused=delivery(run="run-2", fingerprint="print-2", outcome=outcome, reason="too long"))
    assert decide(row, replace(CHANGED, run="run-2"), NOW) == Settled(outcome, "too long")


def test_another_run_tries_again_what_was_refused() -> None:
    row = Row(ID, refused=delivery(run="run-1", outcome=Outcome.REJECTED))
    assert decide(row, SAME, NOW) == Deliver()


def test_the_same_run_that_says_something_else_is_delivered() -> None:
    assert decide(delivered(), Said("run-1", NOON, "print-2"), NOW) == Deliver()


@pytest.mark.parametrize("said", [SAME, CHANGED, replace(SAME, force=True)], ids=["same", "changed", "forced"])
def test_a_record_that_another_worker_owns_is_busy_until_the_lease_runs_out(said: Said) -> None:
    assert decide(delivered(claim=OWNED), said, NOW) == Busy(OWNED.until)


@pytest.mark.parametrize("said", [SAME, CHANGED], ids=["same", "changed"])
def test_a_record_whose_owner_never_finished_is_delivered_and_never_unchanged(said: Said) -> None:
    assert decide(delivered(claim=LAPSED), said, NOW) == Deliver()


def test_what_is_older_need_not_wait_for_the_owner_to_be_stale() -> None:
    settled = decide(delivered(claim=OWNED), Said("run-2", ELEVEN, "print-2"), NOW)
    assert isinstance(settled, Settled)
    assert settled.outcome is Outcome.STALE


def test_an_intent_that_was_left_behind_is_taken_up() -> None:
    assert decide(Row(ID, intent={}), SAME, NOW) == Deliver()
