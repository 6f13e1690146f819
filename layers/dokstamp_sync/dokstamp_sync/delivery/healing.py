"""Healing: whoever delivers a record sends the records that were blocked because of it to the inbox again.

A blocked record is kept in the outcomes table under the row id of the record that it waits for, and then that row is
marked as awaited. So a delivery sees from its own row whether anybody waits, and only then asks the table's index.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Any

from dokstamp_sync import observability
from dokstamp_sync.delivery.context import Context
from dokstamp_sync.errors import OutOfTime, Retry
from dokstamp_sync.mapping.refusals import Waiting
from dokstamp_sync.mapping.row import Conflict, Row, change
from dokstamp_sync.messages import MOST_BYTES, MOST_RECORDS, MOST_STATE_BYTES, OWN_BYTES, weight
from dokstamp_sync.observability import logger

# The index may show so much later what the table holds.
INDEX_SECONDS = 10.0
# A mark that is not older than this stands for all that are blocked now: ten thousand children cost few writes.
MARK_SECONDS = 5.0
# SQS takes so many messages at once.
MOST_AT_ONCE = 10

_Message = tuple[str, list[Waiting]]


class Meanwhile(Exception):
    """What a record waits for was delivered while the record was being refused: decide again."""


def mark(id_: str, context: Context, *, though_there: bool = False) -> None:
    """Marks the row as awaited. Raises Meanwhile, or, if this record may still wait, Retry while a worker has the row.

    ``though_there``: see SyncError.
    Otherwise a mark takes the row from its owner: its next write fails, and the next worker waits the lease out.
    """
    now, parents = context.means.clock(), context.parents
    if parents.marked.get(id_, 0.0) > now - MARK_SECONDS:
        return

    def marked(row: Row) -> Row:
        if row.is_there and not (though_there and parents.is_as_read(row)):
            parents.read_anew(id_)
            raise Meanwhile
        if row.claim and row.claim.until > now and context.patience:
            raise Retry("what the record waits for is just being delivered", after=row.claim.until - now)
        return row if (row.awaited or 0.0) > now - MARK_SECONDS else replace(row, awaited=now)

    parents.marked[id_] = change(context.means.store, id_, marked).awaited or now


def heal(row: Row, context: Context) -> None:
    """Sends what waits for this row's record to the inbox, if the record is there, and removes the mark.

    Raises Retry if it cannot, or if the index may not show all yet: then the record's message has to come again.
    What was sent before is not sent again then.
    """
    if row.awaited is None or not row.uuid or context.dry_run:
        return
    means = context.means
    left = row.awaited + MARK_SECONDS + INDEX_SECONDS + means.settings.skew_seconds - means.clock()
    if left > 0:
        raise Retry("what waits for the record may not be known yet", after=left)
    waiting = list(_still_waiting(row, context))
    for messages in _together(_messages(row, waiting)):
        _send(messages, context)
    # A row that is claimed stays its owner's, who finds the mark when the record is delivered.
    if not row.refused and not row.claim:
        with suppress(Conflict):
            means.store.write(replace(row, awaited=None), row)


def _send(messages: Sequence[_Message], context: Context) -> None:
    """Sends them, and notes that their records wait no more. Raises OutOfTime if no time is left for that."""
    means = context.means
    if means.clock() >= means.brake.begin_before:
        raise OutOfTime("not all that waits for the record is sent yet", after=INDEX_SECONDS)
    means.inbox.send([body for body, _ in messages])
    sent = [each for _, some in messages for each in some]
    for each in sent:
        means.refusals.release(each)
    observability.count("Healed", len(sent))
    logger.info("what waited for a record is sent again", records=len(sent))


def _together(messages: Iterable[_Message]) -> Iterator[list[_Message]]:
    """As many messages together as the inbox takes at once."""
    some: list[_Message] = []
    left = MOST_BYTES
    for body, records in messages:
        needs = len(body.encode())
        if some and (len(some) == MOST_AT_ONCE or needs > left):
            yield some
            some, left = [], MOST_BYTES
        some.append((body, records))
        left -= needs
    if some:
        yield some


def _still_waiting(row: Row, context: Context) -> Iterator[Waiting]:
    """What waits for the record; without those of which the same or something newer was delivered meanwhile."""
    means = context.means
    waiting = means.refusals.waiting_for(row.id)
    rows = means.store.read([each.id for each in waiting])
    for each in waiting:
        own = rows.get(each.id)
        if own and own.applied and own.applied.occurred_at >= each.occurred_at and not own.refused:
            means.refusals.drop(each.id, each.occurred_at)
        elif not row.refused or each.id == row.id:
            # If something newer was said of the awaited record and refused, others go on waiting for that.
            yield each


def _messages(row: Row, waiting: Iterable[Waiting]) -> Iterator[_Message]:
    """Inbox messages and their records. Each heals one run, and says everything as it was said, of that moment."""
    for (run, occurred_at, force), group in groupby(sorted(waiting, key=_order), key=lambda each: _order(each)[:3]):
        for some in _portions(group):
            message: dict[str, Any] = {
                "id": _name(row, some),
                "occurred_at": occurred_at,
                "options": {"force": force},
                "heals": run,
            }
            for each in some:
                message.setdefault(each.step.section, []).append(each.record)
            yield json.dumps(message, ensure_ascii=False, separators=(",", ":")), some


def _order(each: Waiting) -> tuple[str, str, bool, str]:
    return each.run, each.occurred_at, each.force, each.id


def _portions(waiting: Iterable[Waiting]) -> Iterator[list[Waiting]]:
    """As many records together as a message may hold."""
    some: list[Waiting] = []
    left = MOST_STATE_BYTES - OWN_BYTES
    for each in waiting:
        needs = weight(each.record, each.id)
        if some and (len(some) == MOST_RECORDS or needs > left):
            yield some
            some, left = [], MOST_STATE_BYTES - OWN_BYTES
        some.append(each)
        left -= needs
    if some:
        yield some


def _name(row: Row, waiting: Iterable[Waiting]) -> str:
    """The same for the same cause: the intake takes a message only once, however often it is sent."""
    by = (row.applied.run, row.applied.fingerprint) if row.applied else (row.uuid,)
    said = [row.id, *by, *([each.id, each.run, each.record] for each in waiting)]
    return f"healing/{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"
