"""PARAMETERS of `make up` and `make run`: what is taken, and what is refused before anything starts."""

import re

import pytest

from local import template
from local.chosen import SET_OTHERWISE, from_environment
from local.parameters import LOCAL_VALUES
from local.processes import Failed
from tests.template.cloudformation import ROOT, default


def refused(text: str) -> str:
    """What is said to whoever sets PARAMETERS to this."""
    with pytest.raises(Failed) as failure:
        from_environment({"PARAMETERS": text})
    return str(failure.value)


def test_several_parameters_are_set_with_spaces_between_them() -> None:
    given = {"PARAMETERS": "PatienceSeconds=120  CallsPerSecond=20 DefaultInstitution='Uni A' AlarmTopicArn="}
    assert from_environment(given) == {
        "PatienceSeconds": "120",
        "CallsPerSecond": "20",
        "DefaultInstitution": "Uni A",
        "AlarmTopicArn": "",
    }


@pytest.mark.parametrize("given", [{}, {"PARAMETERS": ""}, {"PARAMETERS": "  "}])
def test_nothing_need_be_set(given: dict[str, str]) -> None:
    assert from_environment(given) == {}


@pytest.mark.parametrize("name", sorted(template.parameters().keys() - SET_OTHERWISE))
def test_every_parameter_of_the_template_can_be_set(name: str) -> None:
    # Given what the local stack deploys with anyway
    value = LOCAL_VALUES.get(name, str(template.parameters()[name]["Default"]))
    # When it is set to that, Then it is taken
    assert from_environment({"PARAMETERS": f"{name}='{value}'"}) == {name: value}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Patience=3", "no parameter Patience. Did you mean PatienceSeconds?"),
        ("Colour=red", "no parameter Colour. It has DokStampBaseUrl, "),
        ("PatienceSeconds=long", "PatienceSeconds is 'long'; it must be a number."),
        ("PatienceSeconds=nan", "PatienceSeconds is 'nan'; it must be a number."),
        ("MaximumReceives=4", "MaximumReceives is '4'; it must be 5 or more."),
        ("RecordThreads=33", "RecordThreads is '33'; it must be 32 or less."),
        ("BatchSize=1.5", "BatchSize is '1.5'; it must be a whole number."),
        ("RecordThreads=2.5", "RecordThreads: Input should be a valid integer"),
        ("LogLevel=loud", "LogLevel is 'loud'; it can be DEBUG, INFO, WARNING, ERROR."),
        ("KmsKeyArn=mine", "KmsKeyArn is 'mine'; it must match "),
        ("DokStampTenant=", "Set DOKSTAMP_TENANT instead."),
        ("AwsEndpointUrl=http://127.0.0.1:1", "PORT=... chooses its port."),
        ("PatienceSeconds", "'PatienceSeconds', which is no NAME=VALUE. Write it like PARAMETERS="),
        ("=3", "'=', which is no NAME=VALUE."),
        ('LogLevel="INFO', "a quotation mark without its second."),
    ],
)
def test_what_the_template_does_not_take_is_refused_in_words(text: str, says: str) -> None:
    assert says in refused(text)


def test_what_the_functions_would_not_take_is_refused_by_the_parameters_names() -> None:
    # Given a lease that is shorter than a call
    said = refused("LeaseSeconds=5 DeadlineSeconds=4")
    # Then it is said before every function refuses it with every message
    assert "LeaseSeconds (5) must exceed DeadlineSeconds + ProcessingSeconds + SkewSeconds" in said


def test_readme_lists_what_differs_on_the_local_stack() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    # Given what the local stack deploys with, where it is not the template's default
    numbers = {name: float(value) for name, value in LOCAL_VALUES.items() if isinstance(default(name), float)}
    differing = {name: f"{default(name):,g} | {value:,g}" for name, value in numbers.items() if value != default(name)}
    texts = {name for name in LOCAL_VALUES.keys() - numbers if LOCAL_VALUES[name] != default(name)}
    # Then README's table holds just the numbers, with both values
    rows = re.findall(r"^\| `(\w+)` \| ([\d,.]+ \| [\d,.]+) \|", readme, re.MULTILINE)
    assert dict(rows) == differing
    # And the rest stands below it
    assert {name for name in texts if f"`{name}`" not in readme} == set()
