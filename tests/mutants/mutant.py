"""A mutant: a module of the project with one small change."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYER = "layers/dokstamp_sync/"


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from ``start`` to ``end`` of the source become ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Source:
    """A file of the project; ``path`` is relative to the project's folder."""

    path: str
    text: str

    @classmethod
    def read(cls, path: str) -> Source:
        """The file as it is now."""
        return cls(path, (ROOT / path).read_text(encoding="utf-8"))

    @property
    def module(self) -> str:
        """The name under which the tests import it."""
        return self.path.removeprefix(LAYER).removesuffix(".py").replace("/", ".")

    @cached_property
    def code(self) -> bytes:
        """What the positions of an edit count in."""
        return self.text.encode()


@dataclass(frozen=True, slots=True)
class Mutant:
    """``lines``: the first and the last line that a test must run to notice it; None: any line of the module.

    ``where``: the function or class around it. ``imports``: a line that the change needs at the end of the module.
    """

    source: Source
    operator: str
    where: str
    line: int
    lines: tuple[int, int] | None
    edits: tuple[Edit, ...]
    imports: str = ""

    def text(self) -> str:
        """The whole module with the change made."""
        code = self.source.code
        for edit in sorted(self.edits, key=lambda each: each.start, reverse=True):
            code = code[: edit.start] + edit.new.encode() + code[edit.end :]
        return code.decode() + self.imports

    def diff(self) -> str:
        """The change as a unified diff."""
        path = self.source.path
        lines = difflib.unified_diff(
            self.source.text.splitlines(keepends=True), self._lines(), f"a/{path}", f"b/{path}", n=2
        )
        return "".join(lines)

    def change(self) -> tuple[str, str]:
        """The source lines that change, and what becomes of them, each without its indentation."""
        old, new = self.source.text.splitlines(keepends=True), self._lines()
        parts = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        changed = [part for part in parts if part[0] != "equal"]
        before = [line.strip() for _, first, last, _, _ in changed for line in old[first:last]]
        after = [line.strip() for _, _, _, first, last in changed for line in new[first:last]]
        return "\n".join(before), "\n".join(after)

    def _lines(self) -> list[str]:
        return self.text().removesuffix(self.imports).splitlines(keepends=True)
