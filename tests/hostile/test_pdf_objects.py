"""Objects that are not what they seem: a length that lies, bytes that change meanwhile, content that bursts."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from dokstamp_sync.errors import Rejected, Retry
from dokstamp_sync.worker.pdfs import Pdfs
from tests.hostile.loopback import Loopback, answer
from tests.support.buckets import versioned_bucket
from tests.support.pipeline import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ADDRESS = f"s3://{BUCKET}/a.pdf"
MOST = 1_000_000
Open = Callable[[bytes | Iterator[bytes]], Pdfs]


@pytest.fixture
def served() -> Iterator[Open]:
    """PDFs from an S3 that answers as told, once for every try of boto3's."""
    servers = []

    def made(said: bytes | Iterator[bytes]) -> Pdfs:
        server = Loopback(lambda request: said)
        servers.append(server)
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return Pdfs(boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", config=config), BUCKET, MOST)

    yield made
    for server in servers:
        server.close()


def test_an_object_that_is_shorter_than_it_says_is_not_uploaded(served: Open) -> None:
    # Given an object that says to have a thousand bytes, and has nine
    pdfs = served(answer(b"%PDF-1.7\n", Content_Length="1000"))
    # When it is opened, Then its half does not pass for the whole
    with pytest.raises(Retry), pdfs.open(ADDRESS):
        pass


def test_of_an_object_that_is_longer_than_it_says_nothing_more_is_read(served: Open) -> None:
    # Given an object that says to have nine bytes, and has many more
    pdfs = served(answer(b"%PDF-1.7\n" + b"x" * 10_000, Content_Length="9"))
    # When it is opened, Then it is what it says
    with pdfs.open(ADDRESS) as pdf:
        assert pdf.file.read() == b"%PDF-1.7\n"


@pytest.mark.parametrize("said", ["1000000000000", "2000000"])
def test_an_object_that_is_too_large_is_not_read_to_its_end(said: str, served: Open) -> None:
    # Given an object that goes on and on
    pieces = [answer(b"%PDF-1.7\n", Content_Length=said), *[b"x" * 100_000] * 100]
    # When it is opened, Then it is refused by what comes, whatever was said
    with pytest.raises(Rejected, match="larger than"), served(iter(pieces)).open(ADDRESS):
        pass


def test_a_packed_object_is_not_unpacked(served: Open) -> None:
    # Given a PDF in a form that clients unpack by themselves
    packed = zlib.compress(b"%PDF-1.7\n" + bytes(50_000_000))
    # When it is opened, Then it is what it is: no PDF
    with pytest.raises(Rejected, match="not a PDF"), served(answer(packed, Content_Encoding="deflate")).open(ADDRESS):
        pass


def test_what_is_in_a_pdf_is_nobody_s_business(served: Open) -> None:
    # Given a PDF that would burst whoever reads it: packed pages, a reference to itself, half an object
    content = b"%PDF-1.7\n1 0 obj<</Kids[1 0 R]/Filter[" + b"/FlateDecode" * 10_000 + b"]>>stream\n"
    content += zlib.compress(zlib.compress(bytes(50_000_000)))
    # When it is opened, Then it is the same bytes
    with served(answer(content)).open(ADDRESS) as pdf:
        assert pdf.file.read() == content


@pytest.fixture
def s3() -> Iterator["S3Client"]:
    with versioned_bucket(BUCKET) as client:
        yield client


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_an_object_that_changes_while_it_is_open_is_uploaded_as_it_was_checked(change: str, s3: "S3Client") -> None:
    # Given a PDF that was opened, and with that checked
    first = b"%PDF-1.7\nfirst"
    version = s3.put_object(Bucket=BUCKET, Key="a.pdf", Body=first)["VersionId"]
    with Pdfs(s3, BUCKET, MOST).open(ADDRESS) as pdf:
        # When somebody puts something else in its place before it is uploaded
        if change == "replaced":
            s3.put_object(Bucket=BUCKET, Key="a.pdf", Body=b"MZ, no PDF")
        else:
            s3.delete_object(Bucket=BUCKET, Key="a.pdf")
        # Then what is uploaded, also when the upload is repeated, is what was checked
        for _ in range(2):
            pdf.file.seek(0)
            assert pdf.file.read() == first
        assert (pdf.version, pdf.sha256) == (version, hashlib.sha256(first).hexdigest())
