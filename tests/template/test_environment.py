"""The variables that the template sets are those that the settings read: none more, none less."""

import os
from typing import Any

import pytest

from dokstamp_sync.order import Step
from dokstamp_sync.settings import Settings
from tests.template.cloudformation import default, of_type, raw

FUNCTIONS = of_type("AWS::Serverless::Function")
SHARED: dict[str, Any] = raw()["Globals"]["Function"]["Environment"]["Variables"]
# Read by Powertools and by the AWS SDK, not by us.
OF_LIBRARIES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "AWS_ENDPOINT_URL"}
FIELDS = {name.upper() for name in Settings.model_fields}


def variables(function: str) -> dict[str, Any]:
    own = FUNCTIONS[function].get("Environment", {}).get("Variables", {})
    return {**SHARED, **own}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_variable_is_set_that_nobody_reads(function: str) -> None:
    assert set(variables(function)) - OF_LIBRARIES <= FIELDS


@pytest.mark.parametrize("step", list(Step))
def test_a_step_is_given_all_that_the_settings_hold_but_the_intake_s_own(step: Step) -> None:
    given = set(variables(f"{step.logical_id}Function"))
    assert FIELDS - given == {"STATE_MACHINE_ARN"}


def test_the_intake_is_given_all_that_the_settings_hold() -> None:
    assert set(variables("IntakeFunction")) >= FIELDS


def test_the_results_function_is_given_its_queue() -> None:
    assert variables("ResultsFunction")["RESULTS_QUEUE_URL"] == {"Ref": "ResultsQueue"}


@pytest.mark.parametrize("step", list(Step))
def test_a_step_is_given_its_own_queue(step: Step) -> None:
    assert variables(f"{step.logical_id}Function")["QUEUE_URL"] == {"Ref": f"{step.logical_id}Queue"}


def from_defaults(**given: str) -> dict[str, str]:
    """The environment of a stack with nothing but what has no default."""
    filled = {"DOKSTAMP_TENANT": "school.example"} | given
    for name, value in SHARED.items():
        parameter = value.get("Ref") if isinstance(value, dict) else None
        if parameter in raw()["Parameters"] and name not in filled:
            filled[name] = str(raw()["Parameters"][parameter].get("Default", ""))
    return filled


def test_the_template_s_defaults_make_good_settings() -> None:
    settings = Settings.from_environment(from_defaults())
    assert settings.dokstamp_base_url == "https://api.dokstamp.com"
    assert settings.lease_seconds == default("LeaseSeconds")


def test_the_settings_defaults_are_the_template_s() -> None:
    # Given the fields that have a default in both places
    pairs = {name: from_defaults()[name.upper()] for name in Settings.model_fields if name.upper() in from_defaults()}
    fields = {name: text for name, text in pairs.items() if not Settings.model_fields[name].is_required()}
    assert len(fields) > 10
    # Then they agree
    for name, text in fields.items():
        ours = Settings.model_fields[name].default
        assert ours == type(ours)(text), name


def test_nothing_of_whoever_runs_the_tests_is_in_their_environment() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL", "DOKSTAMP_BASE_URL", "DOKSTAMP_TENANT"} & set(os.environ)
