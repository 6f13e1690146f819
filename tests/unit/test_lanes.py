"""Which records of one message are delivered side by side, and which one after another."""

from typing import Any

import pytest

from dokstamp_sync.order import Step
from dokstamp_sync.reading import parse
from tests.support.pipeline import rules
from tests.support.sis import example


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("course", ["CS", "LAW"])
def test_records_share_a_lane_only_where_they_share_what_is_attached_to_a_course(step: Step, course: str) -> None:
    # Given two records of a step, of one course or of two
    fields: dict[str, Any] = {"course_id": course} if step in (Step.COURSE_MODULES, Step.MODULE_GROUP) else {}
    one, other = parse(step, example(step, sis_id="one")), parse(step, example(step, sis_id="other", **fields))
    # Then those that attach modules to one course go one after another, and all others side by side
    lane = rules(step).lane
    assert (lane(one) == lane(other)) is bool(fields and course == "CS")
    assert None not in (lane(one), lane(other))
