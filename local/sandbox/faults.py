"""Faults that a test asks for: which call they meet, and what they do to it."""

import re
import time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Kind = Literal["status", "reset_before", "reset_after", "delay", "delay_after", "html", "truncated", "drip"]


class Fault(BaseModel):
    """A misbehaviour for the API calls that match `method`, `path` and `where`.

    | kind | what the caller meets |
    |---|---|
    | `status` | that status; `carry_out` says whether the call is carried out first |
    | `reset_before` | a TCP reset; the call is not carried out |
    | `reset_after` | the call is carried out, then a TCP reset without a byte of an answer |
    | `delay` | `seconds` of silence, then the call is carried out and answered |
    | `delay_after` | the call is carried out, then `seconds` of silence, then the answer |
    | `html` | 200 with an HTML page; `carry_out` as above |
    | `truncated` | the call is carried out, and the answer's JSON ends in the middle |
    | `drip` | the call is carried out, and the answer's body comes in small pieces over `seconds` |
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    method: str | None = Field(default=None, description="Any if null.")
    path: str = Field(default="", description="Regular expression, searched for in the path.", examples=["^/courses$"])
    where: str | None = Field(default=None, description="Text that must occur in the request's body.")
    name: str = Field(default="", description="To end it by, and not the others.")
    times: int | None = Field(default=1, ge=1, description="Uses; null for always.")
    lasts: float | None = Field(default=None, gt=0, description="Seconds until it ends by itself; null for never.")
    skip: int = Field(default=0, ge=0, description="Matching calls to let pass first.")
    status: int = Field(default=503, ge=200, le=599, description="For `status`.")
    headers: dict[str, str] = Field(default={}, description="For `status`.", examples=[{"Retry-After": "1"}])
    body: dict[str, Any] | str | None = Field(
        default=None, description="For `status` and `html`; null: the generation's error body, or a page."
    )
    carry_out: bool = Field(default=False, description="For `status` and `html`.")
    seconds: float = Field(default=1.0, ge=0, description="For `delay`, `delay_after` and `drip`.")
    content_length: Literal["right", "too_long"] = Field(
        default="right",
        description="For `truncated`. `too_long`: the length of the whole body, and the connection is closed.",
    )

    @field_validator("path")
    @classmethod
    def _compiles(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as problem:
            raise ValueError(f"not a regular expression: {problem}") from None
        return path

    def matches(self, method: str, path: str, body: bytes) -> bool:
        return (
            (self.method is None or self.method.upper() == method)
            and re.search(self.path, path) is not None
            and (self.where is None or self.where.encode() in body)
        )


class FaultInForce(BaseModel):
    """A fault, the calls that matched it (`skip` included) and those that it met."""

    fault: Fault
    matched: int = 0
    used: int = 0
    began: float = Field(default_factory=time.monotonic, exclude=True)

    @property
    def is_spent(self) -> bool:
        if self.fault.lasts is not None and time.monotonic() >= self.began + self.fault.lasts:
            return True
        return self.fault.times is not None and self.used >= self.fault.times


class FaultBook:
    """The faults in force, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.entries: list[FaultInForce] = []

    def add(self, *faults: Fault) -> None:
        self.entries += [FaultInForce(fault=fault) for fault in faults]

    def clear(self, name: str | None = None) -> None:
        """Ends the faults of that name, or all."""
        self.entries = [entry for entry in self.entries if name not in (None, entry.fault.name)]

    def meeting(self, method: str, path: str, body: bytes) -> Fault | None:
        """The fault for this call, counted as used: the first that matches and is neither waiting nor spent."""
        for entry in self.entries:
            if entry.is_spent or not entry.fault.matches(method, path, body):
                continue
            entry.matched += 1
            if entry.matched > entry.fault.skip:
                entry.used += 1
                return entry.fault
        return None
