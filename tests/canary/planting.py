"""The sample school with a canary in place of everything that tells of a person."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.school import MESSAGES, PDFS, read_expectations
from tests.events.samples import Record, snake_case

# In every text that is planted, so that any piece of one is found, too.
MARK = "zqcanary"
BUCKET = "s3://school-pdfs/"
PEOPLE = ("students", "enrollments", "certificates")
CLIENT_ID, CLIENT_SECRET = f"{MARK}-client", f"{MARK}-secret+/=é"

MADE: dict[str, Callable[[int], Any]] = {
    "name": lambda n: f"Zqcanaryána{n} D'Zqcanaryávila",
    "social_name": lambda n: f"Zqcanarysó{n} Zqcanaryçal",
    "email": lambda n: f"Zqcanary.{n}+sis@Zqcanary.example",
    "date_of_birth": lambda n: f"1907-{n % 12 + 1:02}-{n + 1:02}",
    "gender": lambda n: f"Zqcanarygender{n}",
    "sis_id": lambda n: f"zqcanary.id{n}@sis.example",
    "grade": lambda n: round(n % 10 + 0.03 + n // 10 / 10, 2),
    "revocation_reason": lambda n: f"Nota de Zqcanaryána{n} corrigida",
    "pdf": lambda n: f"{BUCKET}certificates/zqcanary {n} José.pdf",
    "legal_name": lambda n: f"Zqcanary Fundação {n}",
    "tax_id": lambda n: f"zqcanary-{n}/0001-00",
    "message": lambda n: f"export/zqcanary.{n}@sis.example/José",
}


class Planted:
    """Sample messages and what is expected of them, with the same canary wherever the same value stood."""

    def __init__(self) -> None:
        self._instead: dict[str, Any] = {}
        self._numbers = dict.fromkeys(MADE, 0)
        said = [snake_case(json.loads(line)) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
        self.messages = [self._message(each) for each in said]
        self.expected = {self._instead[id_]: self._references(end) for id_, end in read_expectations().items()}

    @property
    def canaries(self) -> list[str]:
        """All that was planted, and the mark by which any piece of it is found."""
        return [MARK, *(str(each).removeprefix(BUCKET) for each in self._instead.values())]

    def write(self, folder: Path) -> Path:
        """As a file of messages."""
        path = folder / "school.jsonl"
        path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in self.messages), encoding="utf-8")
        return path

    def upload(self, s3: Any) -> None:
        """The sample PDFs under their canaries, each with one in its text."""
        for path in PDFS.rglob("*.pdf"):
            address = self._instead.get(BUCKET + path.relative_to(PDFS).as_posix())
            if address:
                body = path.read_bytes() + f"\n% {MARK} text of {path.name}\n".encode()
                s3.put_object(Bucket="school-pdfs", Key=address.removeprefix(BUCKET), Body=body)

    def _message(self, message: Record) -> Record:
        planted = {**message, "id": self._plant("message", message["id"])}
        for each in message.get("institutions", []):
            self._plant_all(each, "legal_name", "tax_id")
        for section in PEOPLE:
            for each in message.get(section, []):
                if section == "students":
                    each.setdefault("social_name", f"social {each['name']}")
                    each["email"] = self._email(each["email"])
                self._plant_all(each, *MADE)
        sections = {name: self._references(each) for name, each in planted.items() if name in (*PEOPLE, "institutions")}
        return planted | sections

    def _email(self, given: str) -> str:
        """In mixed case; in ids it stands in lower case."""
        made = str(self._plant("email", f"email {given}"))
        self._instead[given.lower()] = made.lower()
        return made

    def _plant_all(self, record: Record, *kinds: str) -> None:
        for kind in kinds:
            if kind in record and kind != "email":
                self._plant(kind, str(record[kind]))

    def _plant(self, kind: str, value: str) -> Any:
        if value not in self._instead:
            self._instead[value] = MADE[kind](self._numbers[kind])
            self._numbers[kind] += 1
        return self._instead[value]

    def _references(self, node: Any) -> Any:
        """With canaries in place of what was planted, in ids that are made of other ids, too."""
        if isinstance(node, dict):
            return {key: self._references(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._references(value) for value in node]
        if isinstance(node, bool | None):
            return node
        text = str(node)
        if text in self._instead:
            return self._instead[text]
        if isinstance(node, str) and not node.startswith(BUCKET):
            return "/".join(str(self._instead.get(part, part)) for part in node.split("/"))
        return node
