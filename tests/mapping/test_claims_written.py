"""What a claim writes: the intent that it begins with, what is noted beside it, and how it ends. On every store."""

from typing import Any

import pytest

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.claims import Sent
from dokstamp_sync.mapping.identity import note_of
from dokstamp_sync.mapping.row import Claim, Conflict, Delivery, Row, Store, Waited
from dokstamp_sync.outcomes import Outcome
from tests.mapping.claiming import ClaimAs, claims
from tests.mapping.rows import ID, NOON, ONE, UUID, delivered, delivery, only
from tests.support.pipeline import Clock

ELEVEN = "2026-11-20T11:00:00.000000Z"
OLD, NEW = {"key": "old"}, {"key": "new"}
RENAMES = {"renames": UUID}
KEY = Row("key#course#CS", facts={"row": ID})
LAPSED = Claim("lost", 0)


@pytest.mark.parametrize(
    ("before", "sent"),
    [
        (None, Sent.NOTHING),
        (delivered(), Sent.NOTHING),
        (delivered(applied=None), Sent.NOTHING),
        (delivered(claim=LAPSED), Sent.PERHAPS),
        (delivered(intent=OLD), Sent.PERHAPS),
        (delivered(applied=delivery(fingerprint="")), Sent.PERHAPS),
    ],
    ids=["new", "delivered", "mapped", "claimed and never ended", "with an intent", "delivered in doubt"],
)
def test_the_row_tells_its_next_owner_of_a_doubt(before: Row | None, sent: Sent, store: Store, claim: ClaimAs) -> None:
    if before:
        store.write(before, None)
    assert claim("worker-1").sent is sent


@pytest.mark.parametrize(
    ("uuid", "stood", "given", "stands", "maybe_created"),
    [
        (None, None, None, {}, False),
        (None, None, NEW, NEW, False),
        (None, OLD, NEW, OLD, True),
        (None, {}, NEW, {}, True),
        (UUID, None, None, None, False),
        (UUID, None, NEW, NEW | RENAMES, False),
        (UUID, OLD, None, OLD, True),
        (UUID, OLD, NEW, NEW, True),
        (UUID, OLD | RENAMES, None, OLD | RENAMES, False),
        (UUID, OLD | RENAMES, NEW, NEW | RENAMES, False),
    ],
)
def test_a_claim_begins_with_the_intent_of_what_may_be_created_or_renamed(
    uuid: str | None, stood: Any, given: Any, stands: Any, maybe_created: bool, store: Store, clock: Clock
) -> None:
    # Given a row, mapped or not, with or without what an earlier owner froze
    before = store.write(Row(ID, uuid=uuid, intent=stood), None)
    # When a worker claims it, with or without something to freeze
    claimed = claims(store, clock, "worker-1").claim(ID, before, given)
    # Then an earlier create in doubt is looked for by what it was sent with, and a rename is no create
    assert (only(store).intent, claimed.maybe_created) == (stands, maybe_created)


@pytest.mark.parametrize(("passed", "left"), [(0.9, 7.1), (1, 7), (1.1, 8), (1.9, 8)])
def test_a_lease_is_renewed_when_less_than_half_of_the_time_to_send_is_left(
    passed: float, left: float, clock: Clock, claim: ClaimAs
) -> None:
    # Given a lease of 8 seconds and calls that may take effect for 6
    claimed = claim("worker-1")
    clock.sleep(passed)
    claimed.renew()
    assert claimed.seconds_left() == pytest.approx(left)


@pytest.mark.parametrize(("refused_at", "stands"), [(ELEVEN, False), (NOON, False), (ONE, True)])
def test_what_is_delivered_takes_back_refusals_that_are_not_newer(
    refused_at: str, stands: bool, store: Store, clock: Clock, claim: ClaimAs
) -> None:
    # Given a record that waited, and was refused
    refused = delivery(occurred_at=refused_at, outcome=Outcome.REJECTED)
    store.write(Row(ID, refused=refused, waiting={"run-1": Waited(0, clock())}), None)
    # When it is delivered at noon, Then only something newer is still refused, and it waits no more
    claim("worker-1").complete(UUID, {}, delivery(), key="new")
    row = only(store)
    assert row == Row(ID, row.version, UUID, "new", {}, delivery(), refused if stands else None)


