"""PDFs from S3: streamed, checked, told apart by version, and every failure told from a missing object."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from dokstamp_sync.errors import Misconfigured, NotReady, Rejected, Retry
from dokstamp_sync.worker.pdfs import KEPT_IN_MEMORY_BYTES, Pdfs
from tests.support.buckets import versioned_bucket
from tests.support.pipeline import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ADDRESS = f"s3://{BUCKET}/2026/class of é+1/ana souza.pdf"
KEY = ADDRESS.removeprefix(f"s3://{BUCKET}/")
CONTENT = b"%PDF-1.7\n" + b"x" * 1000


@pytest.fixture
def s3() -> Iterator["S3Client"]:
    with versioned_bucket(BUCKET) as client:
        yield client


def test_a_pdf_is_its_bytes_its_name_its_version_and_its_digest(s3: "S3Client") -> None:
    # Given an object whose key has folders, blanks and odd characters
    version = s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)["VersionId"]
    # When it is opened
    with Pdfs(s3, BUCKET, 10_000).open(ADDRESS) as pdf:
        # Then it can be read from its first byte
        assert pdf.file.read() == CONTENT
        assert (pdf.name, pdf.version) == ("ana souza.pdf", version)
        assert pdf.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_an_earlier_version_is_opened_by_its_name(s3: "S3Client") -> None:
    # Given an object that was replaced
    first = s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)["VersionId"]
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT + b"corrected")
    # When the first version is asked for, Then it comes, and the newest where none is
    with Pdfs(s3, BUCKET, 10_000).open(ADDRESS, first) as pdf:
        assert (pdf.file.read(), pdf.version) == (CONTENT, first)
    with Pdfs(s3, BUCKET, 10_000).open(ADDRESS) as newest:
        assert newest.file.read() == CONTENT + b"corrected"


@pytest.mark.parametrize("suspended", [False, True])
def test_a_bucket_without_versions_has_none(suspended: bool) -> None:
    # Given a bucket that keeps no versions, or does not any more
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        if suspended:
            client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
        client.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)
        # When an object is opened, Then its version is empty and not the word null
        with Pdfs(client, BUCKET, 10_000).open(ADDRESS) as pdf:
            assert pdf.version == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "not a PDF"),
        (b"%PDF", "not a PDF"),
        (b" %PDF-1.7", "not a PDF"),
        (b"<html>%PDF-", "not a PDF"),
        (b"%PDF-" + b"x" * 1000, "larger than 1000 bytes"),
    ],
)
def test_what_is_no_pdf_is_rejected(content: bytes, reason: str, s3: "S3Client") -> None:
    # Given an object that is not to be uploaded, When it is opened, Then the reason is told
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)
    with pytest.raises(Rejected, match=reason), Pdfs(s3, BUCKET, 1000).open(ADDRESS):
        pass


def test_a_pdf_of_just_the_largest_size_is_taken(s3: "S3Client") -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"%PDF-" + b"x" * 995)
    with Pdfs(s3, BUCKET, 1000).open(ADDRESS) as pdf:
        assert len(pdf.file.read()) == 1000


@pytest.mark.parametrize("bucket", ["other", f"{BUCKET}-2", BUCKET[:-1]])
def test_a_foreign_bucket_is_rejected_without_being_asked(bucket: str) -> None:
    # Given a client that fails if it is used, When another bucket is named, Then it is not asked
    with pytest.raises(Rejected, match=f"'{bucket}'"), Pdfs(Any, BUCKET, 1000).open(f"s3://{bucket}/a.pdf"):  # type: ignore[arg-type]
        pass


def test_a_missing_object_and_a_missing_version_may_yet_come(s3: "S3Client") -> None:
    # Given a bucket with one object
    version = s3.put_object(Bucket=BUCKET, Key="other.pdf", Body=CONTENT)["VersionId"]
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)
    # When another one is asked for, or another one's version, Then it is missing
    with pytest.raises(NotReady, match="missing"), Pdfs(s3, BUCKET, 1000).open(f"s3://{BUCKET}/nobody.pdf"):
        pass
    with pytest.raises(NotReady, match="missing"), Pdfs(s3, BUCKET, 1000).open(ADDRESS, version):
        pass


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("NoSuchKey", 404, NotReady),
        ("NoSuchVersion", 404, NotReady),
        ("AccessDenied", 403, Misconfigured),
        ("NoSuchBucket", 404, Misconfigured),
        ("InvalidAccessKeyId", 403, Retry),
        ("ExpiredToken", 400, Retry),
        ("SlowDown", 503, Retry),
        ("InternalError", 500, Retry),
    ],
)
def test_could_not_ask_is_never_taken_for_missing(code: str, status: int, kind: type[Exception]) -> None:
    # Given an S3 that answers with an error
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("get_object", code, http_status_code=status)
        # When a PDF is opened, Then only a missing one is the record's fault
        with pytest.raises(kind) as error, Pdfs(client, BUCKET, 1000).open(ADDRESS):
            pass
    assert isinstance(error.value, NotReady) is (kind is NotReady)


class _Breaking:
    """A body whose connection breaks after the first piece."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        yield b"%PDF-1.7"
        raise self._error


class _Client:
    def __init__(self, body: Any) -> None:
        self._body = body

    def get_object(self, **asked: str) -> dict[str, Any]:
        if isinstance(self._body, Exception):
            raise self._body
        return {"Body": self._body}


@pytest.mark.parametrize(
    "body",
    [
        EndpointConnectionError(endpoint_url="https://s3.example"),
        _Breaking(ReadTimeoutError(endpoint_url="https://s3.example")),
    ],
    ids=["no connection", "cut off"],
)
def test_a_connection_that_fails_or_breaks_is_retried(body: Any) -> None:
    # Given an S3 that cannot be read to the end, When a PDF is opened, Then half of it is not uploaded
    with pytest.raises(Retry), Pdfs(_Client(body), BUCKET, 1000).open(ADDRESS):  # type: ignore[arg-type]
        pass


def test_a_large_pdf_is_kept_on_disk_and_not_in_memory(s3: "S3Client") -> None:
    # Given a PDF that is larger than what may stay in memory
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"%PDF-" + bytes(KEPT_IN_MEMORY_BYTES))
    # When it is opened, Then it is in a file
    with Pdfs(s3, BUCKET, 10 * KEPT_IN_MEMORY_BYTES).open(ADDRESS) as pdf:
        assert pdf.file._rolled  # type: ignore[attr-defined]
        file = pdf.file
    assert file.closed


def test_an_error_of_whoever_reads_the_pdf_is_not_taken_for_one_of_s3(s3: "S3Client") -> None:
    # Given an open PDF, When its reader fails, Then that error comes through
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)
    with pytest.raises(ZeroDivisionError), Pdfs(s3, BUCKET, 10_000).open(ADDRESS):
        raise ZeroDivisionError
