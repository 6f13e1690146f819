"""What trouble with DokStamp does to everybody else: an outage, a record that always fails, many retried messages."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dokstamp_sync.order import Step
from dokstamp_sync.settings import Settings
from local.sandbox import Fault
from tests.concurrency.school import held, in_order, one_by_one, without_snapshots
from tests.support.pipeline import FolderPdfs, settings
from tests.support.simulation import Simulation
from tests.support.simulation_http import BASE_URL, sandbox_in_process
from tests.support.simulation_state import natural
from tests.support.sis import example
from tests.template.cloudformation import default

HOUR, DAY = 3600.0, 86_400.0
TWENTY_MINUTES = 1200.0
OF_CALLS = ("DeadlineSeconds", "ProcessingSeconds", "SkewSeconds", "LeaseSeconds", "RecordThreads")
TIMES = (*OF_CALLS, "MaximumReceives", "RetryBaseSeconds", "RetryCapSeconds", "PatienceSeconds")


def template_settings() -> Settings:
    """The template's own times, and its default institution set to the school's."""
    times = {re.sub("(?<!^)(?=[A-Z])", "_", name).lower(): default(name) for name in TIMES}
    return settings(BASE_URL, default_institution="UFP", **times)


def deployed(answer: Callable[[httpx.Request], httpx.Response] | None = None, seed: int = 1) -> Simulation:
    """The school's stack with the template's times and sizes, and an empty sandbox."""
    dokstamp = sandbox_in_process()
    dokstamp.sandbox.reset()
    return Simulation(
        template_settings(),
        answer or dokstamp.answer,
        seed=seed,
        pdfs=FolderPdfs(),
        concurrency=int(default("MaximumConcurrency")),
        batch_size=int(default("BatchSize")),
    )


def down(seconds: float, seed: int, status: int, headers: dict[str, str]) -> tuple[Simulation, float, list[float]]:
    """A stack whose DokStamp answers nothing useful for so long; when that ends, and when it was called till then."""
    refused: list[float] = []
    simulation: Simulation

    def answer(request: httpx.Request) -> httpx.Response:
        if simulation.time.now < end:
            refused.append(simulation.time.now)
            return httpx.Response(status, headers=headers, request=request)
        return sandbox_in_process().answer(request)

    simulation = deployed(answer, seed)
    end = simulation.time.now + seconds
    return simulation, end, refused


def last_result(simulation: Simulation) -> list[float]:
    """Holds one number: when the last result was reported."""
    moment = [0.0]
    simulation.reported.append(lambda result: moment.__setitem__(0, simulation.time.now))
    return moment


@pytest.mark.parametrize(
    ("status", "headers"),
    [(503, {}), (503, {"Retry-After": "120"}), (429, {}), (429, {"Retry-After": "30"}), (500, {}), (403, {})],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_an_outage_of_an_hour_ends_with_everything_delivered(status: int, headers: dict[str, str], seed: int) -> None:
    # Given a vendor that answers nothing useful for an hour, and a school that is told record by record meanwhile
    simulation, end, _ = down(HOUR, seed, status, headers)
    reported = last_result(simulation)
    for place, message in enumerate(one_by_one()):
        simulation.send(message, after=place * 10)
    # When the outage is over, and the queues are at rest
    simulation.run()
    # Then every run has ended by itself, every record is delivered and nothing is left
    assert not simulation.machine.open
    assert not any(queue.messages or queue.dead for queue in simulation.all_queues)
    found = held()
    ends = {each["outcome"] for result in simulation.results for each in result["records"]}
    assert not ends & {"rejected", "blocked"}
    # And DokStamp holds the same as without an outage, but for whom a certificate froze before a change came
    assert without_snapshots(natural(found)) == without_snapshots(in_order())
    # And that took no longer than twenty minutes
    assert reported[0] < end + TWENTY_MINUTES


def one_of_each(pdf: str) -> list[dict[str, Any]]:
    """Messages with one record of each kind, each of which needs the one before, in order."""
    records = [(step, example(step, **({"pdf": pdf} if step is Step.CERTIFICATE else {}))) for step in Step]
    return [
        {"id": step.value, "occurred_at": "2026-11-20T08:00:00Z", step.section: [record]} for step, record in records
    ]


@pytest.mark.parametrize(("status", "headers"), [(503, {}), (503, {"Retry-After": "7200"}), (403, {}), (429, {})])
def test_an_outage_of_three_days_ends_by_itself_within_twenty_minutes(status: int, headers: dict[str, str]) -> None:
    # Given an outage of three days; in its first minutes come students, and one record of each kind, children first
    simulation, end, refused = down(3 * DAY, 1, status, headers)
    reported = last_result(simulation)
    for place, message in enumerate(one_of_each("s3://school-pdfs/certificates/mat-2023-0101.pdf")[::-1]):
        simulation.send(message, after=place * 60)
    for place in range(10):
        simulation.send(told(f"new-{place}", f"student{place}"), after=place * 30)
    # When it has lasted, Then no record has an outcome, and no message is dead
    for _ in range(6):
        simulation.run(DAY / 2)
    assert simulation.results == []
    assert not any(queue.dead for queue in simulation.all_queues)
    # And DokStamp was asked about twice in a quarter of an hour for each that waits, at most
    assert len(refused) < 2 * 19 * 3 * DAY / (15 * 60)
    # When it is over, Then everything is delivered without anybody's help within twenty minutes
    simulation.run(TWENTY_MINUTES)
    ends = [each["outcome"] for result in simulation.results for each in result["records"]]
    assert ends == ["created"] * 19
    assert end < reported[0] < end + TWENTY_MINUTES
    assert not simulation.machine.open
    assert not any(queue.messages or queue.dead for queue in simulation.all_queues)
    assert simulation.watch.violations == []


@pytest.mark.parametrize("status", [429, 503])
def test_while_dokstamp_wants_to_be_left_alone_receives_and_calls_are_saved(status: int) -> None:
    # Given a vendor that wants two minutes of silence for each call that it gets within an hour
    simulation, _, refused = down(HOUR, 1, status, {"Retry-After": "120"})
    # When a hundred messages come in its first ten minutes
    for place in range(100):
        simulation.send(told(f"new-{place}", f"student{place}"), after=place * 6)
    simulation.run()
    # Then each of the thirty silences was broken by two calls at most, however many functions and messages there are
    assert len(refused) <= 30 * 2
    # And no message was received so often that it died
    assert simulation.redrive() == 0
    assert len(held()["students"]["live"]) == 100


def poisoned() -> None:
    """DokStamp breaks down at one student, always."""
    sandbox_in_process().sandbox.add_faults(
        Fault(kind="status", status=500, method="POST", path="^/students$", where="poison", times=None)
    )


def student(name: str) -> dict[str, Any]:
    return {"name": name, "email": f"{name}@school.example", "date_of_birth": "2000-01-01"}


def told(id_: str, *names: str) -> dict[str, Any]:
    return {"id": id_, "occurred_at": "2026-11-20T08:00:00Z", "students": [student(name) for name in names]}


def test_a_record_that_always_fails_holds_up_neither_its_message_nor_its_batch() -> None:
    # Given a message with a record that DokStamp always breaks down at, among others
    simulation = deployed()
    poisoned()
    simulation.send(told("poisoned", "ana", "poison", "zoe"))
    for number in range(20):
        simulation.send(told(f"sound-{number}", f"student{number}"))
    # When two minutes have passed
    simulation.run(120)
    # Then all other records are delivered, those of its own message too, and their runs have ended
    emails = {each["email"] for each in held()["students"]["live"]}
    assert len(emails) == 22
    assert {"ana@school.example", "zoe@school.example"} <= emails
    assert len(simulation.results) == 20
    # And in the end its message waits in the dead letters, with its run open, and was not sent too often
    simulation.run()
    (dead,) = [queue.name for queue in simulation.all_queues if queue.dead]
    (waiting,) = simulation.machine.open
    assert (dead, waiting.waits_in) == ("student", "student")
    posts = [c for c in sandbox_in_process().sandbox.calls if c.body and c.body.get("name") == "poison"]
    assert len(posts) <= int(default("MaximumReceives"))


def test_a_mended_record_finishes_its_run_after_a_redrive() -> None:
    # Given a message whose record failed until it died
    simulation = deployed()
    poisoned()
    simulation.send(told("poisoned", "ana", "poison", "zoe"))
    simulation.run()
    # When the vendor has mended it and the dead letter is redriven
    sandbox_in_process().sandbox.faults.clear()
    assert simulation.redrive() == 1
    simulation.run()
    # Then the run ends with every record created, the others as they were the first time
    (result,) = simulation.results
    assert result["counts"] == {"created": 3}
    assert len(held()["students"]["live"]) == 3


def test_messages_that_are_retried_do_not_starve_new_ones() -> None:
    # Given a hundred messages that fail again and again
    simulation = deployed()
    poisoned()
    for number in range(100):
        simulation.send(told(f"poisoned-{number}", f"poison{number}"))
    simulation.run(300)
    # When new messages come, one a minute
    sent: dict[str, float] = {}
    ended: dict[str, float] = {}
    simulation.reported.append(lambda result: ended.setdefault(result["run"], simulation.time.now))
    for number in range(10):
        message = told(f"new-{number}", f"new{number}")
        simulation.send(message)
        before = set(simulation.machine.runs)
        simulation.run(60)
        (run,) = set(simulation.machine.runs) - before
        sent[run] = simulation.time.now - 60
    # Then each is through within its minute
    assert set(sent) <= set(ended)
    assert max(ended[run] - sent[run] for run in sent) < 60
