"""The environment: read once, typed, and refused by the names of its variables."""

import re

import pytest
from pydantic import ValidationError

from dokstamp_sync.errors import Misconfigured
from dokstamp_sync.settings import Settings
from tests.template.cloudformation import raw

LEAST = {"DOKSTAMP_BASE_URL": "https://api.example", "DOKSTAMP_TENANT": "school"}


def test_the_least_environment_is_enough() -> None:
    # Given what has no default, When it is read, Then the rest is the template's own
    settings = Settings.from_environment(LEAST)
    assert settings.dokstamp_base_url == "https://api.example"
    for name, parameter in raw()["Parameters"].items():
        field = re.sub("(?<=[a-z])(?=[A-Z])", "_", name.replace("DokStamp", "Dokstamp")).lower()
        if field in Settings.model_fields and field not in ("dokstamp_base_url", "dokstamp_tenant"):
            assert str(getattr(settings, field)).removesuffix(".0") == str(parameter["Default"]), name


def test_every_variable_of_the_template_is_one_that_is_read() -> None:
    # Given the variables that the template sets
    variables = set(raw()["Globals"]["Function"]["Environment"]["Variables"])
    foreign = {"POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "AWS_ENDPOINT_URL"}
    # When they are compared with the settings, Then none is misspelt
    assert {name.lower() for name in variables - foreign} <= set(Settings.model_fields)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"DOKSTAMP_BASE_URL": ""}, "DOKSTAMP_BASE_URL"),
        ({"DOKSTAMP_BASE_URL": "http://api.example"}, "DOKSTAMP_BASE_URL"),
        ({"DOKSTAMP_TENANT": ""}, "DOKSTAMP_TENANT"),
        ({"DOKSTAMP_AUTH": "basic"}, "DOKSTAMP_AUTH"),
        ({"DOKSTAMP_ISSUE": "now"}, "DOKSTAMP_ISSUE"),
        ({"RECORD_THREADS": "many"}, "RECORD_THREADS"),
        ({"LEASE_SECONDS": "90"}, "LEASE_SECONDS"),
        ({"DEADLINE_SECONDS": "120"}, "LEASE_SECONDS"),
    ],
)
def test_what_is_missing_or_wrong_is_misconfigured_by_name(changes: dict[str, str], named: str) -> None:
    # Given an environment with a fault, When it is read, Then the variable is named
    with pytest.raises(Misconfigured) as error:
        Settings.from_environment(LEAST | changes)
    assert named in error.value.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "host.docker.internal"])
def test_dokstamp_may_be_without_tls_only_where_no_network_is_crossed(host: str) -> None:
    there = Settings.from_environment(LEAST | {"DOKSTAMP_BASE_URL": f"http://{host}:8080"})
    assert there.dokstamp_base_url == f"http://{host}:8080"
    for elsewhere in (
        f"http://{host}.example",
        f"http://{host}@dokstamp.example",
        f"http://{host}:80@dokstamp.example",
    ):
        with pytest.raises(Misconfigured):
            Settings.from_environment(
                LEAST | {"DOKSTAMP_BASE_URL": elsewhere, "AWS_ENDPOINT_URL": "https://vpce.example"}
            )


def test_a_wrong_value_is_not_told() -> None:
    # Given a secret that was put into the wrong variable, When it is read, Then it does not end in a log
    with pytest.raises(Misconfigured) as error:
        Settings.from_environment(LEAST | {"DOKSTAMP_AUTH": "hunter2", "RECORD_THREADS": "hunter2"})
    assert "hunter2" not in str(error.value)


def test_empty_variables_count_as_absent_and_foreign_ones_are_ignored() -> None:
    settings = Settings.from_environment(LEAST | {"RECORD_THREADS": "", "PATH": "/bin", "HOME": "/root"})
    assert settings.record_threads == 8


def test_settings_cannot_be_changed() -> None:
    settings = Settings.from_environment(LEAST)
    with pytest.raises(ValidationError):
        settings.lease_seconds = 1  # type: ignore[misc]


def test_the_lease_outlives_every_call_that_is_made_under_it() -> None:
    # Given the defaults, When a call is sent at the last moment, Then the lease is longer than it may take effect
    settings = Settings.from_environment(LEAST)
    assert settings.in_flight_seconds == 20 + 60 + 10
    assert settings.lease_seconds > settings.in_flight_seconds
