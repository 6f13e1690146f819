"""Meetings in time: what a certificate or a child depends on changes while it is there, or on its way."""

from __future__ import annotations

from random import Random

from tests.model.kinds import (
    certificate,
    cohort,
    course,
    email,
    enrollment,
    group,
    institution,
    module,
    modules_of,
    revocation,
    student,
)
from tests.model.plots import Act, ByHand, Pair, Plot, act


def shared_pdf(random: Random, patient: bool) -> list[Plot]:
    """Two certificates have one PDF, by one address or by two; one of them may be revoked."""
    people = [student("sp-s1", email("sp-s1")), student("sp-s2", email("sp-s2")), course("sp-c", "sp-c")]
    enrolled = [enrollment("sp-e1", "sp-s1", "sp-c"), enrollment("sp-e2", "sp-s2", "sp-c")]
    second = random.choice(["sp-e1", "sp-e2"])
    certificates = [
        certificate("sp-q1", "sp", enrollment_id="sp-e1"),
        certificate("sp-q2", random.choice(["sp", "copies/sp"]), enrollment_id=second),
    ]
    acts = [act(*people, *enrolled)]
    acts += [act(*certificates)] if random.random() < 0.5 else [act(each) for each in certificates]
    if not patient:
        # Of a certificate that was never issued, a revocation would be waited for without end.
        acts.append(act(random.choice([revocation("sp-q1", enrollment_id="sp-e1"), _revoked(certificates[1])])))
    return [Plot("shared_pdf", acts, frozenset(key for key, _ in certificates))]


def _revoked(pair: Pair) -> Pair:
    (_, sis_id), said = pair
    return revocation(sis_id, enrollment_id=said["enrollment_id"])


def reissue(random: Random, patient: bool) -> list[Plot]:
    """A certificate is revoked and issued anew under its id; the messages overtake each other."""
    acts = [
        act(course("ri-c", "ri-c"), student("ri-s", email("ri-s")), enrollment("ri-e", "ri-s", "ri-c")),
        act(certificate("ri-e", "ri-1", enrollment_id="ri-e")),
        act(revocation("ri-e", enrollment_id="ri-e"), late=random.choice([0.0, 30.0, 300.0])),
        act(certificate("ri-e", "ri-2", enrollment_id="ri-e")),
    ]
    return [Plot("reissue", acts)]


def moved(random: Random, patient: bool) -> list[Plot]:
    """An enrollment with a certificate turns out to be another student's; the certificate is told of again."""
    people = [student("mv-s1", email("mv-s1")), student("mv-s2", email("mv-s2")), course("mv-c", "mv-c")]
    told = certificate("mv-e", "mv-1", enrollment_id="mv-e")
    acts = [
        act(*people, enrollment("mv-e", "mv-s1", "mv-c")),
        act(told),
        act(enrollment("mv-e", "mv-s2", "mv-c"), when="after results"),
        act(told, when="after results"),
    ]
    if random.random() < 0.5:
        acts.append(act(revocation("mv-e", enrollment_id="mv-e"), when="after results"))
        acts.append(act(certificate("mv-e", "mv-2", enrollment_id="mv-e")))
    return [Plot("moved", acts, frozenset({told[0]}))]


def renewed(random: Random, patient: bool) -> list[Plot]:
    """A certificate expires in DokStamp, and the SIS sends a new PDF."""
    first = certificate("rn-e", "rn-1", enrollment_id="rn-e")
    acts = [
        act(course("rn-c", "rn-c"), student("rn-s", email("rn-s")), enrollment("rn-e", "rn-s", "rn-c")),
        act(first),
        act(
            certificate("rn-e", "rn-2", enrollment_id="rn-e"),
            when="after results",
            by_hand=ByHand("expires", first[0]),
        ),
    ]
    return [Plot("renewed", acts)]


def dropped(random: Random, patient: bool) -> list[Plot]:
    """A certificate is told of for an enrollment that was dropped, and again when that is corrected.

    Where somebody loses patience, it may stay dropped.
    """
    people = [student("dr-s", email("dr-s")), course("dr-c", "dr-c")]
    told = certificate("dr-e", "dr", enrollment_id="dr-e")
    acts = [
        act(*people, enrollment("dr-e", "dr-s", "dr-c", completion_status="dropped")),
        act(told),
    ]
    if patient or random.random() < 0.5:
        acts.append(act(*people, when="in the calm"))
        acts.append(act(enrollment("dr-e", "dr-s", "dr-c"), when="in the calm"))
        acts.append(act(told, when="in the calm", surely=True))
    return [Plot("dropped", acts, frozenset({told[0]}))]


def group_deleted(random: Random, patient: bool) -> list[Plot]:
    """A group has modules of a course's list; somebody deletes it in DokStamp, and a newer group gives one of them up.

    It goes to nobody, or to the list, and so does the other one.
    """
    modules = [module("gd-1", "gd-1"), module("gd-2", "gd-2")]
    gone, newer = group("gd-g", "gd-g", "gd-c", "gd-1", "gd-2"), group("gd-h", "gd-h", "gd-c", "gd-2")
    listed = random.choice([("gd-1",), ("gd-1", "gd-2")])
    acts = [
        act(course("gd-c", "gd-c"), *modules),
        act(modules_of("gd-c", *listed)),
        act(gone),
        act(newer),
        act(group("gd-h", "gd-h", "gd-c"), when="after results", by_hand=ByHand("deletes", gone[0])),
    ]
    return [Plot("group_deleted", acts)]


def deleted(random: Random, patient: bool) -> list[Plot]:
    """Somebody deletes a parent in DokStamp; then its child is told of, and both again when the storm is over."""
    home, place = institution("de-i", "de-i"), course("de-c", "de-c", home="de-i")
    person, year = student("de-s", email("de-s")), cohort("de-k", "de-k", course_id="de-c")
    part, enrolled = module("de-m", "de-m", home="de-i"), enrollment("de-e", "de-s", "de-c")
    parents, gone, child = random.choice(
        [
            ([home], home, place),
            ([home, place], place, year),
            ([home, place, person], place, enrolled),
            ([home, place, part], place, modules_of("de-c", "de-m")),
            ([home, place, part], part, modules_of("de-c", "de-m")),
            ([home, place, year, person], year, enrollment("de-e", "de-s", "de-c", "de-k")),
            ([home, place, person], person, enrolled),
            ([home, place, person, enrolled], enrolled, certificate("de-q", "de-q", enrollment_id="de-e")),
        ]
    )
    acts: list[Act] = [
        act(*parents),
        act(child, when="after results", by_hand=ByHand("deletes", gone[0])),
        # Whoever was impatient notices now at the latest that the parent is gone.
        act(*parents, when="in the calm"),
        act(child, when="in the calm"),
        act(*parents, when="in the calm", surely=True),
        act(child, when="in the calm", surely=True),
    ]
    return [Plot("deleted", acts)]
