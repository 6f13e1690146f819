"""`make pins`: compiles every requirements.in into its requirements.txt, pinned with hashes, for Python 3.11 to 3.13.

Standard library only; needs uv on the PATH. `make pins UPGRADE=1` takes the newest versions, else what is pinned stays.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from local.environments import REQUIREMENTS
from local.places import ROOT

FILES = (*REQUIREMENTS.values(), "layers/dependencies/requirements.txt")
# The files name no index: everybody installs from the one that they have set up.
OPTIONS = "--universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links"


def main() -> int:
    if not shutil.which("uv"):
        print("`make pins` needs uv: python3 -m pip install uv", file=sys.stderr)
        return 1
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    for file in FILES:
        source = file.removesuffix(".txt") + ".in"
        command = ["uv", "pip", "compile", "--quiet", *OPTIONS.split(), *upgrade, source, "--output-file", file]
        subprocess.run(command, cwd=ROOT, check=True)
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
