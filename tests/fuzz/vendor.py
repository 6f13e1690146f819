"""A DokStamp that takes everything, and PDFs that are there: what is fuzzed is what the SIS says."""

import io
import itertools
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any

from dokstamp_sync.dokstamp.answers import Entity
from dokstamp_sync.steps.work import Pdf


class Willing:
    """See work.Api."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._made: dict[str, Entity] = {}

    def _make(self, path: str, **more: Any) -> Entity:
        made = {"uuid": f"00000000-0000-4000-8000-{next(self._numbers):012}", "path": path, **more}
        self._made[made["uuid"]] = made
        return made

    def pages(self, path: str, where: Mapping[str, str] | None = None) -> Iterator[Entity]:
        return iter(list(self._made.values()) if path.endswith("/attach/modules") else [])

    def get(self, path: str) -> Entity:
        return {"uuid": path.rpartition("/")[2], "institution": self._make("/institutions")}

    def create(self, path: str, body: Mapping[str, Any]) -> Entity:
        return self._make(path, status="issued")

    def change(self, path: str, body: Mapping[str, Any]) -> None:
        """Taken."""

    def attach(self, path: str, body: Mapping[str, Any]) -> None:
        """Taken."""

    def detach(self, path: str, body: Mapping[str, Any]) -> None:
        """Taken."""

    def revoke(self, path: str, body: Mapping[str, Any]) -> Entity:
        return self._make(path, status="revoked")

    def upload(self, name: str, pdf: IO[bytes]) -> Entity:
        return self._make("/files")


class AnyPdf:
    """See work.OpensPdfs."""

    def open(self, address: str, version: str = "") -> AbstractContextManager[Pdf]:
        return nullcontext(Pdf("a.pdf", version, "0" * 64, io.BytesIO(b"%PDF-")))
