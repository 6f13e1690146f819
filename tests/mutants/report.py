"""What became of the mutants, as a table for the screen and as a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table

from tests.mutants.equivalent import Equivalent
from tests.mutants.mutant import LAYER, Mutant
from tests.mutants.trying import Tried, Verdict

COLUMNS = ("mutants", "killed", "timeout", "survived", "equivalent", "share")
LEAST_PER_CENT = 95.0
HOW_TO_GO_ON = (
    "Each survivor stands there as a diff. Write a test that fails with it; or, if no test can notice it, list it "
    "in tests/mutants/equivalent.py with the reason."
)


@dataclass(frozen=True, slots=True)
class Report:
    """``spared``: the mutants that are known to be equivalent."""

    tried: Sequence[Tried]
    spared: Sequence[tuple[Mutant, Equivalent]]
    seconds: float

    @property
    def per_cent(self) -> float:
        """So many of the mutants that can be noticed were."""
        return _per_cent(Counter(tried.verdict for tried in self.tried))

    @property
    def survivors(self) -> list[Tried]:
        """Nobody noticed them."""
        return [tried for tried in self.tried if tried.verdict is Verdict.SURVIVED]

    def table(self) -> Table:
        """A row for each module."""
        table = Table(title="Mutants", title_justify="left")
        table.add_column("module", no_wrap=True)
        for column in COLUMNS:
            table.add_column(column, justify="right")
        for row in self._rows():
            table.add_row(*row)
        return table

    def lines(self, made_by: str) -> Iterator[str]:
        """The report, in Markdown."""
        yield "# Mutants"
        yield ""
        yield f"{self.told()} Made by `{made_by}`."
        yield ""
        yield "The share is what was killed, or took too long, of those that are not equivalent."
        yield ""
        yield f"| {' | '.join(('module', *COLUMNS))} |"
        yield f"|---{'|--:' * len(COLUMNS)}|"
        for row in self._rows():
            yield f"| {' | '.join(row)} |"
        yield from _section("Survivors", [_survivor(tried) for tried in self.survivors])
        yield from _section("Equivalent", [_equivalent(*spared) for spared in self.spared])

    def told(self) -> str:
        """In one sentence."""
        each = sum(tried.seconds for tried in self.tried) / max(1, len(self.tried))
        return (
            f"{self.per_cent:.1f} % of {len(self.tried)} mutants were killed, {len(self.spared)} more are equivalent; "
            f"{self.seconds / 60:.0f} min, {each:.1f} s for each mutant."
        )

    def _rows(self) -> Iterator[tuple[str, ...]]:
        paths = dict.fromkeys(
            [tried.mutant.source.path for tried in self.tried] + [mutant.source.path for mutant, _ in self.spared]
        )
        for path in paths:
            yield path.removeprefix(f"{LAYER}dokstamp_sync/"), *self._counts({path})
        yield "all", *self._counts(set(paths))

    def _counts(self, paths: set[str]) -> Iterator[str]:
        verdicts = Counter(tried.verdict for tried in self.tried if tried.mutant.source.path in paths)
        spared = sum(mutant.source.path in paths for mutant, _ in self.spared)
        yield str(verdicts.total() + spared)
        for verdict in (Verdict.KILLED, Verdict.TIMEOUT, Verdict.SURVIVED):
            yield str(verdicts[verdict])
        yield str(spared)
        yield f"{_per_cent(verdicts):.1f} %"


def _per_cent(verdicts: Counter[Verdict]) -> float:
    return 100 * (1 - verdicts[Verdict.SURVIVED] / verdicts.total()) if verdicts else 100.0


def _section(title: str, parts: Sequence[str]) -> Iterator[str]:
    if parts:
        yield ""
        yield f"## {title}"
        yield from parts


def _survivor(tried: Tried) -> str:
    about = f"{_named(tried.mutant)}, tried with {tried.by}"
    return f"\n{about}\n\n```diff\n{tried.mutant.diff()}```"


def _equivalent(mutant: Mutant, equivalent: Equivalent) -> str:
    return f"\n{_named(mutant)}: {equivalent.why}\n\n```diff\n{mutant.diff()}```"


def _named(mutant: Mutant) -> str:
    return f"`{mutant.source.path}:{mutant.line}` in `{mutant.where or 'the module'}`: {mutant.operator}"
