"""Bugs in what one record has to do with others: parents that are gone, modules, a message that was taken before."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer

DEPENDING = (
    Bug(
        "deleted-in-a-body",
        "a parent that was deleted in DokStamp is not noticed by a 422 on the field that names it",
        (
            in_layer(
                "delivery/gone.py", "if not below and name not in refusal.fields | refusal.about:", "if not below:"
            ),
        ),
    ),
    Bug(
        "deleted-for-good",
        "a parent that was deleted in DokStamp is noticed, and its row stays as it is",
        (
            in_layer(
                "delivery/gone.py",
                "            context.parents.forget(parent)\n",
                "",
            ),
        ),
    ),
    Bug(
        "deleted-module",
        "a module that was deleted in DokStamp is refused, and nobody notices that it is gone",
        (in_layer("steps/attachments.py", "Rejected(reason, about=frozenset(about))", "Rejected(reason)"),),
    ),
    Bug(
        "wishes-of-the-gone",
        "what a group wanted that was deleted in DokStamp is still attached for it",
        (
            in_layer(
                "steps/attachments.py",
                "        gone = self._gone(self._plan(self.wishes, free))\n",
                "        gone: list[str] = []\n",
            ),
        ),
    ),
    Bug(
        "same-id-again",
        "a message whose id had a result without a run is taken once more",
        (in_layer("intake/intake.py", "        if _reported(run) in rows:\n", "        if False:\n"),),
    ),
)
