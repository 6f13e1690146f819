"""What a claim leaves behind that did not end in a delivery: on every store."""

import pytest

from dokstamp_sync.errors import Rejected, Retry
from dokstamp_sync.mapping.claims import Claimed, Sent
from dokstamp_sync.mapping.decision import Deliver, Said, Settled, decide
from dokstamp_sync.mapping.row import Store
from dokstamp_sync.outcomes import Outcome
from tests.mapping.claiming import AGAIN, WRITES, ClaimAs, claims
from tests.mapping.rows import ID, ONE, UUID, delivered, delivery, only
from tests.support.pipeline import Clock


def test_a_definite_refusal_closes_the_intent(store: Store, claim: ClaimAs) -> None:
    # When a worker's record is refused
    claim("worker-1").refuse(delivery(outcome=Outcome.REJECTED))
    # Then the next one starts at once and need not think that something was created
    assert (only(store).claim, only(store).intent) == (None, None)
    assert not claim("worker-2").maybe_created


def test_a_refusal_leaves_what_was_delivered_before(store: Store, claim: ClaimAs) -> None:
    # Given a delivered record
    store.write(delivered(), None)
    # When a change of it is refused
    refused = delivery(run="run-2", fingerprint="print-2", outcome=Outcome.REJECTED)
    claim("worker-1").refuse(refused)
    # Then it stands as delivered, and the same as before is still unchanged
    assert (only(store).uuid, only(store).applied, only(store).refused) == (UUID, delivery(), refused)
    assert isinstance(decide(only(store), AGAIN, 0.0), Settled)


def test_a_release_lets_the_next_worker_start_at_once_and_afresh(store: Store, clock: Clock, claim: ClaimAs) -> None:
    # Given a worker that froze what a retry must send, and gives up before anything was sent
    first = claim("worker-1")
    first.freeze({"issued_at": ONE, "sha256": "old"})
    first.release()
    # Then the next one may start at once, and without doubt: it may send what is there by then
    assert decide(only(store), AGAIN, clock()) == Deliver()
    second = claim("worker-2")
    assert second.frozen == {}
    assert not second.maybe_created
    assert second.sent is Sent.NOTHING


def test_what_was_frozen_outlives_a_release_after_something_was_sent(claim: ClaimAs) -> None:
    # Given a worker whose file was taken, and whose next call was put off
    first = claim("worker-1")
    first.freeze({"file_uuid": "f-1"})
    with first.sending():
        pass
    first.release()
    # Then the next one sends the same
    second = claim("worker-2")
    assert second.frozen == {"file_uuid": "f-1"}
    assert second.maybe_created


def test_whoever_takes_over_a_lapsed_claim_sends_what_the_first_owner_froze(clock: Clock, claim: ClaimAs) -> None:
    claim("lost").freeze({"issued_at": ONE})
    clock.sleep(8)
    assert claim("second").frozen == {"issued_at": ONE}


def test_what_is_frozen_last_stands_in_place_of_what_was_frozen_before(claim: ClaimAs) -> None:
    claimed = claim("worker-1")
    claimed.freeze({"file_uuid": "f-1", "sha256": "old"})
    claimed.freeze({"sha256": "new"})
    assert claimed.frozen == {"sha256": "new"}


def test_a_doubt_outlives_every_release_until_somebody_finishes(clock: Clock, claim: ClaimAs) -> None:
    # Given a worker that may have created something
    claim("lost")
    clock.sleep(8)
    # When others take over and give up again
    claim("second").release()
    claim("third").release()
    # Then the doubt stays
    assert claim("fourth").maybe_created


def state_of(claimed: Claimed) -> Sent:
    return claimed.sent


def refused_for_now(claimed: Claimed, *, definite: bool) -> None:
    with pytest.raises(Retry), claimed.sending():
        raise Retry("not now", definite=definite)


def test_what_is_known_of_a_call_is_known_of_the_claim(clock: Clock, claim: ClaimAs) -> None:
    # Given a claim under which nothing was sent
    claimed = claim("worker-1")
    assert state_of(claimed) is Sent.NOTHING
    # When a call is surely not carried out, or refused, Then it stays so
    refused_for_now(claimed, definite=True)
    with pytest.raises(Rejected), claimed.sending():
        raise Rejected("no")
    assert state_of(claimed) is Sent.NOTHING
    # When one is taken, and another one is put off, Then something was taken
    with claimed.sending():
        assert state_of(claimed) is Sent.UNDER_WAY
    refused_for_now(claimed, definite=True)
    assert state_of(claimed) is Sent.TAKEN
    # When the answer of one is lost, Then it may still be under way
    refused_for_now(claimed, definite=False)
    assert state_of(claimed) is Sent.UNDER_WAY


def test_a_release_keeps_or_replaces_the_facts(store: Store, claim: ClaimAs) -> None:
    store.write(delivered(facts={"m-1": 1}), None)
    claim("worker-1").release()
    assert only(store).facts == {"m-1": 1}
    claim("worker-2").release({"m-2": 2})
    assert only(store).facts == {"m-2": 2}


@pytest.mark.parametrize("end", ["release", "refuse"])
def test_a_record_that_may_hold_something_else_by_now_never_passes_for_unchanged(
    store: Store, clock: Clock, claim: ClaimAs, end: str
) -> None:
    # Given a delivered record, and a worker that died while it changed it
    store.write(delivered(), None)
    claim("lost")
    clock.sleep(8)
    # When another one takes over and does not deliver it either
    WRITES[end](claim("second"))
    # Then what was delivered once is delivered again, and what is older is stale all the same
    assert decide(only(store), AGAIN, clock()) == Deliver()
    older = decide(only(store), Said("run-3", "2026-11-20T11:00:00.000000Z", "print-3"), clock())
    assert isinstance(older, Settled)
    assert older.outcome is Outcome.STALE


def test_a_record_that_was_changed_before_the_worker_gave_up_never_passes_for_unchanged(
    store: Store, clock: Clock, claim: ClaimAs
) -> None:
    store.write(delivered(), None)
    claimed = claim("worker-1")
    with claimed.sending():
        pass
    claimed.release()
    assert decide(only(store), AGAIN, clock()) == Deliver()


def test_a_record_that_nobody_touched_is_unchanged_after_a_release(store: Store, clock: Clock, claim: ClaimAs) -> None:
    store.write(delivered(), None)
    claim("worker-1").release()
    settled = decide(only(store), AGAIN, clock())
    assert isinstance(settled, Settled)
    assert settled.outcome is Outcome.UNCHANGED


def test_a_uuid_that_proved_wrong_is_forgotten_and_leaves_an_intent(store: Store, clock: Clock, claim: ClaimAs) -> None:
    # Given a mapped record
    store.write(delivered(), None)
    # When its uuid proves wrong, and the worker dies before it has created another entity
    denied = claim("worker-1")
    denied.denied = True
    denied.freeze({})
    row = only(store)
    assert (row.uuid, row.facts, row.applied, row.intent) == (None, {}, None, {})
    clock.sleep(8)
    # Then the next one knows that one may exist
    assert claim("worker-2").maybe_created


def test_pretending_keeps_nobody_out_and_writes_nothing(store: Store, clock: Clock) -> None:
    # When a dry run claims a record and goes all the way
    pretended = claims(store, clock, "dry").pretending().claim(ID, None)
    pretended.freeze({"file_uuid": "f-1"})
    pretended.complete(UUID, {}, delivery())
    # Then the store knows nothing of it
    assert store.read([ID]) == {}
