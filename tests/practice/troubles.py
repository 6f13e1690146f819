"""An outage in the middle of five messages, and children that come long before their parents: all at the same time."""

import time
from dataclasses import dataclass

from local import outage
from local.practice import steering
from tests.local.troubled import student, wait_for
from tests.local.world import Json, World, outcomes

MESSAGES = 5
STUDENTS = 20
# So slow is DokStamp before it fails: nobody's message is through by then.
SECONDS_PER_STUDENT = 1.0
OUTAGE_SECONDS = 20
SECONDS_BEFORE_PARENTS = 30
PDF = "practice/S.pdf"


@dataclass(frozen=True)
class Seen:
    """``before``: how many students were there when the outage began. ``waited``: what was open when parents came."""

    five: list[Json]
    before: int
    refused: int
    children: list[Json]
    parents: list[Json]
    waited: list[str]
    dead_letters: int


def five(world: World) -> list[Json]:
    names = [[f"p{message}-{number}" for number in range(STUDENTS)] for message in range(MESSAGES)]
    return [world.message(students=[student(name) for name in each]) for each in names]


def children(world: World) -> list[Json]:
    """One record each, those that need the most first."""
    key = f"s3://{world.info.pdf_bucket}/{PDF}"
    enrollment = {"sis_id": "E", "student_id": "S", "course_id": "C", "cohort_id": "K", "enrolled_at": "2026-01-01"}
    return [
        world.message(certificates=[{"enrollment_id": "E", "pdf": key}]),
        world.message(enrollments=[enrollment]),
        world.message(cohorts=[{"code": "K", "course_id": "C"}]),
    ]


def parents(world: World) -> list[Json]:
    return [
        world.message(students=[student("s") | {"sis_id": "S"}]),
        world.message(courses=[{"code": "C", "name": "Course"}]),
        world.message(institutions=[{"sis_id": "UFP", "name": "University", "country": "Brazil"}]),
    ]


def go_through(world: World) -> Seen:
    world.stack.client("s3").put_object(Bucket=world.info.pdf_bucket, Key=PDF, Body=b"%PDF-1.7\npractice")
    young, old, began = children(world), parents(world), time.monotonic()
    messages = five(world)
    with steering(world.info) as sandbox:
        for message in young:
            world.put(message)
        world.fail(method="POST", path="^/students$", kind="delay", seconds=SECONDS_PER_STUDENT, times=None)
        for message in messages:
            world.put(message)
        wait_for(lambda: world.live("students"))
        before = len(world.live("students"))
        world.heal()
        refused = outage.fail(sandbox, OUTAGE_SECONDS, lambda _: None)
    time.sleep(max(0.0, began + SECONDS_BEFORE_PARENTS - time.monotonic()))
    waited = [world.status(message) for message in young]
    for message in old:
        world.put(message)
    for message in (*messages, *old, *young):
        wait_for(lambda: world.status(message) == "SUCCEEDED")  # noqa: B023, for it is called at once
    found = [[world.result(message) for message in part] for part in (messages, young, old)]
    dead = sum(not world.is_empty(each["dead_letter_url"]) for each in world.info.queues.values())
    return Seen(found[0], before, refused, found[1], found[2], waited, dead)


def all_outcomes(results: list[Json]) -> list[str]:
    return [outcome for result in results for outcome in outcomes(result).values()]
