"""Addresses of PDFs that are meant to lead out of the stack's bucket: no request goes anywhere but there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from pydantic import ValidationError

from dokstamp_sync.errors import Rejected
from dokstamp_sync.order import Step
from dokstamp_sync.reading import parse
from dokstamp_sync.records import Certificate
from dokstamp_sync.worker.pdfs import Pdfs
from tests.support.pipeline import BUCKET
from tests.support.sis import example

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER_BUCKETS = ["other-bucket", f"{BUCKET}.evil.example", f"{BUCKET}-2", BUCKET.upper(), f"{BUCKET}@evil.example"]
OTHER_BUCKETS += [f"{BUCKET}:443", f"{BUCKET}%2f..%2fother", f"{BUCKET}\\other", "localhost", f"/{BUCKET}"]
OTHER_BUCKETS += [BUCKET.replace("o", "о")]  # a Cyrillic letter
OTHER_BUCKETS += ["arn:aws:s3:us-east-1:123456789012:accesspoint/other", "other-abcdefghijkl-s3alias"]
OTHER_BUCKETS += ["arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/other"]
NO_S3 = [f"S3://{BUCKET}/a.pdf", f" s3://other/{BUCKET}/a.pdf", f"s3:/{BUCKET}/a.pdf", f"s3：//{BUCKET}/a.pdf", "s3://"]
NO_S3 += [f"s3://{BUCKET}／a.pdf", "s3://169.254.169.254/latest/meta-data/iam", "http://169.254.169.254/latest/x"]
NO_S3 += ["arn:aws:s3:::other/a.pdf", f"arn:aws:s3:::{BUCKET}/a.pdf", f"https://{BUCKET}.s3.amazonaws.com/a.pdf"]
NO_S3 += ["http://127.0.0.1:8080/a.pdf", "//evil.example/a.pdf", "file:///etc/passwd", "/etc/passwd"]
NO_S3 += ["gopher://127.0.0.1:6379/_INFO", "data:application/pdf;base64,JVBERi0="]
ELSEWHERE = [*(f"s3://{bucket}/a.pdf" for bucket in OTHER_BUCKETS), *NO_S3]
NO_OBJECT = ["", "/", "/a.pdf", "a/", "..", "../a.pdf", "a/../../other/a.pdf", "./a.pdf", "a/."]
NO_OBJECT += ["a\nb.pdf", "a\x00", "a\x7f.pdf", "\t"]
STRANGE = ["a.pdf?versionId=1", "a.pdf?x-amz-security-token=1&X-Amz-Signature=2", "a#b.pdf", "a;b&c=d+e f.pdf"]
STRANGE += [
    "%2e%2e/other/a.pdf",
    "%2E%2E%2Fa.pdf",
    "a\\..\\b.pdf",
    "．．/a.pdf",
    "a//b.pdf",
    "...",
    "..a/b..",
    "\u2028\u202e",
]


@pytest.fixture(params=["path", "virtual"])
def asked(request: pytest.FixtureRequest) -> Iterator[tuple["S3Client", list[str]]]:
    """A client that sends nothing, and the URLs that it would have sent a request to."""
    client = boto3.client("s3", region_name="us-east-1", config=Config(s3={"addressing_style": request.param}))
    urls: list[str] = []

    def keep(request: AWSRequest, **_: Any) -> None:
        urls.append(str(request.url))
        raise ConnectionRefusedError

    client.meta.events.register("before-send.s3", keep)
    yield client, urls


def open_(client: "S3Client", address: str) -> None:
    """As the step does it: read as a record, then opened."""
    record = parse(Step.CERTIFICATE, example(Step.CERTIFICATE, pdf=address))
    assert isinstance(record, Certificate)
    with Pdfs(client, BUCKET, 1000).open(record.pdf or ""):
        pass


@pytest.mark.parametrize("address", [*ELSEWHERE, *(f"s3://{BUCKET}/{key}" for key in NO_OBJECT)], ids=repr)
def test_what_leads_elsewhere_is_refused_and_nothing_is_asked(
    address: str, asked: tuple["S3Client", list[str]]
) -> None:
    # Given an address that is not an object of the bucket
    client, urls = asked
    # When it is read and opened, Then one of both refuses it, and no request leaves
    with pytest.raises((ValidationError, Rejected)):
        open_(client, address)
    assert urls == []


@pytest.mark.parametrize("key", STRANGE, ids=repr)
def test_a_strange_key_is_a_key_of_the_bucket_and_nothing_else(key: str, asked: tuple["S3Client", list[str]]) -> None:
    # Given an object with a strange key
    client, urls = asked
    # When it is opened
    with pytest.raises(ConnectionRefusedError):
        open_(client, f"s3://{BUCKET}/{key}")
    # Then the request is for that key, encoded, without a query
    (url,) = urls
    host, _, path = url.removeprefix("https://").partition("/")
    assert host in ("s3.amazonaws.com", f"{BUCKET}.s3.amazonaws.com")
    assert path.removeprefix(f"{BUCKET}/") == quote(key, safe="/~")
