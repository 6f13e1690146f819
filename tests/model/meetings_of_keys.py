"""The ways in which records of a school meet: by a key, or by an id that reads like another's key.

Each function draws the acts of one meeting. No two meetings have a record in common.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.model.kinds import (
    FREE,
    NAMED,
    certificate,
    cohort,
    course,
    email,
    enrollment,
    institution,
    module,
    modules_of,
    student,
)
from tests.model.plots import Act, Pair, Plot, act


def likeness(random: Random, patient: bool) -> list[Plot]:
    """One record's id reads like another one's key, and is named before it is told of."""
    drawn = random.sample(list(_LIKE), random.choice([1, 2]))
    return [Plot("likeness", _LIKE[kind](random)) for kind in drawn]


def handed_on(random: Random, patient: bool) -> list[Plot]:
    """X gives its key up, and Y takes it; perhaps X gets it back."""
    return [Plot("handed_on", _handed_on(random, kind)) for kind in _some(random)]


def _handed_on(random: Random, kind: str) -> list[Act]:
    x, y = _two("ho", kind)
    if random.random() < 0.4:
        # Nobody knows at first whether X was created under the key that was mistyped.
        return [act(x("a"), fault=random.choice(["reset_before", "reset_after"])), act(x("b"), y("a"))]
    first = [x("a"), y("c")] if random.random() < 0.5 else [x("a")]
    acts = [act(*first), act(x("b"), y("a"))]
    return [*acts, act(x("a"), y("c"))] if random.random() < 0.4 else acts


def conflict(random: Random, patient: bool) -> list[Plot]:
    """X has a key, and Y claims it for good."""
    plots = []
    for kind in _some(random):
        x, y = _two("co", kind)
        first = [x("a"), y("b")] if random.random() < 0.7 else [x("a")]
        plots.append(Plot("conflict", [act(*first), act(y("a"))]))
    return plots


def swap(random: Random, patient: bool) -> list[Plot]:
    """X and Y exchange their keys at the same hour."""
    plots = []
    for kind in _some(random):
        x, y = _two("sw", kind)
        plots.append(Plot("swap", [act(x("a"), y("b")), act(x("b"), y("a"))]))
    return plots


def twins(random: Random, patient: bool) -> list[Plot]:
    """Two records have one key from the beginning, or get it at the same moment."""
    plots = []
    for kind in (*_some(random), "enrollment"):
        if kind == "enrollment":
            parents = act(course("tw-e", "tw-e"), student("tw-e", email("tw-e")))
            both = act(*(enrollment(f"tw-e{number}", "tw-e", "tw-e") for number in (1, 2)), at_once=True)
            plots.append(Plot("twins", [parents, both]))
        else:
            x, y = _two("tw", kind)
            first = [act(x("b"), y("c"))] if random.random() < 0.5 else []
            plots.append(Plot("twins", [*first, act(x("a"), y("a"), when="after results", at_once=True)]))
    return plots


def _some(random: Random) -> list[str]:
    """Of what DokStamp keeps apart, and of what nobody but the sync does: ``FREE``."""
    guarded = [kind for kind in NAMED if kind not in FREE]
    return [*random.sample(FREE, random.choice([1, 2])), *random.sample(guarded, random.choice([0, 1, 2]))]


def _two(prefix: str, kind: str) -> tuple[Callable[[str], Pair], Callable[[str], Pair]]:
    """Each answers its record with this key."""
    name = f"{prefix}-{kind}"
    return (
        lambda key: NAMED[kind](f"{name}-x", f"{name}.{key}"),
        lambda key: NAMED[kind](f"{name}-y", f"{name}.{key}"),
    )


def _perhaps_lost(random: Random) -> str:
    """Whom the key belongs to may not be known yet when the other record is named."""
    return random.choice(["", "reset_after"])


def _like_a_course(random: Random) -> list[Act]:
    about = {"enrollment_id": "lc-e"}
    if random.random() < 0.5:
        about = {"student_id": "lc-s", "course_id": "lc-2"}
    named = [enrollment("lc-e", "lc-s", "lc-2"), certificate("lc-q", "lc-q", **about)]
    return [
        act(course("lc-1", code="lc-2"), student("lc-s", email("lc-s")), fault=_perhaps_lost(random)),
        act(*named),
        act(course("lc-2", code="lc-3")),
    ]


def _like_a_cohort(random: Random) -> list[Act]:
    return [
        act(course("lk-c", "lk-c"), student("lk-s", email("lk-s"))),
        act(cohort("lk-1", code="lk-2", course_id="lk-c"), fault=_perhaps_lost(random)),
        act(enrollment("lk-e", "lk-s", "lk-c", "lk-2")),
        act(cohort("lk-2", code="lk-3", course_id="lk-c")),
    ]


def _like_a_student(random: Random) -> list[Act]:
    return [
        act(course("ls-c", "ls-c"), student("ls-1", email("ls-2")), fault=_perhaps_lost(random)),
        act(enrollment("ls-e", email("ls-2"), "ls-c"), certificate("ls-q", "ls-q", enrollment_id="ls-e")),
        act(student(email("ls-2"), email("ls-3"))),
    ]


def _like_a_module(random: Random) -> list[Act]:
    return [
        act(course("lm-c", "lm-c"), module("lm-1", code="lm-2"), fault=_perhaps_lost(random)),
        act(modules_of("lm-c", "lm-2")),
        act(module("lm-2", code="lm-3")),
    ]


def _like_an_institution(random: Random) -> list[Act]:
    return [
        act(institution("li-1", name="li-2"), fault=_perhaps_lost(random)),
        act(course("li-c", "li-c", home="li-2")),
        act(institution("li-2", name="li-3")),
    ]


_LIKE: dict[str, Callable[[Random], list[Act]]] = {
    "course": _like_a_course,
    "cohort": _like_a_cohort,
    "student": _like_a_student,
    "module": _like_a_module,
    "institution": _like_an_institution,
}
