"""What is built starts faster: compiled for the runtime, without what no function reads.

Lambda cannot keep what it compiles, so it would compile every module anew at each cold start.
"""

from __future__ import annotations

import compileall
import shutil
from pathlib import Path
from py_compile import PycInvalidationMode

from local.processes import Failed

# Where Lambda puts them. Else the place of each module would be corrected when it is loaded.
PLACES = {"*Layer": "/opt", "*Function": "/var/task"}
# Stubs and markers for type checkers, licences and lists of files. METADATA stays: packages ask for their version.
NEEDLESS = ("*.pyi", "py.typed", "RECORD", "licenses", "sboms", "tests", "test_*.py")


def finish(built: Path) -> None:
    """Finishes what `sam build` has left in this folder. It has to be for the Python that runs this."""
    for pattern, place in PLACES.items():
        for folder in built.glob(pattern):
            for needless in (each for name in NEEDLESS for each in folder.rglob(name)):
                shutil.rmtree(needless) if needless.is_dir() else needless.unlink()
            # Unchecked: a file that Lambda unpacks is not changed, and its time says nothing.
            compiled = compileall.compile_dir(
                folder,
                quiet=2,
                workers=0,
                stripdir=str(folder),
                prependdir=place,
                invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            )
            if not compiled:
                raise Failed(f"A module in {folder} cannot be compiled by this Python.")
