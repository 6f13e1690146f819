"""One row, one owner, one lease: on every store."""

from collections.abc import Callable

import pytest

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.claims import Claimed, Sent
from dokstamp_sync.mapping.decision import Busy, Deliver, decide
from dokstamp_sync.mapping.row import Claim, Conflict, Store
from dokstamp_sync.outcomes import Outcome
from tests.mapping.claiming import AGAIN, WRITES, ClaimAs, claims
from tests.mapping.rows import ID, UUID, delivered, delivery, only
from tests.support.memory import Noted
from tests.support.pipeline import Clock


def test_the_intent_is_written_in_the_same_stroke_as_the_claim(store: Store, clock: Clock) -> None:
    # Given a record that nobody knows
    noted = Noted(store)
    # When a worker claims it
    claimed = claims(noted, clock, "worker-1").claim(ID, None)
    # Then one write says both who owns it and that something may be created
    assert [(each.claim, each.intent) for each in noted.written] == [(Claim("worker-1", clock() + 8), {})]
    assert only(store) == claimed.row


def test_a_mapped_record_is_claimed_without_an_intent(store: Store, claim: ClaimAs) -> None:
    store.write(delivered(), None)
    assert claim("worker-1").row.intent is None


def test_of_two_who_read_the_same_row_one_becomes_its_owner(store: Store, clock: Clock) -> None:
    # Given two workers who both saw no row
    winner = claims(store, clock, "worker-1").claim(ID, None)
    # When the second one claims it as well
    with pytest.raises(Conflict) as conflict:
        claims(store, clock, "worker-2").claim(ID, None)
    # Then it learns of the owner, and is to wait
    assert conflict.value.current == winner.row == only(store)
    assert decide(conflict.value.current, AGAIN, clock()) == Busy(clock() + 8)


def test_a_record_is_busy_until_the_lease_and_then_taken_over(store: Store, clock: Clock, claim: ClaimAs) -> None:
    # Given a worker that never comes back
    claim("worker-1")
    # Then its record is busy to the last moment of the lease
    clock.sleep(7.9)
    assert isinstance(decide(only(store), AGAIN, clock()), Busy)
    # And is taken over after it
    clock.sleep(0.1)
    assert decide(only(store), AGAIN, clock()) == Deliver()
    second = claim("worker-2")
    assert only(store).claim == Claim("worker-2", clock() + 8)
    assert second.maybe_created
    assert second.sent is Sent.PERHAPS


@pytest.mark.parametrize("finished", [False, True], ids=["at work", "finished"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_slow_worker_that_was_overtaken_writes_nothing(
    store: Store, clock: Clock, claim: ClaimAs, write: Callable[[Claimed], None], finished: bool
) -> None:
    # Given a worker whose record was taken over
    slow = claim("slow")
    clock.sleep(8)
    fast = claim("fast")
    if finished:
        fast.complete(UUID, {}, delivery())
    stands = only(store)
    # When it comes back
    with pytest.raises(Retry, match="taken over") as retry:
        write(slow)
    # Then nothing of it is written, and nobody may repeat its call before the lease has run out
    assert only(store) == stands
    assert not retry.value.definite


@pytest.mark.parametrize(("passed", "allowed"), [(0, True), (1.5, True), (2, False), (3, False), (20, False)])
def test_nothing_is_sent_under_a_lease_that_could_lapse_in_flight(
    clock: Clock, claim: ClaimAs, passed: float, allowed: bool
) -> None:
    # Given a lease of 8 seconds and calls that may take effect for 6
    claimed = claim("worker-1")
    # When some of it has passed
    clock.sleep(passed)
    # Then a call is sent only if it must have taken effect before the lease runs out
    if allowed:
        claimed.check()
    else:
        with pytest.raises(Retry, match="too little of the lease"):
            claimed.check()
        assert claimed.seconds_left() == max(0, 8 - passed)


def test_a_lease_is_renewed_while_half_of_the_time_to_send_is_left(clock: Clock, claim: ClaimAs, store: Store) -> None:
    # Given a lease of 8 seconds and calls that may take effect for 6
    claimed = claim("worker-1")
    # When a worker sends something every second
    for _ in range(20):
        clock.sleep(0.9)
        claimed.renew()
        claimed.check()
    # Then it still owns the record, and nobody else may have it
    assert claimed.seconds_left() >= 6
    held = only(store).claim
    assert held is not None
    assert held.until == clock() + claimed.seconds_left()


def test_a_lease_that_somebody_else_has_taken_over_is_not_renewed(clock: Clock, claim: ClaimAs, store: Store) -> None:
    # Given a worker whose clock stands still, and another one that took over
    slow = claim("slow")
    clock.sleep(8)
    claim("fast")
    stands = only(store)
    clock.sleep(-6.5)
    # When the slow one is about to send something, Then it does not, and the other one's claim stands
    with pytest.raises(Retry, match="taken over"):
        slow.renew()
    assert only(store) == stands


def test_a_lease_that_is_too_short_to_send_anything_is_renewed_first(clock: Clock, claim: ClaimAs) -> None:
    # Given a worker that waited for its turn until too little of the lease was left
    claimed = claim("worker-1")
    clock.sleep(2)
    with pytest.raises(Retry, match="too little of the lease"):
        claimed.check()
    # When it is about to send something, Then it still owns the record, and may send
    claimed.renew()
    assert claimed.seconds_left() == 8
    claimed.check()


def test_a_lease_that_has_run_out_is_not_renewed(clock: Clock, claim: ClaimAs) -> None:
    # Given a worker that stood still for longer than its lease
    claimed = claim("worker-1")
    clock.sleep(8)
    # When it goes on, Then its lease is what it was, and nothing is sent
    claimed.renew()
    assert claimed.seconds_left() == 0
    with pytest.raises(Retry, match="too little of the lease"):
        claimed.check()


def test_what_was_delivered_frees_the_record_and_stores_its_fingerprint(store: Store, claim: ClaimAs) -> None:
    # Given a record that was refused once
    claim("worker-1").refuse(delivery(outcome=Outcome.REJECTED))
    # When it is delivered
    claim("worker-2").complete(UUID, {"status": "issued"}, delivery())
    # Then the row holds what was delivered, and nothing of the way there
    row = only(store)
    assert (row.uuid, row.facts, row.applied) == (UUID, {"status": "issued"}, delivery())
    assert (row.claim, row.intent, row.refused) == (None, None, None)


def test_no_fingerprint_is_stored_before_the_record_is_delivered(store: Store, claim: ClaimAs) -> None:
    claimed = claim("worker-1")
    claimed.freeze({"file_uuid": "f-1"})
    claimed.keep({"status": "draft"}, uuid=UUID)
    assert only(store).applied is None


def test_what_exists_already_is_remembered_under_the_claim(store: Store, clock: Clock, claim: ClaimAs) -> None:
    # When a worker notes that the entity exists, and dies
    claim("worker-1").keep({"status": "draft"}, uuid=UUID)
    clock.sleep(8)
    # Then the next one finds it
    second = claim("worker-2")
    assert (second.row.uuid, second.row.facts) == (UUID, {"status": "draft"})
