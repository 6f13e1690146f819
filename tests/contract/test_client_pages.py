"""The client and lists of many pages: all of them or an error, never a part; and PDFs, streamed and repeated."""

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dokstamp_sync.dokstamp.client import DokStamp
from dokstamp_sync.errors import Misconfigured, Retry
from dokstamp_sync.settings import Settings
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import CREDENTIALS, Clock, a_brake

Answer = Callable[[int], Any]


def institutions(client: DokStamp, count: int) -> list[str]:
    return [client.create("/institutions", {"name": f"I{n}", "country": "Brazil"})["uuid"] for n in range(count)]


def served_by(answer: Answer, given: Settings) -> DokStamp:
    """A client of a server that answers page n with ``answer(n)``."""

    def page(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        return httpx.Response(200, json=answer(int(request.url.params.get("page", "1"))))

    return DokStamp(
        given, lambda afresh: CREDENTIALS, a_brake(Clock()), clock=Clock(), transport=httpx.MockTransport(page)
    )


def numbered(first: int, last: int) -> list[dict[str, str]]:
    return [{"uuid": f"u{n}"} for n in range(first, last)]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (15, 1), (16, 2), (45, 3), (46, 4)])
def test_all_pages_are_read_and_no_more(count: int, pages: int, client: DokStamp, sandbox: Sandbox) -> None:
    # Given so many institutions, fifteen on a page at most
    sandbox.switch(max_per_page=15)
    made = institutions(client, count)
    sandbox.calls.clear()
    # When they are listed
    listed = [each["uuid"] for each in client.pages("/institutions")]
    # Then each is there once, in as few calls as there are pages
    assert listed == made
    assert len([call for call in sandbox.calls if call.path == "/institutions"]) == pages


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_page_may_have_any_size(size: int, given: Settings) -> None:
    # Given a server whose pages hold so many
    client = served_by(
        lambda page: {"data": numbered((page - 1) * size, min(page * size, 9)), "meta": {"total": 9}}, given
    )
    # When the list is read, Then it is whole
    assert [each["uuid"] for each in client.pages("/courses")] == [f"u{n}" for n in range(9)]


def test_pages_are_read_only_as_far_as_they_are_wanted(client: DokStamp, sandbox: Sandbox) -> None:
    # Given three pages
    sandbox.switch(max_per_page=15)
    institutions(client, 40)
    sandbox.calls.clear()
    # When only the first entity is wanted
    next(client.pages("/institutions"))
    # Then one page was read
    assert len(sandbox.calls) == 1


def test_a_server_that_ignores_the_page_is_an_error_and_not_a_short_list(client: DokStamp, sandbox: Sandbox) -> None:
    # Given sixteen institutions, and a server that always answers the first page
    institutions(client, 16)
    sandbox.switch(page_parameter="ignored", max_per_page=15)
    # When they are listed, Then the list is not taken for whole
    with pytest.raises(Retry, match="same page again"):
        list(client.pages("/institutions"))


NO_TOTALS: list[Any] = [{"last_page": 2}, {"total": None}, {"total": "many"}, {"total": True}, {"total": 1.5}, [2]]
NO_LISTS: list[Any] = [{}, {"data": None}, {"data": {"uuid": "u"}}, {"data": ["u"]}, {"data": "u"}]


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ({"data": numbered(0, 15), "meta": {"total": 30, "per_page": 15}}, ""),
        *[({"data": numbered(0, 15), "meta": meta}, "how many") for meta in NO_TOTALS],
        *[(body, "without a list") for body in NO_LISTS],
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value)[-40:],
)
def test_a_list_that_is_not_whole_is_an_error_and_not_a_short_list(body: Any, match: str, given: Settings) -> None:
    # Given a server that shows fewer than it counts, does not say how many there are, or shows no list
    client = served_by(lambda page: body if page == 1 else {**body, "data": []}, given)
    # When the list is read, Then what is missing is not taken for absent
    with pytest.raises(Retry, match=match or None):
        list(client.pages("/courses"))


def test_a_list_without_meta_is_whole(given: Settings) -> None:
    # Given a list without pages, as that of the attachable modules may be
    client = served_by(lambda page: {"data": numbered(0, 20)}, given)
    # When it is read, Then one call is enough
    assert len(list(client.pages("/courses/x/attach/modules"))) == 20


def test_a_total_that_is_written_as_a_text_is_one(given: Settings) -> None:
    client = served_by(
        lambda page: {"data": numbered((page - 1) * 15, min(page * 15, 20)), "meta": {"total": "20"}}, given
    )
    assert len(list(client.pages("/courses"))) == 20


