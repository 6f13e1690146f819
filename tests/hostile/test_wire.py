"""What really goes over the wire when names, ids and file names are meant to change it."""

import io
import re
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl, urlsplit

import pytest

from dokstamp_sync.order import Step
from local.sandbox import running_sandbox
from tests.hostile.loopback import answer, client_of, fields, serving
from tests.support.pipeline import Pipeline, settings
from tests.support.sis import Sis, calls, example

ENTITY = {"data": {"uuid": "11111111-2222-4333-8444-555555555555"}}
FIELDS = {"host", "accept", "accept-encoding", "connection", "user-agent", "x-tenant", "authorization"}
BREAKING = [
    "ana@x\r\nX-Evil: 1",
    "ana@x\nX-Evil: 1",
    "ana@x HTTP/1.1\r\n\r\nGET /evil",
    'ana"; filename="evil.exe',
    "ana&page=2&where[x]=1#top",
    "ana%0d%0aX-Evil:%201",
    "ana\u2028\u0085\u202ebia",
    "ana\\",
    "../../evil?x=1",
]
IDS = [
    "../../oauth/token",
    "a?where[email]=b#c",
    "%2e%2e%2fcertificates",
    "a\\..\\b",
    "//evil.example/x",
    "http://evil",
]


@pytest.mark.parametrize("value", BREAKING, ids=repr)
def test_a_value_that_is_looked_up_stays_a_value(value: str) -> None:
    # Given a value that is meant to be more than one
    with serving(lambda request: answer({"data": []})) as server, client_of(server.url) as client:
        # When it is looked up
        list(client.pages("/students", {"email": value}))
    # Then it is one request of one line, with no field but ours, and its query says the value and nothing else
    request = server.requests[-1]
    line = request.partition(b"\r\n")[0].decode("ascii")
    assert set(fields(request)) == FIELDS
    assert re.fullmatch(r"GET /students\?\S+ HTTP/1\.1", line)
    assert parse_qsl(urlsplit(line.split(" ")[1]).query) == [("where[email]", value), ("per_page", "100")]


@pytest.mark.parametrize("value", BREAKING, ids=repr)
def test_a_value_that_is_sent_stays_in_the_body(value: str) -> None:
    # Given a name that is meant to be more than one
    with serving(lambda request: answer(ENTITY)) as server, client_of(server.url) as client:
        # When it is sent
        client.create("/students", {"name": value})
    # Then there is no field but ours
    assert set(fields(server.requests[-1])) == FIELDS | {"content-length", "content-type"}


@pytest.mark.parametrize("name", [*BREAKING, "", ".", "a" * 1000 + ".pdf", "--boundary--"], ids=repr)
def test_a_file_s_name_stays_a_name(name: str) -> None:
    # Given a file whose name is meant to be more than one
    with serving(lambda request: answer({"data": [ENTITY["data"]]})) as server, client_of(server.url) as client:
        # When it is uploaded
        client.upload(name, io.BytesIO(b"%PDF-1.7"))
    # Then the form has one part of two lines, in the field that DokStamp reads, with the file's bytes and no other name
    request = server.requests[-1]
    assert set(fields(request)) == FIELDS | {"content-length", "content-type"}
    ((disposition, content),) = parts(request)
    assert re.fullmatch(r'form-data; name="files\[\]"(; filename="([^"\\\r\n]|\\\\)*")?', disposition)
    assert content == b"%PDF-1.7"


def parts(request: bytes) -> list[tuple[str, bytes]]:
    """A form's parts: what each is said to be, and what it holds."""
    head = b"Content-Type: " + fields(request)["content-type"].encode() + b"\r\n\r\n"
    form = BytesParser(policy=HTTP).parsebytes(head + request.partition(b"\r\n\r\n")[2])
    listed = [each for each in form.iter_parts() if isinstance(each, EmailMessage)]
    for part in listed:
        assert set(part.keys()) <= {"Content-Disposition", "Content-Type"}
    raw = re.findall(rb"\r\nContent-Disposition: ([^\r]*)\r\n", request)
    return [(said.decode(), bytes(part.get_payload(decode=True))) for said, part in zip(raw, listed, strict=True)]


@pytest.mark.parametrize("id_", IDS)
def test_an_id_of_the_sis_never_becomes_a_part_of_an_address(id_: str) -> None:
    # Given records that are named like addresses
    with running_sandbox() as sandbox:
        sis = Sis(Pipeline(settings(sandbox.url)))
        parents = {
            Step.INSTITUTION: [example(Step.INSTITUTION, sis_id=id_)],
            Step.COURSE: [example(Step.COURSE, code=id_, institution_id=id_)],
            Step.STUDENT: [example(Step.STUDENT, sis_id=id_)],
            Step.ENROLLMENT: [example(Step.ENROLLMENT, sis_id=id_, student_id=id_, course_id=id_)],
        }
        # When they are delivered, and then changed
        first = sis.send(parents)
        sis.send({Step.COURSE: [example(Step.COURSE, code=id_, institution_id=id_, name="Other")]})
        sis.pipeline.dokstamp.close()
        # Then they are taken, and every call went to an address of the API that holds uuids alone
        assert {row["outcome"] for row in first.values()} == {"created"}
        odd = [path for _, path in calls(sandbox) if not re.fullmatch(r"/[a-z]+(/[0-9a-f-]{36})?", path)]
        assert odd == []
