"""The request for a token with which every step begins, in an environment that has none yet."""

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults import school
from tests.faults.calls import TOKEN_PATH, Call
from tests.faults.plain import PLAIN
from tests.faults.school import Json, Sections


def _token(step: Step, what: str, record: Json, before: Sections) -> Call:
    return Call(step, f"token before {what}", "POST", TOKEN_PATH, record, Outcome.CREATED, before)


CALLS = [
    *(_token(plain.step, "a look-up", plain.record, plain.before) for plain in PLAIN),
    _token(Step.COURSE_MODULES, "a list of attachable modules", school.BOTH, school.MODULES),
    _token(Step.MODULE_GROUP, "a look-up of the group", school.GROUP, school.MODULES),
    _token(Step.CERTIFICATE, "an upload", school.CERTIFICATE, school.ENROLLED),
]
