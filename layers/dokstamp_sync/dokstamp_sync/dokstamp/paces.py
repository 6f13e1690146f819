"""What the client needs to know of the brake."""

from __future__ import annotations

from typing import Protocol


class Paces(Protocol):
    """Decides when a thread may send its next call, and hears what became of it; see delivery/brake.py.

    ``after``: the seconds that DokStamp asked to wait, None if it said nothing of it.
    """

    def wait(self) -> None:
        """Waits until the call may be sent. Raises Throttled if that takes long."""

    def serve(self) -> None:
        """DokStamp answered it."""

    def refuse(self, after: float | None) -> None:
        """DokStamp refused it because there were too many."""

    def fail(self, after: float | None) -> None:
        """DokStamp failed, or gave no answer."""
