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

# What counts as true where the intake reads an option.
TRUE = ("true", "1", "yes", "on", "t", "y")

# A message id -> {"status", "records": [{"step", "sis_id", "outcome"}]}
Expectations = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Message:
    """One inbox message as it stands in a file; what is no JSON object with an id is sent all the same."""

    body: str
    id: str | None
    is_dry_run: bool = False

    @classmethod
    def of(cls, body: str) -> Message:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        said = said if isinstance(said, dict) else {}
        id_, options = said.get("id"), said.get("options")
        options = options if isinstance(options, dict) else {}
        dry_run = options.get("dry_run", options.get("dryRun"))
        return cls(body, id_ if isinstance(id_, str) else None, str(dry_run).lower() in TRUE)

    def revoked(self) -> set[str]:
        """The ids of the certificates that a message in good form revokes."""
        certificates = [each for each in json.loads(self.body).get("certificates") or [] if isinstance(each, dict)]
        keyed = [{key.replace("_", "").lower(): value for key, value in each.items()} for each in certificates]
        return {_certificate_id(each) for each in keyed if each.get("revoke")}


def _certificate_id(said: dict[str, Any]) -> str:
    spelled_out = "/".join(str(said[key]).strip() for key in ("studentid", "courseid", "cohortid") if said.get(key))
    return str(said.get("sisid") or said.get("enrollmentid") or spelled_out).strip()


def read_messages(path: Path) -> list[Message]:
    """The messages of a file: one JSON document, or JSON Lines."""
    try:
        # Some editors begin a file with a byte order mark, which is no JSON.
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise Failed(f"{path} can't be read: {error.strerror}. Name a file: make send FILE=path") from None
    except UnicodeDecodeError as error:
        raise Failed(f"{path} is not UTF-8 (at byte {error.start}). Save it as UTF-8 and send it again.") from None
    if not text:
        raise Failed(f"{path} is empty.")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
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
