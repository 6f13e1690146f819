"""A small part of the search, the same every time; and that the search would find something if there were something."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dokstamp_sync.edge.queue import Received
from dokstamp_sync.errors import Retry
from dokstamp_sync.intake import intake
from dokstamp_sync.observability import logger
from dokstamp_sync.order import Step
from dokstamp_sync.records import Record
from dokstamp_sync.worker.batch import Worker
from local.places import ROOT
from local.processes import Failed
from tests.fuzz import seeds
from tests.fuzz.__main__ import verdict
from tests.fuzz.bench import ENDS, Finding, judge
from tests.fuzz.by_bytes import WITHOUT, guide
from tests.fuzz.hunt import Hunt
from tests.fuzz.lines import Lines
from tests.fuzz.mutations import mutate, text
from tests.fuzz.strategies import BODIES

MUTATIONS = 2000
SEED = 20261120
GOOD = list(seeds.good())
COURSE = seeds.message(courses=[seeds.EXAMPLES[Step.COURSE]])


@pytest.mark.parametrize("body", GOOD, ids=range(len(GOOD)))
def test_the_sample_school_and_the_sample_events_come_to_their_ends(body: str, lines: Lines) -> None:
    # Given a sample for the inbox or for a step's queue, When both get it, Then one takes it, and the other refuses it
    assert judge(body, lines) in {"run started, dropped", "refused, done"}


@pytest.mark.parametrize("body", seeds.hostile().values(), ids=seeds.hostile().keys())
def test_a_body_that_is_hostile_on_purpose_comes_to_an_end(body: str, lines: Lines) -> None:
    # Given a hostile body, When intake and worker get it, Then nothing that must hold is broken
    assert judge(body, lines).partition(", ")[0] in ENDS


@settings(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(BODIES)
def test_a_body_that_is_made_from_the_schema_comes_to_an_end(lines: Lines, body: str) -> None:
    # Given a message that is valid, or nearly, When intake and worker get it, Then nothing that must hold is broken
    assert judge(body, lines).partition(", ")[0] in ENDS


def test_bodies_whose_bytes_were_changed_come_to_an_end(lines: Lines, tmp_path: Path) -> None:
    # Given samples that are changed at random, from one seed
    random, all_ = Random(SEED), [body for body in seeds.everything() if len(body) < 2500]
    hunt = Hunt("test", lines, tmp_path)
    # When intake and worker get them
    for _ in range(MUTATIONS):
        hunt.judge(text(mutate(random.choice(all_), random, all_)))
    # Then nothing that must hold is broken
    assert hunt.findings == {}


def log_a_name(worker: Worker[Any], received: Received, take: Any = Worker.take) -> None:
    logger.warning("record", record="Ana Souza")
    take(worker, received)


def never_ready(*_: object) -> None:
    raise Retry("the run could not be started (Nothing)")


SABOTAGE: dict[str, tuple[Any, str, Any]] = {
    "refused by the step": (intake, "as_sent", lambda record: {"sis_id": "x" * 256}),
    "another record": (Record, "fingerprint", lambda record: str(id(record))),
    "0 runs and 0 results": (intake.Intake, "take", lambda *_: None),
    "ZeroDivisionError": (intake, "check", lambda *_: 1 / 0),
    "retried though AWS did not fail": (intake.Intake, "take", never_ready),
    "a log line with an odd record": (Worker, "take", log_a_name),
}


@pytest.mark.parametrize("finding", SABOTAGE)
def test_the_bench_sees_what_is_broken(finding: str, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a product that is broken in one way, When a good message is judged, Then the bench says which
    monkeypatch.setattr(*SABOTAGE[finding])
    with pytest.raises(Finding, match=finding):
        judge(COURSE, lines)


def test_a_finding_is_kept_with_how_to_repeat_it_and_the_shortest_body_counts(
    lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a product that is broken
    monkeypatch.setattr(intake, "check", lambda *_: 1 / 0)
    hunt = Hunt("test", lines, tmp_path)
    # When several bodies show it
    for body in ("{ }", "{}", "{  }"):
        hunt.judge(body)
    # Then it is one finding, with the shortest of them
    (kept,) = tmp_path.glob("*.body")
    assert kept.read_text() == "{}"
    assert f"--repeat {kept}" in kept.with_suffix(".txt").read_text()
    assert (hunt.executions, len(hunt.findings)) == (3, 1)


@pytest.mark.parametrize(("broken", "code"), [(True, 1), (False, 0)])
def test_a_finding_of_either_engine_is_shown_and_makes_the_search_red(
    broken: bool, code: int, lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    # Given two engines, one of which has found something, or none
    for name in ("schema", "bytes"):
        if broken and name == "bytes":
            monkeypatch.setattr(intake, "check", lambda *_: 1 / 0)
        hunt = Hunt(name, lines, tmp_path)
        hunt.judge("{}")
        hunt.note()
    # When the search ends, Then its code tells
    assert verdict(tmp_path, {"schema": 0, "bytes": 0}) == code
    assert ("Repeat it:" in capsys.readouterr().out) is broken


@pytest.mark.parametrize("code", [None, 77])
def test_an_engine_that_hangs_or_dies_makes_the_search_red(
    code: int | None, lines: Lines, tmp_path: Path, capsys: Any
) -> None:
    # Given an engine that was killed for its memory, or never ended
    for name in ("schema", "bytes"):
        Hunt(name, lines, tmp_path).note()
    # When the search ends, Then that is no success
    with pytest.raises(Failed):
        verdict(tmp_path, {"schema": 0, "bytes": code})


def fuzz(*options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers/dokstamp_sync'}:{ROOT}"}
    command = [sys.executable, "-m", "tests.fuzz", *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_without_atheris_it_says_what_it_does_not_run_and_goes_on(tmp_path: Path) -> None:
    # Given an environment without atheris, as this one is
    assert guide() is None
    # When the search runs for a moment
    done = fuzz("--seconds", "2", "--seed", "1", "--folder", str(tmp_path))
    # Then both engines tried something and found nothing, and it is said what was not run
    shown = " ".join(done.stdout.split())
    assert WITHOUT in shown
    assert "bytes, changed blindly" in shown
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 bodies" not in shown.partition("✓")[2]


@pytest.mark.parametrize(("body", "said"), [("{}", "refused, dropped"), (COURSE, "run started, dropped")])
def test_one_body_is_repeated_by_its_file(body: str, said: str, tmp_path: Path) -> None:
    # Given a body in a file, When it is repeated, Then it is said how it ended
    file = tmp_path / "a.body"
    file.write_text(body)
    done = fuzz("--repeat", str(file))
    assert (done.returncode, said in done.stdout) == (0, True)
