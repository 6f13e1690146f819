"""Finds out from a refusal that DokStamp does not know a parent any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dokstamp_sync.delivery.context import Context
from dokstamp_sync.errors import NotFound, NotReady, Rejected
from dokstamp_sync.mapping.identity import named
from dokstamp_sync.order import Step
from dokstamp_sync.steps.work import Parent, Reference


def gone(refusal: Rejected, parents: Mapping[str, Parent], context: Context) -> NotReady | None:
    """What the record waits for, if the refusal is about a parent that is gone or denied; else None.

    Such a refusal is a 404 on a path with the parent's uuid, or a 422 on the field that names the parent [errors]. The
    uuid of a parent that is gone is removed from its row: its own record creates it again, or a look-up finds it. If an
    enrollment has that uuid, the enrollment's own record has to follow.
    """
    for name, parent, enrollment in _all(parents):
        below = isinstance(refusal, NotFound) and refusal.names(parent.uuid)
        if not below and name not in refusal.fields | refusal.about:
            continue
        shown = named(parent.reference.row)
        if context.parents.is_gone(parent):
            context.parents.forget(parent)
            if enrollment:
                told = f"{shown} is gone from DokStamp as it was: send {named(enrollment)} again"
                return NotReady(told, awaits=enrollment)
            return NotReady(f"{shown} is gone from DokStamp", awaits=parent.reference.row)
        if below:
            return NotReady(f"DokStamp answered 404 below {shown}, though it has it")
    return None


def _all(parents: Mapping[str, Parent]) -> Iterator[tuple[str, Parent, str]]:
    """The parents by the names of their fields, and the parents of an enrollment with that one's row id."""
    for name, parent in parents.items():
        yield name, parent, ""
        for step, sis_id in parent.facts.get("named", []):
            uuid = parent.facts.get(f"{step}_uuid")
            if uuid:
                yield f"{step}_uuid", Parent(Reference(Step(step), sis_id), uuid), parent.reference.row
