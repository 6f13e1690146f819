"""Errors, named by what happens next.

| error         | what happens next                                                                   |
|---------------|-------------------------------------------------------------------------------------|
| Retry         | the message stays in its queue and comes back later                                 |
| Throttled     | the same, but if the wait is short, the worker waits itself                         |
| Misconfigured | the same, and an alarm says so: nobody's record is at fault                          |
| Occupied      | the same, but soon, if DokStamp answers                                             |
| NotReady      | the same, until the patience is used up; then the record is blocked (or rejected)   |
| Blocked       | the record is recorded as blocked and dropped: its parent was refused               |
| Rejected      | the record is recorded with the reason and dropped                                  |
| NotFound      | on the record's own uuid: asked again, then the record is synced afresh; on a       |
|               | parent's: the record waits for it; on anything else: the record is rejected         |
"""

from __future__ import annotations

from dokstamp_sync.outcomes import MOST_REASON_BYTES, Outcome, shorten


class SyncError(Exception):
    """Something kept a record from being delivered; ``reason`` says it in words without personal data.

    ``awaits``: the row id of the record that this one waits for, if it is delivered by itself when that one is.
    ``though_there``: that DokStamp has that record is known, and was not enough; it has to be delivered anew.
    """

    awaits = ""
    though_there = False

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = shorten(reason, MOST_REASON_BYTES)


class Retry(SyncError):
    """Could not be done for now.

    ``after``: seconds to wait at least, if known. ``definite``: False if the call may have been carried out all
    the same, so that nobody may repeat it before the lease has run out.
    """

    def __init__(self, reason: str, *, after: float | None = None, definite: bool = True) -> None:
        super().__init__(reason)
        self.after = after
        self.definite = definite


class Occupied(Retry):
    """Another worker is at the record, or at a row that it shares: that is soon over."""


class OutOfTime(Retry):
    """The worker's own time is up: what is left is handed back, to be taken up at once or after ``after``."""


class Misconfigured(Retry):
    """Credentials, permission, tenant or address are wrong: a person has to mend the set-up."""


class Throttled(Retry):
    """DokStamp asked for fewer calls (429), or for none at all for a while (``Retry-After``)."""


class HandedBack(Exception):
    """The message stays in its queue, for some of its records have no outcome yet. What kept them has been told."""


class NotReady(SyncError):
    """Something that this record needs is not there yet; ``finally_`` is its outcome when patience ends.

    ``waited``, ``left``: how many seconds of patience are used up and left. ``rival``: the row id of the record that
    has what this one needs. ``settled``: that record was delivered with it, and is not just being delivered.
    """

    def __init__(
        self,
        reason: str,
        *,
        finally_: Outcome = Outcome.BLOCKED,
        rival: str = "",
        settled: bool = False,
        awaits: str = "",
    ) -> None:
        super().__init__(reason)
        self.awaits = awaits
        self.finally_ = finally_
        self.waited = 0.0
        self.left = float("inf")
        self.rival = rival
        self.settled = settled


class Blocked(SyncError):
    """The record cannot be delivered because its parent was refused."""

    finally_ = Outcome.BLOCKED

    def __init__(self, reason: str, *, awaits: str = "") -> None:
        super().__init__(reason)
        self.awaits = awaits


class Rejected(SyncError):
    """DokStamp or our own checks refuse the record; ``fields`` are the keys of the vendor's ``errors``.

    ``about``: the references of the record that it is about, by their names.
    """

    finally_ = Outcome.REJECTED

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        fields: frozenset[str] = frozenset(),
        about: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(reason)
        self.about = about
        self.status = status
        self.fields = fields


class NotFound(Rejected):
    """404 on ``path``: the uuid in it is unknown to DokStamp."""

    def __init__(self, reason: str, *, path: str) -> None:
        super().__init__(reason, status=404)
        self.path = path

    def names(self, uuid: str | None) -> bool:
        """Whether the path holds that uuid."""
        return uuid in self.path.split("/")
