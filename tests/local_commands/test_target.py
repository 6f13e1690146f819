"""Which DokStamp the local stack runs against, by its environment variables."""

import pytest

from local.dokstamp import AN_ADDRESS, from_environment
from local.processes import Failed
from tests.template.cloudformation import raw

GIVEN = {"DOKSTAMP_TENANT": "school", "DOKSTAMP_CLIENT_ID": "id", "DOKSTAMP_CLIENT_SECRET": "s3cret"}


@pytest.mark.parametrize(
    "address",
    [
        "api.dokstamp.example",
        "api.dokstamp.example/v1",
        "//api.dokstamp.example",
        "ftp://x",
        "https://",
        "x y",
        "http://dokstamp.example",
    ],
)
def test_an_address_without_a_scheme_is_refused_before_anything_starts(address: str) -> None:
    with pytest.raises(Failed, match=r"begins with https://"):
        from_environment(GIVEN | {"DOKSTAMP_BASE_URL": address})


@pytest.mark.parametrize("address", ["https://api.dokstamp.example", "http://127.0.0.1:8000/api/"])
def test_a_whole_address_is_taken_without_its_trailing_slash(address: str) -> None:
    # Given a whole address, When it is read, Then it is the target
    target = from_environment(GIVEN | {"DOKSTAMP_BASE_URL": address})
    assert target.base_url == address.rstrip("/")
    assert not target.is_sandbox
    # And its secret is not shown with it
    assert "s3cret" not in repr(target)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Failed, match="DOKSTAMP_TENANT, DOKSTAMP_CLIENT_ID, DOKSTAMP_CLIENT_SECRET"):
        from_environment({"DOKSTAMP_BASE_URL": "https://api.dokstamp.example"})


def test_the_sandbox_stands_in_where_no_address_is_given() -> None:
    assert from_environment({}).is_sandbox


def test_the_template_takes_the_same_addresses() -> None:
    assert raw()["Parameters"]["DokStampBaseUrl"]["AllowedPattern"] == rf"^{AN_ADDRESS.pattern}$"
