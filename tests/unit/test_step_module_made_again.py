"""A module that was deleted in DokStamp and made again is attached again."""

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.sis import Sis, example, live


@pytest.mark.parametrize("step", [Step.COURSE_MODULES, Step.MODULE_GROUP])
def test_a_list_whose_module_was_made_again_is_not_unchanged(step: Step, sis: Sis, sandbox: Sandbox) -> None:
    # Given a course with a module that somebody deleted in DokStamp, and that its own record made again
    sis.has_said(Step.INSTITUTION, Step.COURSE, Step.MODULE, step)
    (before,) = live(sandbox, "modules")
    sandbox.store.tables["modules"].clear()
    sis.say(Step.MODULE, example(Step.MODULE, name="Algebra I"))
    assert live(sandbox, "modules")[0]["uuid"] != before["uuid"]
    # When the list is told again, as it was, Then the new module is attached to the course
    assert sis.say(step)["outcome"] == "updated"
