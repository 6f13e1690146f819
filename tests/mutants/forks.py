"""Calls functions in processes of their own, which begin with the libraries imported and nothing of the project."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from tests.mutants.mutant import ROOT

Result = TypeVar("Result")


class OutOfTime(Exception):
    """It took longer than it may."""


class Crashed(Exception):
    """Its process ended without a result."""


class Broken(Exception):
    """The function raised an error; the text is its traceback."""


class Forks:
    """Forks from one warm process, which has no threads."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.mutants.warm"])
        self._running: set[int] = set()
        self._has_ended = False

    def call(self, seconds: float, function: Callable[..., Result], *arguments: Any) -> Result:
        """What the function returns. Nothing that it started is left running.

        Raises OutOfTime, also if it was ended by its own alarm, Crashed, or Broken.
        """
        receiving, sending = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_carry_out, args=(sending, function, arguments))
        process.start()
        sending.close()
        group = process.pid
        assert group is not None
        self._running.add(group)
        try:
            if self._has_ended or not receiving.poll(seconds):
                raise OutOfTime
            result: Result
            result, trouble = receiving.recv()
            if trouble:
                raise Broken(trouble)
            return result
        except EOFError:
            process.join()
            raise OutOfTime if process.exitcode == -signal.SIGALRM else Crashed from None
        finally:
            receiving.close()
            # It may not have come so far as to lead a group of its own.
            process.kill()
            _end(group)
            process.join()
            self._running.discard(group)

    def end(self) -> None:
        """Ends whatever is running, and whatever anybody calls from now on."""
        self._has_ended = True
        for group in tuple(self._running):
            _end(group)


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _carry_out(sending: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.setsid()
    os.chdir(ROOT)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        answer = function(*arguments), ""
    except Exception:
        answer = None, traceback.format_exc()
    sending.send(answer)
