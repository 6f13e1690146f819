"""The certificates' PDFs in S3. They are read as a stream; only their size and their first bytes are checked."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dokstamp_sync.errors import Misconfigured, NotReady, Rejected, Retry
from dokstamp_sync.outcomes import Outcome
from dokstamp_sync.steps.work import Pdf

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 256 * 1024
KEPT_IN_MEMORY_BYTES = 4 * 1024 * 1024
_MISSING = {"NoSuchKey", "NoSuchVersion", "404"}


class Pdfs:
    """Opens PDFs of one bucket, up to ``most_bytes``."""

    def __init__(self, client: S3Client, bucket: str, most_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._most_bytes = most_bytes

    @contextmanager
    def open(self, address: str, version: str = "") -> Iterator[Pdf]:
        """The PDF at ``address`` (``s3://bucket/key``), in S3's ``version`` if one is given.

        Raises NotReady (missing), Rejected (another bucket, not a PDF, empty, too large), Misconfigured (the bucket may
        not be read, or there is none) or Retry.
        """
        bucket, _, key = address.removeprefix("s3://").partition("/")
        if bucket != self._bucket:
            raise Rejected(f"pdf is in bucket '{bucket}'; only '{self._bucket}' is read")
        try:
            if version:
                answer = self._client.get_object(Bucket=bucket, Key=key, VersionId=version)
            else:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            with tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY_BYTES) as file:
                sha256 = self._copy(answer["Body"].iter_chunks(CHUNK_BYTES), file)
                file.seek(0)
                found = answer.get("VersionId", "")
                yield Pdf(key.rpartition("/")[2], "" if found == "null" else found, sha256, file)
        except ClientError as error:
            raise _told(error) from None
        except BotoCoreError as error:
            raise Retry(f"the PDF could not be read ({type(error).__name__})") from error

    def _copy(self, chunks: Iterator[bytes], file: IO[bytes]) -> str:
        sha256 = hashlib.sha256()
        size = 0
        for chunk in chunks:
            if size == 0 and not chunk.startswith(b"%PDF-"):
                raise Rejected("pdf is not a PDF: it does not begin with %PDF-")
            size += len(chunk)
            if size > self._most_bytes:
                raise Rejected(f"pdf is larger than {self._most_bytes} bytes")
            sha256.update(chunk)
            file.write(chunk)
        if size == 0:
            raise Rejected("pdf is empty")
        return sha256.hexdigest()


def _told(error: ClientError) -> NotReady | Retry:
    code = error.response["Error"]["Code"]
    if code in _MISSING:
        # The PDF may be uploaded later than the message about it.
        return NotReady("pdf is missing: there is no such object in the bucket", finally_=Outcome.REJECTED)
    if code in {"AccessDenied", "NoSuchBucket", "403"}:
        return Misconfigured(f"the PDF bucket may not be read ({code})")
    return Retry(f"the PDF could not be read ({code})")
