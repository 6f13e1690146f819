"""A record that gets a new name or code waits while another record has it, or may just be getting it."""

from collections.abc import Mapping
from typing import Any

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.meeting.conftest import Post
from tests.support.pipeline import Pipeline
from tests.support.sis import Sis, example, live


def test_a_name_that_a_record_is_just_getting_is_not_given_to_a_new_one(
    sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given X, which gets the name New, and Y, a new record of that name, where names may repeat
    sis.say(Step.INSTITUTION, example(Step.INSTITUTION, sis_id="X", name="Old"))
    x = post.letter(Step.INSTITUTION, 50, example(Step.INSTITUTION, sis_id="X", name="New"))
    y = post.letter(Step.INSTITUTION, 51, example(Step.INSTITUTION, sis_id="Y", name="New"))
    change, met = pipeline.dokstamp.change, []

    def overtaken(path: str, body: Mapping[str, Any]) -> None:
        met.append(y.comes())
        change(path, body)

    # When Y comes at the very moment at which X is to be renamed
    monkeypatch.setattr(pipeline.dokstamp, "change", overtaken)
    assert x.comes() == "updated"
    # Then Y waits, then and afterwards
    assert [*met, y.comes()] == ["handed back", "handed back"]
    assert [each["name"] for each in live(sandbox, "institutions")] == ["New"]


def test_a_code_that_somebody_gave_another_record_s_course_by_hand_is_waited_for(
    sis: Sis, post: Post, sandbox: Sandbox, pipeline: Pipeline
) -> None:
    # Given X, which gets the code NEW, and Y, to whose course somebody gave this code in DokStamp by hand
    sis.has_said(Step.INSTITUTION)
    sis.say(Step.COURSE, example(Step.COURSE, sis_id="X", code="A"))
    theirs = sis.say(Step.COURSE, example(Step.COURSE, sis_id="Y", code="B"))
    pipeline.dokstamp.change(f"/courses/{theirs['uuid']}", {"code": "NEW"})
    x = post.letter(Step.COURSE, 50, example(Step.COURSE, sis_id="X", code="NEW"))
    # When X comes first, Then it waits
    assert x.comes() == "handed back"
    # And it gets the code when the SIS has put Y right
    sis.say(Step.COURSE, example(Step.COURSE, sis_id="Y", code="B", name="Put right"))
    assert x.comes_until_answered()[0]["outcome"] == "updated"
    assert sorted(each["code"] for each in live(sandbox, "courses")) == ["B", "NEW"]


def test_a_code_of_another_course_s_cohort_is_waited_for_by_a_cohort_that_is_renamed(
    sis: Sis, post: Post, sandbox: Sandbox
) -> None:
    # Given a DokStamp whose cohort codes are unique within the tenant, our cohort, and one of another course
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.COHORT)
    sis.say(Step.COURSE, example(Step.COURSE, code="LAW", name="Law"))
    sis.say(Step.COHORT, example(Step.COHORT, sis_id="theirs", code="L-1", course_id="LAW"))
    ours = post.letter(Step.COHORT, 50, example(Step.COHORT, sis_id="CS-1", code="L-1"))
    # When ours is to get the code of theirs, Then it waits
    assert ours.comes() == "handed back"
    # And it gets the code when theirs has given it up
    sis.say(Step.COHORT, example(Step.COHORT, sis_id="theirs", code="L-2", course_id="LAW"))
    assert ours.comes_until_answered()[0]["outcome"] == "updated"
    assert sorted(each["code"] for each in live(sandbox, "cohorts")) == ["L-1", "L-2"]
