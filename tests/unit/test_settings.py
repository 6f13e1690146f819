"""The environment: read once, typed, and refused by the names of its variables."""

import pytest
from pydantic import ValidationError

from dokstamp_sync.errors import Misconfigured
from dokstamp_sync.settings import Settings

LEAST = {"DOKSTAMP_BASE_URL": "https://api.example", "DOKSTAMP_TENANT": "school"}


def test_the_least_environment_is_enough() -> None:
    # Given what has no default, When it is read, Then the rest has its own; see tests/template/test_environment.py
    settings = Settings.from_environment(LEAST)
    assert (settings.dokstamp_base_url, settings.dokstamp_tenant) == ("https://api.example", "school")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"DOKSTAMP_BASE_URL": ""}, "DOKSTAMP_BASE_URL"),
        ({"DOKSTAMP_BASE_URL": "http://api.example"}, "DOKSTAMP_BASE_URL"),
        ({"DOKSTAMP_TENANT": ""}, "DOKSTAMP_TENANT"),
        ({"DOKSTAMP_AUTH": "basic"}, "DOKSTAMP_AUTH"),
        ({"DOKSTAMP_ISSUE": "now"}, "DOKSTAMP_ISSUE"),
        ({"RECORD_THREADS": "many"}, "RECORD_THREADS"),
        # What the SAM CLI gives where it does not know the bucket's name: the resource's.
        ({"PDF_BUCKET": "PdfBucket"}, "PDF_BUCKET"),
        ({"LEASE_SECONDS": "90"}, "LEASE_SECONDS"),
        ({"DEADLINE_SECONDS": "120"}, "LEASE_SECONDS"),
        ({"RETRY_CAP_SECONDS": "3600"}, "lower MAXIMUM_RECEIVES, RETRY_CAP_SECONDS or LEASE_SECONDS"),
        ({"LEASE_SECONDS": "3600"}, "lower MAXIMUM_RECEIVES, RETRY_CAP_SECONDS or LEASE_SECONDS"),
        ({"MAXIMUM_RECEIVES": "5", "RETRY_CAP_SECONDS": "43201"}, "SQS hides no message for longer"),
        ({"MAXIMUM_RECEIVES": "30"}, "raise MAXIMUM_RECEIVES or lower PATIENCE_SECONDS"),
        ({"PATIENCE_SECONDS": "400000"}, "raise MAXIMUM_RECEIVES or lower PATIENCE_SECONDS"),
    ],
)
def test_what_is_missing_or_wrong_is_misconfigured_by_name(changes: dict[str, str], named: str) -> None:
    # Given an environment with a fault, When it is read, Then the variable is named
    with pytest.raises(Misconfigured) as error:
        Settings.from_environment(LEAST | changes)
    assert named in error.value.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"MAXIMUM_RECEIVES": "1000"},
        {"RETRY_CAP_SECONDS": "2573"},
        {"MAXIMUM_RECEIVES": "40"},
        {"PATIENCE_SECONDS": "0", "MAXIMUM_RECEIVES": "1"},
        {"PATIENCE_SECONDS": "86400", "OLDEST_MESSAGE_SECONDS": "90000"},
    ],
)
def test_what_only_sounds_bold_is_taken(changes: dict[str, str]) -> None:
    # Given times that fit together, When they are read, Then nobody complains
    Settings.from_environment(LEAST | changes)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "host.docker.internal"])
def test_dokstamp_may_be_without_tls_only_where_no_network_is_crossed(host: str) -> None:
    there = Settings.from_environment(LEAST | {"DOKSTAMP_BASE_URL": f"http://{host}:8080"})
    assert there.dokstamp_base_url == f"http://{host}:8080"
    for elsewhere in (f"{host}.example", f"{host}@dokstamp.example", f"{host}:80@dokstamp.example"):
        changes = {"DOKSTAMP_BASE_URL": f"http://{elsewhere}", "AWS_ENDPOINT_URL": "https://vpce.example"}
        with pytest.raises(Misconfigured):
            Settings.from_environment(LEAST | changes)


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