def test_a_failure_on_a_later_page_is_an_error(client: DokStamp, sandbox: Sandbox) -> None:
    # Given three pages, the second of which fails
    sandbox.switch(max_per_page=15)
    institutions(client, 40)
    sandbox.add_faults(Fault(kind="status", method="GET", path="^/institutions$", skip=1))
    # When they are listed, Then the first page does not pass for the list
    with pytest.raises(Retry):
        list(client.pages("/institutions"))


def test_a_404_on_a_list_is_misconfigured_and_not_an_empty_list(client: DokStamp, sandbox: Sandbox) -> None:
    # Given an address that is not the API's
    sandbox.add_faults(Fault(kind="status", path="^/courses$", status=404))
    # When a list is read, Then the address is wrong
    with pytest.raises(Misconfigured, match="base URL"):
        list(client.pages("/courses", {"code": "CS"}))


def test_filters_hold_together_and_survive_the_pages(client: DokStamp, sandbox: Sandbox) -> None:
    # Given two institutions with twenty courses each, fifteen on a page
    sandbox.switch(max_per_page=15)
    uuids = institutions(client, 2)
    for n in range(40):
        client.create("/courses", {"name": "C", "code": f"C{n // 2}", "institution_uuid": uuids[n % 2]})
    sandbox.calls.clear()
    # When one institution's are listed
    listed = list(client.pages("/courses", {"institution_uuid": uuids[0]}))
    # Then both pages were filtered
    assert {each["institution"]["uuid"] for each in listed} == {uuids[0]}
    assert len(listed) == 20
    assert len(list(client.pages("/courses", {"institution_uuid": uuids[0], "code": "C3"}))) == 1


def test_a_pdf_is_uploaded_whole_under_its_name(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a PDF of some size
    content = b"%PDF-1.7\n" + bytes(range(256)) * 8000
    # When it is uploaded, and uploaded again
    first = client.upload("José 1.pdf", io.BytesIO(content))
    again = client.upload("other.pdf", io.BytesIO(content))
    # Then DokStamp holds these bytes, once
    (file,) = sandbox.state["files"]["live"]
    assert (file["size"], file["original_name"]) == (len(content), "José 1.pdf")
    assert first["uuid"] == again["uuid"] == file["uuid"]
    assert first["used_at"] is None


def test_a_pdf_is_sent_whole_again_after_a_401(client: DokStamp, sandbox: Sandbox) -> None:
    # Given a token that was ended at DokStamp
    list(client.pages("/courses"))
    sandbox.gate.clear()
    sandbox.calls.clear()
    content = b"%PDF-1.7\n" + b"x" * 300_000
    # When a PDF is uploaded
    client.upload("a.pdf", io.BytesIO(content))
    # Then the repeat began at the first byte
    assert [call.status for call in sandbox.calls if call.path == "/files"] == [401, 201]
    assert sandbox.state["files"]["live"][0]["size"] == len(content)


class _Counting(io.BytesIO):
    """Notes how much is asked for at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest = max(self.largest, len(self.getvalue()) if size is None or size < 0 else size)
        return super().read(size)


def test_a_pdf_is_read_in_pieces(client: DokStamp) -> None:
    # Given a PDF of four megabytes
    pdf = _Counting(b"%PDF-1.7\n" + bytes(4_000_000))
    # When it is uploaded
    client.upload("a.pdf", pdf)
    # Then it is never in memory as a whole
    assert 0 < pdf.largest <= 256 * 1024


@pytest.mark.parametrize("data", [[], {}, None, [{"uuid": "a"}, {"uuid": "b"}], [{"uuid": ""}], [{}]], ids=repr)
def test_an_upload_that_is_not_answered_with_one_file_is_not_definite(
    data: Any, client: DokStamp, sandbox: Sandbox
) -> None:
    # Given an answer without a file, or with two
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/files$", status=201, body={"data": data}))
    # When a PDF is uploaded, Then nothing is made of it
    with pytest.raises(Retry) as error:
        client.upload("a.pdf", io.BytesIO(b"%PDF-1.7"))
    assert not error.value.definite


@pytest.mark.parametrize("answer", ["list", "message", "empty"])
def test_attaching_and_detaching_need_no_particular_answer(answer: str, client: DokStamp, sandbox: Sandbox) -> None:
    # Given a DokStamp that answers an attachment in one of three ways
    sandbox.switch(attach_answer=answer)
    (institution,) = institutions(client, 1)
    course = client.create("/courses", {"name": "C", "institution_uuid": institution})["uuid"]
    module = client.create("/modules", {"name": "M", "institution_uuid": institution})["uuid"]
    # When a module is attached and detached
    client.attach(f"/courses/{course}/attach/modules", {"modules": [{"uuid": module}]})
    attached = sandbox.state["attachments"]
    client.detach(f"/courses/{course}/detach/modules", {"modules": [module]})
    # Then it was, and is not any more
    assert [each["module_uuid"] for each in attached[course]] == [module]
    assert sandbox.state["attachments"] == {}
