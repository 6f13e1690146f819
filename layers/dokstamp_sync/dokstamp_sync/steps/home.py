"""The course that a record was delivered for, which stays its course: DokStamp moves nothing to another one.

Nothing says that a group can be moved, and a list that is attached elsewhere would stay attached here as well.
"""

from __future__ import annotations

from dokstamp_sync.errors import Rejected
from dokstamp_sync.steps.work import Parent, R, Work


def home(course: Parent) -> dict[str, str]:
    """The course as a row's facts keep it."""
    return {"course_id": course.reference.sis_id, "course_uuid": course.uuid}


def stay(work: Work[R], course: Parent) -> None:
    """Raises Rejected if the record was delivered for another course, or may have been.

    The same id is the same course, though it was made anew in DokStamp; and so is the same uuid under another id.
    """
    before = work.facts if "course_id" in work.facts else work.claimed.frozen
    if "course_id" in before and not home(course).items() & before.items():
        raise Rejected(
            f"DokStamp does not move groups and lists of modules to another course: this one was delivered for course "
            f"'{before['course_id']}'. Empty it there, and send it for the other course under another sis_id"
        )


def keep(work: Work[R], course: Parent) -> None:
    """Notes the course before anything is attached to it, for a refusal may leave a part attached."""
    if not home(course).items() <= work.facts.items():
        work.claimed.keep({**work.facts, **home(course)})
