"""A run's state stays below 256 KiB whatever becomes of its records: whatever would not fit is refused at the door."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dokstamp_sync.intake.intake import Intake
from dokstamp_sync.mapping.row import Delivery, Row, row_id
from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome, RecordOutcome, answer
from dokstamp_sync.reading import parse
from dokstamp_sync.results import result_of_state
from tests.support.memory import MemoryStore, RefusalList
from tests.support.pipeline import Clock
from tests.support.sis import Json, example

MOST_STATE = 256 * 1024
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
URL = f"https://verificar.dokstamp.eu/{UUID}"
URLS = {"usual": URL, "as long as is told": URL.ljust(200, "x"), "longer": URL.ljust(5000, "x"), "quotes": '"' * 100}


class Started:
    """Keeps what runs are started with, and what is reported."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.results: list[Mapping[str, Any]] = []

    def exists(self, run: str) -> bool:
        return False

    def start(self, run: str, state: str) -> bool:
        self.states.append(state)
        return True

    def report(self, result: Mapping[str, Any]) -> None:
        self.results.append(result)


def started(sections: Mapping[str, list[Json]]) -> str | None:
    """The state that the run starts with; None if the message is refused."""
    runs = Started()
    intake = Intake(MemoryStore(), RefusalList(), runs, default_institution="", clock=Clock())
    head = {"id": "m", "occurred_at": "2026-11-20T12:00:00Z"}
    intake.take(json.dumps({**head, **sections}, ensure_ascii=False, separators=(",", ":")), "message-1")
    assert runs.states or "split it" in runs.results[0]["errors"][0]["problem"]
    return runs.states[0] if runs.states else None


def sizes(state: str, reason: str, url: str) -> Iterator[int]:
    """The size of the state as the run starts, and after each step that leaves the worst behind."""
    run = json.loads(state)
    yield len(state.encode())
    for step in Step:
        todo = run.get(step.section, {}).get("todo", [])
        if todo:
            outcomes = [
                RecordOutcome(step, parse(step, each).sis_id, Outcome.REJECTED, reason, UUID, url) for each in todo
            ]
            run[step.section] = answer(outcomes)
            yield len(json.dumps(run, ensure_ascii=False).encode())
    yield len(json.dumps(result_of_state(run), ensure_ascii=False).encode())


WORDS = "The selected course_uuid is invalid; " * 1000
QUOTED = '"a" \\ ' * 4000


def fitting(make: Any) -> str:
    """The state of the largest message of its kind that is taken."""
    low, high = (500, 501) if started(make(500)) else (1, 500)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if started(make(middle)) else (low, middle)
    state = started(make(low))
    assert state is not None
    return state


def students(count: int) -> dict[str, list[Json]]:
    return {"students": [example(Step.STUDENT, sis_id=f"S{n}", email=f"s{n}@x.example") for n in range(count)]}


def long_ids(count: int, letter: str = "ç") -> dict[str, list[Json]]:
    return {"cohorts": [example(Step.COHORT, code=f"{n:03}" + letter * 252) for n in range(count)]}


def quoted_ids(count: int) -> dict[str, list[Json]]:
    return long_ids(count, '"')


def attachments(count: int) -> dict[str, list[Json]]:
    """Short entries, each of which says more when it is filled in."""
    modules = [{"module_id": f"{n}"} for n in range(20)]
    return {"course_modules": [{"course_id": f"{n}", "modules": modules} for n in range(count)]}


def certificates(count: int) -> dict[str, list[Json]]:
    made = [example(Step.CERTIFICATE, enrollment_id=f"E{n}", pdf=f"s3://school-pdfs/{n}") for n in range(count)]
    return {"certificates": made}


def one_of_each_before_many(count: int) -> dict[str, list[Json]]:
    """One record in each early step, whose reason has much room, and as many late ones as fit."""
    early = {step.section: [example(step)] for step in list(Step)[:7]}
    late = [example(Step.ENROLLMENT, sis_id=f"E{n}" + "x" * 240, student_id="s" * 250) for n in range(count)]
    return early | {"enrollments": late}


def a_bit_of_everything(count: int) -> dict[str, list[Json]]:
    """Several records in every step."""
    share = max(1, count // 9)
    made: dict[str, list[Json]] = {}
    for step in Step:
        made[step.section] = [example(step, sis_id=f"{step}-{n}" + "é" * 100) for n in range(share)]
    return made


MAKERS = [students, certificates, long_ids, quoted_ids, attachments, one_of_each_before_many, a_bit_of_everything]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_the_largest_message_that_is_taken_fits_to_its_end(make: Any) -> None:
    # Given the largest message of a kind that the intake takes
    state = fitting(make)
    # When every record of it ends as badly as can be, step after step, with reasons and addresses of any length
    largest = max(
        size for reason in (WORDS, QUOTED, "issued") for url in URLS.values() for size in sizes(state, reason, url)
    )
    # Then the run's state never outgrows what Step Functions holds, nor the result a queue's message
    assert largest <= MOST_STATE


@pytest.mark.parametrize("make", [students, certificates], ids=["students", "certificates"])
def test_five_hundred_ordinary_records_are_taken(make: Any) -> None:
    # Given five hundred ordinary records, When they are sent at once, Then they make one run
    state = started(make(500))
    assert state is not None
    (section,) = [each for each in json.loads(state).values() if isinstance(each, dict) and "todo" in each]
    assert len(section["todo"]) == 500


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_result_without_a_run_fits_whatever_the_addresses(url: str) -> None:
    # Given the largest message of certificates that are all issued as they should be
    runs, store, clock = Started(), MemoryStore(), Clock()
    sections = certificates(500)
    for given in sections["certificates"]:
        record = parse(Step.CERTIFICATE, given)
        applied = Delivery("r0", "2026-11-19T12:00:00.000000Z", record.fingerprint(), Outcome.CREATED, "issued")
        facts = {"public_verification_url": url}
        store.write(Row(row_id(Step.CERTIFICATE, record.sis_id), uuid=UUID, facts=facts, applied=applied), None)
    intake = Intake(store, RefusalList(), runs, default_institution="", clock=clock)
    # When it is sent again
    head = {"id": "m", "occurred_at": "2026-11-20T12:00:00Z"}
    intake.take(json.dumps(head | sections), "message-1")
    # Then its result fits into a queue's message, and each address is told whole or not at all
    (result,) = runs.results
    assert len(json.dumps(result, ensure_ascii=False).encode()) <= MOST_STATE
    assert result["counts"] == {"unchanged": 500}
    assert {each.get("public_verification_url", url) for each in result["records"]} == {url}
    assert all(each["reason"].startswith("delivered before") for each in result["records"])


def test_a_reason_is_cut_only_where_room_is_short() -> None:
    # Given a long reason
    reason = "x" * 1500
    # When it is answered alone, and among five hundred
    alone = answer([RecordOutcome(Step.COURSE, "CS", Outcome.REJECTED, reason)])
    crowd = answer([RecordOutcome(Step.COURSE, f"C{n}", Outcome.REJECTED, reason) for n in range(500)])
    # Then it is whole alone, and its beginning is there among many
    assert alone["records"][0]["reason"] == reason
    assert len(crowd["records"][0]["reason"]) >= 100
    assert crowd["records"][0]["reason"].endswith("…")
