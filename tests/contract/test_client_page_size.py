"""The client asks for large pages, and follows a server that ignores, caps or refuses the size."""

from urllib.parse import unquote

import pytest

from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.errors import Rejected
from local.sandbox import Sandbox
from tests.contract.test_client_pages import institutions


def listed(client: DokStamp) -> list[str]:
    return [each["uuid"] for each in client.pages("/institutions")]


def asked(sandbox: Sandbox) -> list[str]:
    """The queries since the log was emptied."""
    return [unquote(call.query) for call in sandbox.calls if call.path == "/institutions"]


def test_large_pages_are_asked_for(client: DokStamp, sandbox: Sandbox) -> None:
    # Given more institutions than a page of a hundred holds
    made = institutions(client, 101)
    sandbox.calls.clear()
    # When they are listed, Then each is there once, after two calls
    assert listed(client) == made
    assert asked(sandbox) == ["per_page=100", "per_page=100&page=2"]


@pytest.mark.parametrize("size", ["ignored", "capped"])
def test_a_server_that_chooses_its_own_size_is_followed(size: str, client: DokStamp, sandbox: Sandbox) -> None:
    # Given a server that ignores the size, or allows no more than seven
    sandbox.switch(**({"per_page_parameter": "ignored"} if size == "ignored" else {"max_per_page": 7}))
    made = institutions(client, 31)
    # When the institutions are listed, Then each is there once
    assert listed(client) == made


def test_a_server_that_refuses_the_size_is_asked_without_it_from_then_on(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a server that refuses more than fifty on a page, and so many that they take two pages of its own size
    made = institutions(client, 16)
    sandbox.switch(per_page_above_max="refused", max_per_page=50)
    sandbox.calls.clear()
    # When they are listed twice, Then each is there once, and the size was asked for once
    assert listed(client) == listed(client) == made
    assert asked(sandbox) == ["per_page=100", "", "page=2", "", "page=2"]


def test_another_refusal_of_a_list_is_none_of_its_size(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a server that refuses a filter
    sandbox.switch(filter_fields="documented", unknown_filter="refused")
    sandbox.calls.clear()
    # When the list is asked for, Then it is refused after one call, and large pages are still asked for
    with pytest.raises(Rejected):
        list(client.pages("/institutions", {"colour": "red"}))
    assert listed(client) == []
    assert asked(sandbox) == ["where[colour]=red&per_page=100", "per_page=100"]
