"""A mistake that can be built into the product, as changes of its text."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LAYER = "layers/dokstamp_sync/dokstamp_sync/"
FUNCTIONS = "functions/"


class Outdated(Exception):
    """The source no longer holds what the bug replaces."""


@dataclass(frozen=True, slots=True)
class Edit:
    """``file``: its path in the project. ``old`` must be there exactly once."""

    file: str
    old: str
    new: str

    def of(self, text: str) -> str:
        """The text with the edit made."""
        if text.count(self.old) != 1:
            raise Outdated(f"{self.file} has this {text.count(self.old)} times instead of once:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Bug:
    """``says``: what is left out, in one clause. ``check``: where the model does not come, the one that does."""

    key: str
    says: str
    edits: tuple[Edit, ...]
    check: Literal["", "edge", "limits"] = ""

    def plant(self, root: Path) -> None:
        """Builds the bug into the project at ``root``."""
        for file, text in self._edited(root).items():
            (root / file).write_text(text, encoding="utf-8")

    def patch(self, root: Path) -> str:
        """The same as a unified diff."""
        return "".join(line for file, text in self._edited(root).items() for line in _diff(root, file, text))

    def _edited(self, root: Path) -> dict[str, str]:
        texts: dict[str, str] = {}
        for edit in self.edits:
            before = texts.get(edit.file) or (root / edit.file).read_text(encoding="utf-8")
            texts[edit.file] = edit.of(before)
        return texts


def in_layer(file: str, old: str, new: str) -> Edit:
    """A change below the layer's package."""
    return Edit(f"{LAYER}{file}", old, new)


def in_step(folder: str, old: str, new: str) -> Edit:
    """A change of a step's function."""
    return Edit(f"{FUNCTIONS}{folder}/app.py", old, new)


def _diff(root: Path, file: str, text: str) -> Iterator[str]:
    before = (root / file).read_text(encoding="utf-8").splitlines(keepends=True)
    return difflib.unified_diff(before, text.splitlines(keepends=True), f"a/{file}", f"b/{file}")
