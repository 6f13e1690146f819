"""Messages that are meant to stop the intake, a worker or whoever reads the logs."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import Blocked, NotReady, Rejected, Retry
from dokstamp_sync.messages import MOST_BYTES, InboxMessage, as_sent, read_json, run_of
from dokstamp_sync.order import Step
from dokstamp_sync.reading import parse
from dokstamp_sync.settings import Settings
from tests.fuzz import seeds
from tests.fuzz.bench import World
from tests.fuzz.lines import Lines, caught
from tests.support.sis import example
from tests.worker.scene import Scene

COURSE = seeds.EXAMPLES[Step.COURSE]
HOSTILE = seeds.hostile()


def taken(body: str) -> World:
    world = World()
    world.intake.take(body, "message-1")
    return world


def received(body: str) -> Received:
    return Received("message-1", body, "handle", Settings.model_fields["maximum_receives"].default)


@pytest.fixture
def lines() -> Iterator[Lines]:
    with caught() as lines:
        yield lines


def refused(name: str) -> dict[str, Any]:
    """The result of a hostile body (see seeds.py), which must be a refusal that a queue takes."""
    (result,) = taken(HOSTILE[name]).aws.results
    assert result["status"] == "refused"
    found: dict[str, Any] = result
    return found


def rejected(world: World, table: str = "outcomes") -> list[str]:
    """The outcomes that are kept."""
    return [item["outcome"]["S"] for item in world.aws.tables[table].values()]


@pytest.mark.parametrize("name", ["lone surrogate", "escaped lone surrogate", "NUL", "BOM", "UTF-16 taken for Latin"])
def test_characters_that_are_none_refuse_the_message(name: str) -> None:
    assert refused(name)["errors"][0]["problem"].startswith("not JSON: ")


def test_a_lone_surrogate_is_dropped_by_a_step_and_kept_as_far_as_a_table_takes_it(lines: Lines) -> None:
    # Given a body that is no Unicode, When a step gets it, Then it is refused and kept
    world = World()
    world.worker(Step.COURSE).take(received(HOSTILE["lone surrogate"]))
    assert rejected(world) == ["rejected"]


def test_an_id_of_blanks_names_no_run() -> None:
    # Given a message whose id says nothing, When it is refused, Then its result is not that of every such message
    result = refused("id of blanks")
    assert (result["run"], result["message_id"]) == (None, "message-1")


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("where", ["name", "code", "surprise", "description"])
def test_characters_that_no_queue_carries_refuse_the_message(where: str, escaped: bool) -> None:
    # Given a record that holds one of them, as itself or escaped, When it is sent
    body = json.dumps(seeds.HEAD | {"courses": [COURSE | {where: "a\uffffb"}]}, ensure_ascii=escaped)
    (result,) = taken(body).aws.results
    # Then the message is refused, for neither its run nor its result could be passed on
    assert "U+FFFF" in result["errors"][0]["problem"]


def test_a_text_that_only_speaks_of_such_characters_is_taken() -> None:
    # Given a backslash and five letters, When it is read, Then it is a text like any other
    assert read_json(r'{"name": "\\uffff"}') == {"name": r"\uffff"}


@pytest.mark.parametrize("name", ["key as long as a message", "many long keys", "larger than a message"])
def test_what_is_said_about_a_large_message_fits_into_a_queue(name: str) -> None:
    # Given a message that says much where nothing belongs, When it is refused, Then its result is short
    result = refused(name)
    assert len(json.dumps(result, ensure_ascii=False).encode()) < MOST_BYTES // 2
    assert all(len(each["field"].encode()) <= 200 for each in result["errors"])


@pytest.mark.parametrize("name", ["record of a long wide key", "record of many keys"])
def test_a_record_of_large_or_many_keys_is_rejected_and_kept(name: str) -> None:
    # Given such a record, When it is sent, Then it is rejected, and its reason can be kept and told
    world = taken(HOSTILE[name])
    assert rejected(world) == ["rejected"]
    (row,) = world.aws.results[0]["records"]
    assert (row["outcome"], row["reason"].startswith("courses[0]: ")) == ("rejected", True)


@pytest.mark.parametrize("name", ["step record of many keys", "step message of a long key"])
def test_a_step_message_of_large_or_many_keys_is_rejected_and_kept(name: str, lines: Lines) -> None:
    # Given such a step message, When the step gets it, Then what is refused is kept, and the queue is rid of it
    world = World()
    world.worker(Step.COURSE).take(received(HOSTILE[name]))
    assert rejected(world) == ["rejected"]


def test_a_step_message_of_more_records_than_a_run_may_hold_is_dropped_whole(lines: Lines) -> None:
    # Given a message with more records than may be delivered in the time of a function
    message = {"run": "big", "step": "course", "occurred_at": "2026-11-20T12:00:00Z", "records": [0] * 501}
    # When the step gets it, Then it is refused as one, with how many it may hold
    world = World()
    world.worker(Step.COURSE).take(received(json.dumps(message)))
    assert rejected(world) == ["rejected"]


LONG = {"student_id": "s" * 200, "course_id": "c" * 200, "cohort_id": "k" * 200, "enrolled_at": "2024-02-01"}


@pytest.mark.parametrize(
    ("step", "record"),
    [
        (Step.ENROLLMENT, LONG),
        (Step.CERTIFICATE, {"student_id": "s" * 200, "course_id": "c" * 200, "pdf": "s3://school-pdfs/a.pdf"}),
        (Step.MODULE_GROUP, {"course_id": "c" * 250, "name": "n" * 250}),
        (Step.STUDENT, example(Step.STUDENT, sis_id=None, email="İ" * 200 + "@x")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_record_whose_id_is_made_of_long_ones_is_taken_by_the_step_as_well(step: Step, record: Any) -> None:
    # Given a record that the intake takes, whose own id is longer than one that the SIS may give
    read = parse(step, record)
    assert len(read.sis_id) > 255
    # When it is handed to its step, Then it is the same record there
    assert parse(step, json.loads(json.dumps(as_sent(read)))) == read


@pytest.mark.parametrize("depth", [10, 190, 5000, 100_000])
def test_nesting_of_any_depth_comes_to_an_end(depth: int) -> None:
    # Given a field that is nested so deep, When it is sent, Then the record or the message is refused
    body = seeds.raw(seeds.message(courses=[COURSE | {"name": "@"}]), "[" * depth + "]" * depth)
    (result,) = taken(body).aws.results
    assert result["status"] in ("completed_with_rejections", "refused")


HOSTILE_IDS = [
    "../../x",
    "a b",
    "\u202e1",
    "'; DROP TABLE runs",
    "$(reboot)",
    "é" * 255,
    "x" * 255,
    "a\u2028b",
    "*",
    ".",
]


@pytest.mark.parametrize("id_", HOSTILE_IDS, ids=repr)
def test_an_execution_is_named_by_nothing_of_the_id(id_: str) -> None:
    # Given a hostile id, When its message is taken, Then its run has a name that Step Functions takes
    world = taken(json.dumps(seeds.HEAD | {"id": id_, "courses": [COURSE]}))
    (name,) = world.aws.runs
    assert name == run_of(id_) == InboxMessage.model_validate(seeds.HEAD | {"id": id_, "courses": [1]}).run
    assert re.fullmatch(r"[0-9a-f]{40}", name)


FORGED = 'S1\n{"level":"ERROR","message":"forged"}\r\n\x85\u2028'


@pytest.mark.parametrize("step", list(Step))
def test_an_id_with_lines_of_its_own_writes_none_into_the_log(step: Step, lines: Lines) -> None:
    # Given a record whose id would write a log line of its own
    record = seeds.EXAMPLES[step] | {"sis_id": FORGED}
    # When intake and step get it
    taken(seeds.message(**{step.section: [record]}))
    World().worker(step).take(received(seeds.step_message(step, record)))
    # Then every entry is one line, and none holds any of it
    assert len(lines.written) >= 3
    assert all(json.loads(line)["message"] != "forged" and line.splitlines() == [line] for line in lines.written)
    assert list(lines.odd()) == []


@pytest.mark.parametrize("error", [Rejected, NotReady, Blocked, Retry], ids=lambda error: error.__name__)
def test_a_reason_with_lines_of_its_own_writes_none_into_the_log(error: type[Exception], lines: Lines) -> None:
    # Given a step that fails with a reason that a DokStamp or a SIS has made up
    scene = Scene()
    scene.step.script["ana"] = [error("no\n" + '{"level":"ERROR","message":"forged"}')]
    # When the record is taken
    scene.take("ana")
    # Then every entry is one line of ours
    assert lines.written
    assert all(json.loads(line)["message"] != "forged" and "\n" not in line for line in lines.written)


@pytest.mark.parametrize("run", ["ana.souza@x.example", "Ana Souza", "a" * 80, "a\u2028b"])
def test_a_run_that_the_sis_names_is_logged_by_its_digest(run: str, lines: Lines) -> None:
    # Given a step message that the SIS has sent itself, under a name that may be anything
    World().worker(Step.COURSE).take(received(seeds.step_message(Step.COURSE, COURSE).replace("fuzz-1", run)))
    # Then the log holds the name's digest, as `make dead-letters` shows it
    assert {json.loads(line)["run"] for line in lines.written} == {run_of(run)}
    assert run not in "".join(lines.written)
