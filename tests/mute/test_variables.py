"""A variable that is missing or rubbish: the function does without it, or all three tell of it."""

from typing import Any

import pytest

from dokstamp_sync.intake.entry import NEEDED as BY_THE_INTAKE
from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import NEEDED as BY_A_STEP
from local.sandbox import Sandbox
from tests.mute.aws import SECRET, Aws
from tests.mute.scenes import SCENES, Stage
from tests.mute.telling import told
from tests.template.test_environment import OF_LIBRARIES, variables

FUNCTIONS = {
    "StudentFunction": ("a step creates", {*BY_A_STEP, "dokstamp_base_url", "dokstamp_tenant"}),
    "IntakeFunction": ("the intake starts a run", {*BY_THE_INTAKE, "dokstamp_base_url", "dokstamp_tenant"}),
    "ResultsFunction": ("a run is reported", {"results_queue_url", "dokstamp_base_url", "dokstamp_tenant"}),
}
CASES = [(function, name) for function in FUNCTIONS for name in sorted({*variables(function)} - OF_LIBRARIES)]


def unset(name: str) -> Any:
    return lambda stage: stage.patch.delenv(name, raising=False)


def rubbish(name: str) -> Any:
    return lambda stage: stage.patch.setenv(name, SECRET)


@pytest.mark.parametrize(("function", "name"), CASES)
def test_a_variable_that_is_missing_is_told_of_if_it_is_needed(function: str, name: str, sandbox: Sandbox) -> None:
    # Given a function without one of the variables that the template sets
    scene, needed = FUNCTIONS[function]
    # When it is asked to do something
    found = told(SCENES[scene], sandbox, Aws(), unset(name))
    # Then it does it without, or names the variable, and an alarm rings
    missed = name.lower() in needed
    assert [name in each["reason"] for each in found.failures] == [True] * missed, found.text
    assert found.metrics["Misconfigured"] == found.metrics["Retried"] == missed
    assert found.metrics["Unforeseen"] == 0
    if function != "ResultsFunction":
        # And the message comes back soon, though nobody may have said which queue it is in
        assert [handle for handle, _ in found.aws.hidden] == found.left
        assert len(found.left) == missed
    else:
        assert (found.raised is not None) == missed


@pytest.mark.parametrize(("function", "name"), CASES)
def test_a_variable_that_is_rubbish_is_told_of_without_what_it_says(function: str, name: str, sandbox: Sandbox) -> None:
    # Given a function with rubbish in one of its variables
    # When it is asked to do something
    found = told(SCENES[FUNCTIONS[function][0]], sandbox, Aws(), rubbish(name))
    # Then it does it all the same, or one line tells of it
    failed = len(found.left) if function != "ResultsFunction" else found.raised is not None
    assert len(found.failures) == failed, found.text
    assert found.metrics["Retried"] == failed
    assert not any(part in found.text for part in SECRET.split(", "))


@pytest.mark.parametrize("step", list(Step))
def test_every_step_needs_what_the_template_gives_it(step: Step) -> None:
    # Given what a step's function is given, Then what it cannot do without is among it
    assert {name.upper() for name in BY_A_STEP} <= {*variables(f"{step.logical_id}Function")}


def test_a_function_without_a_place_for_its_metrics_dies_and_so_is_counted_by_aws(sandbox: Sandbox) -> None:
    # Given the one variable without which nothing can be counted
    def no_namespace(stage: Stage) -> None:
        stage.patch.delenv("POWERTOOLS_METRICS_NAMESPACE")
        stage.patch.setattr("dokstamp_sync.observability.metrics.namespace", None)

    # When a message is to be counted, Then the function fails as a whole: the alarm on its errors sees that
    assert told(SCENES["a step creates"], sandbox, Aws(), no_namespace).raised is not None
