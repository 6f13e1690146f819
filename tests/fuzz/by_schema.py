"""The first engine: hypothesis makes messages from the models' JSON schema (see strategies.py)."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.hunt import Hunt
from tests.fuzz.lines import caught
from tests.fuzz.strategies import BODIES

EXAMPLES_AT_ONCE = 500


def main(folder: Path, seconds: int) -> None:
    """Searches for so long."""
    with caught() as lines:
        hunt = Hunt("schema", lines, folder)

        # What is found is kept, and does not end the search; so nothing is shrunk.
        @settings(
            max_examples=EXAMPLES_AT_ONCE,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(BODIES)
        def search(body: str) -> None:
            if hunt.goes_on(seconds):
                hunt.judge(body)

        while hunt.goes_on(seconds):
            search()
        hunt.note()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