@pytest.mark.parametrize("doubt", [False, True], ids=["nobody else did", "an earlier owner may have"])
@pytest.mark.parametrize("created", [False, True], ids=["found", "created"])
def test_an_entity_that_this_sync_may_have_created_is_remembered_as_such(
    created: bool, doubt: bool, store: Store, claim: ClaimAs
) -> None:
    # Given a record that an earlier owner may have created, or not
    if doubt:
        store.write(Row(ID, intent=OLD), None)
    claimed = claim("worker-1")
    claimed.freeze(OLD)
    # When the entity is there, though not yet what it is to become
    claimed.keep({"status": "draft"}, uuid=UUID, key="old", created=created)
    # Then the next owner knows it, and whether it counts as created
    row = only(store)
    assert (row.uuid, row.key, row.facts) == (UUID, "old", {"status": "draft"})
    assert row.intent == (OLD if created or doubt else None)
    # And what is known of it later leaves that alone
    claimed.keep({"status": "issued"})
    later = only(store)
    assert (later.uuid, later.key, later.intent, later.facts) == (UUID, "old", row.intent, {"status": "issued"})


def test_whose_a_created_entity_is_is_stored_with_whatever_comes_next(store: Store, claim: ClaimAs) -> None:
    # Given an entity that was just created
    claimed = claim("worker-1")
    claimed.created(UUID)
    # When a key is noted beside, Then whose it is is stored with the write after that, and only once
    claimed.freeze({}, KEY)
    note = note_of(UUID, ID)
    assert store.read([note.id]) == {}
    claimed.keep({"status": "draft"}, uuid=UUID)
    assert only(store, note.id).facts == note.facts
    claimed.complete(UUID, {}, delivery())
    assert only(store).applied == delivery()


def test_an_entity_that_is_another_record_s_is_never_taken_for_the_one_just_created(
    store: Store, claim: ClaimAs
) -> None:
    # Given an entity that belongs to another record
    store.write(note_of(UUID, "course#LAW"), None)
    # When DokStamp answers a create with it
    claimed = claim("worker-1")
    claimed.created(UUID)
    before = only(store)
    # Then nothing is written, and nobody repeats the create before the lease has run out
    with pytest.raises(Retry, match="belongs to another record") as retry:
        claimed.complete(UUID, {}, delivery())
    assert only(store) == before
    assert not retry.value.definite


def test_a_key_that_somebody_else_noted_first_is_a_conflict_and_leaves_the_row_alone(
    store: Store, claim: ClaimAs
) -> None:
    store.write(KEY, None)
    claimed = claim("worker-1")
    before = only(store)
    with pytest.raises(Conflict):
        claimed.freeze(NEW, KEY)
    assert only(store) == before


@pytest.mark.parametrize("beside", ["a key", "an entity"])
def test_a_slow_worker_notes_nothing_beside_a_row_that_was_taken_over(
    beside: str, store: Store, clock: Clock, claim: ClaimAs
) -> None:
    slow = claim("slow")
    clock.sleep(8)
    claim("fast")
    if beside == "an entity":
        slow.created(UUID)
    with pytest.raises(Retry, match="taken over"):
        slow.freeze({}, KEY if beside == "a key" else None)
    assert store.read([KEY.id, note_of(UUID, ID).id]) == {}


@pytest.mark.parametrize("sure", [False, True], ids=["in doubt", "surely known"])
def test_a_release_after_something_was_sent_leaves_a_doubt_unless_it_says_what_holds(
    sure: bool, store: Store, claim: ClaimAs
) -> None:
    claimed = claim("worker-1")
    with claimed.sending():
        pass
    claimed.release({"m-1": 1} if sure else None)
    assert only(store).intent == (None if sure else {})
    assert claim("worker-2").sent is (Sent.NOTHING if sure else Sent.PERHAPS)


def test_a_refusal_after_something_was_sent_leaves_a_doubt_about_what_was_delivered(
    store: Store, claim: ClaimAs
) -> None:
    store.write(delivered(), None)
    claimed = claim("worker-1")
    with claimed.sending():
        pass
    refused: Delivery = delivery(outcome=Outcome.REJECTED)
    claimed.refuse(refused)
    row = only(store)
    assert (row.refused, row.applied, row.claim) == (refused, delivery(fingerprint=""), None)
