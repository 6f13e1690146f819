"""The sample school: its messages, the PDFs they name, and what is expected to become of each record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.places import EVENTS
from local.processes import Failed

MESSAGES = EVENTS / "school.jsonl"
EXPECTED = EVENTS / "school.expected.json"
PDFS = EVENTS / "pdfs"

# A message id -> {"status", "records": [{"step", "sis_id", "outcome"}]}
Expectations = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Message:
    """One inbox message as it stands in a file; what is no JSON object with an id is sent all the same."""

    body: str
    id: str | None

    @classmethod
    def of(cls, body: str) -> Message:
        try:
            found = json.loads(body)["id"]
        except (ValueError, KeyError, TypeError):
            found = None
        return cls(body, found if isinstance(found, str) else None)


def read_messages(path: Path) -> list[Message]:
    """The messages of a file: one JSON document, or JSON Lines."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Failed(f"{path} can't be read: {error.strerror}. Name a file: make send FILE=path") from None
    if not text:
        raise Failed(f"{path} is empty.")
    try:
        whole = json.loads(text)
    except ValueError:
        return [Message.of(line) for line in text.splitlines() if line.strip()]
    if isinstance(whole, list):
        return [Message.of(json.dumps(one, ensure_ascii=False)) for one in whole]
    return [Message.of(text)]


def read_expectations() -> Expectations:
    expectations: Expectations = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return expectations


def upload_pdfs(s3: Any, bucket: str) -> None:
    """Copies the sample PDFs to the bucket, under the keys that the messages name."""
    for path in sorted(PDFS.rglob("*.pdf")):
        s3.upload_file(
            str(path), bucket, path.relative_to(PDFS).as_posix(), ExtraArgs={"ContentType": "application/pdf"}
        )
