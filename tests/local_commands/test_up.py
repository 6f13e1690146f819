"""`make up`: what it does when a part of the stack ends."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from rich.console import Console

from local import up
from local.places import STACK_FILE
from local.processes import Failed


class Stack:
    """Stands in for the local stack: the sandbox ends once, and then the emulated AWS."""

    def __init__(self, name: str, *, parameters: dict[str, str], **_: Any) -> None:
        self.parameters = parameters
        self.written = 0
        self.looks = 0
        self.info = SimpleNamespace(
            write=self._write, endpoint_url="", dokstamp_base_url="", dokstamp_is_sandbox=True, inbox_queue_url="",
            results_queue_url="", pdf_bucket="", region="", logs="the/logs",
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _write(self) -> None:
        self.written += 1

    def is_alive(self) -> bool:
        self.looks += 1
        return self.looks <= 3

    def revive(self) -> bool:
        return self.looks == 2


def test_a_sandbox_that_ends_is_started_again_and_the_emulated_aws_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # Given a running stack, and a parameter that somebody has set
    made: list[Stack] = []

    def make(*given: Any, **named: Any) -> Stack:
        made.append(Stack(*given, **named))
        return made[0]

    monkeypatch.setattr(up, "LocalStack", make)
    monkeypatch.setattr(up, "STACK_FILE", tmp_path / STACK_FILE.name)
    monkeypatch.setattr(up, "console", Console(soft_wrap=True))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setenv("PARAMETERS", "PatienceSeconds=20")
    # When the sandbox ends, and later the emulated AWS
    with pytest.raises(Failed, match=r"The emulated AWS has ended by itself. Its log: the/logs/emulator.log"):
        up.main()
    # Then the stack's file was written again for the new sandbox
    assert made[0].written == 2
    # And the parameter was taken and shown
    assert made[0].parameters == {"PatienceSeconds": "20"}
    assert "PatienceSeconds is 20" in capsys.readouterr().out
