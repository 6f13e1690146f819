"""The second engine: bytes, guided by what of our code they reach (atheris); where there is no atheris, blindly.

It begins with the sample school, the sample events and what is hostile on purpose.
"""

import importlib
import sys
from pathlib import Path
from random import Random
from typing import Any

MOST_BYTES = 300_000
WITHOUT = (
    "atheris is not installed: it has wheels for Linux on x86_64 with Python 3.11 to 3.13 alone. "
    "NOT RUN: the search that is guided by coverage. Instead, bytes are changed blindly, from a seed."
)


def guide() -> Any:
    """atheris, or None where it is not installed."""
    try:
        return importlib.import_module("atheris")
    except ImportError:
        return None


def main(folder: Path, seconds: int, seed: int) -> None:
    """Searches for so long."""
    atheris = guide()
    if atheris is None:
        _blindly(folder, seconds, seed)
        return
    with atheris.instrument_imports(include=["dokstamp_sync"]):
        from tests.fuzz.hunt import Hunt
        from tests.fuzz.lines import caught
    from tests.fuzz.mutations import mutate, text
    from tests.fuzz.seeds import everything

    seeds = everything()
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(body)

    def change(data: bytes, most: int, number: int) -> bytes:
        random = Random(number)
        return mutate(data, random, seeds)[:most] if random.random() < 0.5 else atheris.Mutate(data, most)

    options = [f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", f"-seed={seed}", f"-artifact_prefix={folder}/"]
    with caught() as lines:
        hunt = Hunt("bytes", lines, folder)
        options += ["-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1"]
        atheris.Setup(["fuzz", *options, str(corpus)], lambda data: hunt.judge(text(data)), custom_mutator=change)
        atheris.Fuzz()


def _blindly(folder: Path, seconds: int, seed: int) -> None:
    from tests.fuzz.hunt import Hunt
    from tests.fuzz.lines import caught
    from tests.fuzz.mutations import mutate, text
    from tests.fuzz.seeds import everything

    seeds, random = everything(), Random(seed)
    with caught() as lines:
        hunt = Hunt("bytes", lines, folder)
        while hunt.goes_on(seconds):
            body = random.choice(seeds)
            for _ in range(random.randint(1, 5)):
                body = mutate(body, random, seeds)[:MOST_BYTES]
                hunt.judge(text(body))
        hunt.note()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
