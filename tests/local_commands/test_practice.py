"""`make outage` and `make limit`: what they do to a sandbox, and what they say where there is none."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from local import limit, outage, practice, stack_file
from local.letters import Lane
from local.processes import Failed
from local.sandbox import Fault, Sandbox, running_sandbox
from local.stack_file import StackFile

INFO = StackFile("", "", "", "", "", "", "", "", "", "", {}, "", "", True, {}, "")


def at(sandbox: Sandbox) -> StackFile:
    return replace(INFO, dokstamp_base_url=sandbox.url)


def refused(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What `make limit` says instead of limiting."""
    monkeypatch.setattr(sys, "argv", ["limit", *arguments])
    with pytest.raises(Failed) as failure:
        limit.main()
    return str(failure.value)


@pytest.mark.parametrize("text", ["", "-5", "0", "nan", "inf", "soon", "86401"])
def test_an_outage_of_no_length_is_refused(text: str) -> None:
    with pytest.raises(Failed, match="make outage SECONDS=60"):
        outage.seconds_of(text)


@pytest.mark.parametrize("arguments", [(), ("",), ("-1",), ("many",), ("1.5",)])
def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    assert "make limit CALLS=10" in refused(monkeypatch, *arguments)


def test_without_a_stack_it_is_said_how_to_start_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Given that no stack runs, whatever runs on this machine
    monkeypatch.setattr(stack_file, "is_in_use", lambda _: False)
    monkeypatch.setattr(stack_file, "STACK_FILE", tmp_path / "stack.json")
    # Then that is what is said
    assert "Start one with `make up`" in refused(monkeypatch, "10")


def test_no_other_dokstamp_than_the_sandbox_is_steered(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a stack that runs against somebody's DokStamp
    theirs = replace(INFO, dokstamp_is_sandbox=False, dokstamp_base_url="https://api.dokstamp.example")
    monkeypatch.setattr(stack_file, "read", lambda: theirs)
    # When its calls are to be limited, Then that is refused, and it is said how to get a sandbox
    said = refused(monkeypatch, "10")
    assert "https://api.dokstamp.example" in said
    assert "without DOKSTAMP_BASE_URL" in said


def test_a_sandbox_that_does_not_answer_is_named() -> None:
    # Given a sandbox that has ended
    with running_sandbox() as sandbox:
        info = at(sandbox)
    # When it is asked for something, Then it is said that it does not answer
    with pytest.raises(Failed, match="does not answer"), practice.steering(info) as steering:
        steering.ask("GET", "faults")


def test_a_limit_is_set_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack_file, "read", lambda: at(sandbox))
    monkeypatch.setattr(limit, "console", Console(soft_wrap=True))
    # When the calls are limited, and then not any more
    for calls, rate in (("10", 10), ("0", None)):
        monkeypatch.setattr(sys, "argv", ["limit", calls])
        assert limit.main() == 0
        # Then the sandbox does so
        assert sandbox.switches.rate_limit == rate
    # And it was said how to take it away
    assert "make limit CALLS=0" in capsys.readouterr().out


def test_an_outage_ends_after_its_time_and_leaves_other_faults_alone(sandbox: Sandbox) -> None:
    # Given a fault of somebody else
    sandbox.add_faults(Fault(kind="html", path="^/nowhere$"))
    shown: list[str] = []
    with practice.steering(at(sandbox)) as steering:
        # When there is an outage
        assert outage.fail(steering, 0.3, shown.append) == 0
    # Then that fault is the only one left
    assert [each.fault.kind for each in sandbox.faults.entries] == ["html"]
    # And it was shown how it went
    assert "0 calls refused" in shown[0]


@pytest.mark.parametrize(("left", "dead", "code"), [(0, [0, 0], 0), (0, [2, 2], 0), (3, [0, 0], 1), (0, [2, 3], 1)])
def test_an_outage_after_which_not_all_went_on_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sandbox: Sandbox,
    left: int,
    dead: list[int],
    code: int,
) -> None:
    # Given a stack in which some messages are left after an outage, or have become dead letters, before or by it
    counted = iter(dead)
    monkeypatch.setattr(stack_file, "read", lambda: at(sandbox))
    monkeypatch.setattr(outage, "console", Console(soft_wrap=True))
    monkeypatch.setattr(outage, "lanes", lambda _: [Lane("inbox", "", "", None)])
    monkeypatch.setattr(outage, "count", lambda _: next(counted))
    monkeypatch.setattr(outage, "watch", lambda *_: left)
    monkeypatch.setattr(sys, "argv", ["outage", "0.1"])
    # When the command ends, Then its exit code says so, and so does its last sentence
    assert outage.main() == code
    assert f"Dead letters: {dead[1]}." in capsys.readouterr().out


def test_an_outage_that_is_interrupted_is_over(sandbox: Sandbox) -> None:
    # Given an outage during which somebody presses Ctrl-C
    def interrupt(_: str) -> None:
        assert sandbox.faults.meeting("GET", "/courses", b"")
        raise KeyboardInterrupt

    # When it is interrupted
    with practice.steering(at(sandbox)) as steering, pytest.raises(KeyboardInterrupt):
        outage.fail(steering, 60, interrupt)
    # Then DokStamp works again
    assert sandbox.faults.entries == []


def test_an_outage_ends_even_if_its_command_is_killed(sandbox: Sandbox) -> None:
    # Given the outage as the sandbox is told of it, and nobody who ends it
    sandbox.add_faults(Fault(kind="status", times=None, lasts=0.05))
    assert sandbox.faults.meeting("GET", "/courses", b"")
    # When its time is over
    sandbox.faults.entries[0].began -= 0.05
    # Then DokStamp works again
    assert sandbox.faults.meeting("GET", "/courses", b"") is None


def test_an_outage_that_the_sandbox_has_forgotten_is_over(sandbox: Sandbox) -> None:
    # Given an outage during which the sandbox is started again
    with practice.steering(at(sandbox)) as steering, pytest.raises(Failed, match="the outage is over"):
        outage.fail(steering, 60, lambda _: sandbox.faults.clear())
