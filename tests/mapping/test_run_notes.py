"""What a run refused is noted for those of its records that come later, whole, and for as long as a run can last."""

from dokstamp_sync.mapping.row import Store, row_id
from dokstamp_sync.mapping.run_notes import SECONDS, as_said, note_refused, refused_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.reading import parse
from tests.support.pipeline import Clock

MOST_OF_A_MESSAGE = 256 * 1024


def refused(count: int, letter: str = "x") -> dict[str, Outcome]:
    """All that is noted of so many records with ids as long as they may be."""
    records = [parse(Step.COHORT, {"code": f"{n:03}" + letter * 252, "course_id": "CS"}) for n in range(count)]
    rows = {row_id(Step.COHORT, each.sis_id): each.fingerprint() for each in records}
    return dict.fromkeys([*rows, *(as_said(row, said) for row, said in rows.items())], Outcome.BLOCKED)


def test_what_is_refused_is_kept_until_a_run_that_refused_it_last_of_all_must_have_ended(
    store: Store, clock: Clock
) -> None:
    # Given a run that refused a record in its first step
    row = refused_id("run-1")
    note_refused(store, clock, "run-1", {"course#CS": Outcome.REJECTED})
    assert store.read([row])[row].expires_at == int(clock()) + SECONDS
    # When it refuses another one weeks later
    clock.sleep(30 * 86_400)
    note_refused(store, clock, "run-1", {"cohort#CS-1": Outcome.BLOCKED})
    # Then both are known until nothing can depend on them any more
    kept = store.read([row])[row]
    assert kept.facts == {"course#CS": "rejected", "cohort#CS-1": "blocked"}
    assert kept.expires_at == int(clock()) + SECONDS


def test_all_that_the_largest_message_says_may_be_refused(store: Store, clock: Clock) -> None:
    # Given the most records with the longest ids that a queue's message holds
    many = refused(MOST_OF_A_MESSAGE // len('{"code":"","course_id":"CS"},' + "000" + "é" * 252 * 2), "é")
    # When all are refused, Then all are noted
    note_refused(store, clock, "run-1", many)
    assert store.read([refused_id("run-1")])[refused_id("run-1")].facts.keys() == many.keys()
