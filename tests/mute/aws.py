"""Every call of AWS: on which line of the product it is made, and one of them that fails."""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.response import StreamingBody

from tests.boundaries.sources import FUNCTIONS, LAYER, shown

SECRET = "Ana Souza, ana@school.example"
FAULTS: dict[str, Exception] = {
    "throttled": ClientError({"Error": {"Code": "ThrottlingException", "Message": SECRET}}, "Operation"),
    "out of reach": EndpointConnectionError(endpoint_url=f"https://{SECRET}"),
    "a bug": RuntimeError(SECRET),
}
# Runs that are there, for the results function; all others are not, for the intake.
BROKEN_DOWN = "arn:aws:states:us-east-1:123456789012:execution:sync:broken-down"


class Call(NamedTuple):
    """``lines``: those of the product that lead there, as file:number, the innermost one first."""

    operation: str
    lines: tuple[str, ...]


class Aws:
    """``calls``: all that were made. ``hidden``: for how long which message was hidden, by its receipt handle."""

    def __init__(self, break_: int | None = None, fault: Exception | None = None) -> None:
        self.calls: list[Call] = []
        self.hidden: list[tuple[str, int]] = []
        self._break = break_
        self._fault = fault
        self._lock = threading.Lock()

    def call(self, real: Any, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        lines = tuple(_lines())
        if not lines:
            return real(client, operation, parameters)
        self.count(operation, lines)
        if client.meta.service_model.service_name == "stepfunctions":
            return _answer_of_runs(client, operation, parameters)
        answer = real(client, operation, parameters)
        if operation == "ChangeMessageVisibility":
            self.hidden.append((parameters["ReceiptHandle"], parameters["VisibilityTimeout"]))
        if operation == "GetObject":
            answer["Body"] = _Body(answer["Body"], self)
        return answer

    def count(self, operation: str, lines: tuple[str, ...]) -> None:
        """Raises the fault if this is the call that is to break."""
        with self._lock:
            number = len(self.calls)
            self.calls.append(Call(operation, lines))
        if number == self._break and self._fault:
            raise self._fault


class _Body:
    """What is read of an object comes over the network, too."""

    def __init__(self, real: StreamingBody, aws: Aws) -> None:
        self._real = real
        self._aws = aws

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        self._aws.count("GetObject's body", tuple(_lines()))
        return self._real.iter_chunks(size)


@contextmanager
def watched(aws: Aws) -> Iterator[Aws]:
    """All that boto3 is asked for goes through ``aws``."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        return aws.call(real, client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield aws


def _answer_of_runs(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
    """Moto would have to be given a state machine."""
    if operation != "DescribeExecution":
        return {}
    if parameters["executionArn"] == BROKEN_DOWN:
        return {"status": "FAILED", "error": "States.Runtime"}
    raise client.exceptions.ExecutionDoesNotExist({"Error": {"Code": "ExecutionDoesNotExist"}}, operation)


def _lines() -> Iterator[str]:
    frame: FrameType | None = sys._getframe()
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(LAYER) or path.is_relative_to(FUNCTIONS):
            yield f"{shown(path)}:{frame.f_lineno}"
        frame = frame.f_back
