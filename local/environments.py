"""Makes the virtual environments below .local/env: `python3 -m local.environments [dev] [sam] ...` (all of them).

Standard library only, for it runs before anything is installed. Several environments, because the SAM CLI, the
emulator and the scanners pin different versions of botocore, and because the emulator shows its own packages to every
function: a minimal one keeps an import that no layer declares from passing here and failing on AWS. The fuzzer's wheels
are large, and there are none for some machines.

An environment is made again only when its requirements or the Python below it change.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from local.locks import hold
from local.places import ENVIRONMENTS, ROOT

SUPPORTED = ((3, 11), (3, 12), (3, 13))
# Where the output is no terminal, and a line can't be written over.
SECONDS_BETWEEN_LINES = 15
REQUIREMENTS = {
    "dev": "requirements-dev.txt",
    "sam": "local/requirements-sam.txt",
    "emulator": "local/requirements-emulator.txt",
    "scan": "local/requirements-scan.txt",
    "fuzz": "local/requirements-fuzz.txt",
    "mutants": "local/requirements-mutants.txt",
}


class Installation(threading.Thread):
    """Makes one environment, and tells how far it is."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.requirements = ROOT / REQUIREMENTS[name]
        # Clones may share one folder of environments by a link.
        self.folder = ENVIRONMENTS.resolve() / name
        self.log = ENVIRONMENTS / f"{name}.log"
        self.total = sum("==" in line for line in self.requirements.read_text().splitlines())
        self.collected = 0
        self.is_unpacking = False
        self.problem = ""
        self.process: subprocess.Popen[str] | None = None

    @property
    def stamp(self) -> str:
        made_of = (self.requirements.read_text(), sys.version, sys.base_prefix, platform.machine(), str(self.folder))
        return hashlib.sha256("\0".join(made_of).encode()).hexdigest()

    @property
    def stamp_file(self) -> Path:
        return self.folder / "made-of.sha256"

    def is_current(self) -> bool:
        return self.stamp_file.exists() and self.stamp_file.read_text() == self.stamp

    def run(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with self.log.open("w") as log:
            python = str(self.folder / "bin" / "python")
            # --no-deps: the file names every package already. --no-compile: most modules are never imported.
            install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]
            install += ["--no-compile", "--progress-bar", "off", "--require-hashes", "-r", str(self.requirements)]
            for command in ([sys.executable, "-m", "venv", str(self.folder)], install):
                self.process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
                )
                for line in self.process.stdout or ():
                    log.write(line)
                    self.collected += line.startswith(("Collecting ", "Processing "))
                    self.is_unpacking |= line.startswith("Installing collected")
                if self.process.wait() != 0:
                    self.problem = f"{' '.join(command[:4])} ... ended with {self.process.returncode}"
                    return
        self.stamp_file.write_text(self.stamp)

    def progress(self) -> str:
        if not self.is_alive():
            return f"{self.name} {'failed' if self.problem else 'ready'}"
        if self.is_unpacking:
            return f"{self.name} unpacking"
        return f"{self.name} {self.collected}/{self.total}"


def main(names: list[str]) -> int:
    if sys.version_info[:2] not in SUPPORTED:
        print(
            f"{sys.executable} is Python {platform.python_version()}; this project runs on 3.11, 3.12 and 3.13.\n"
            "Say which one to use, for example: make PYTHON=python3.12 run",
            file=sys.stderr,
        )
        return 1
    with hold(ENVIRONMENTS / "lock", wait=True):
        missing = [work for work in map(Installation, names or REQUIREMENTS) if not work.is_current()]
        if missing:
            install(missing)
    for work in missing:
        if work.problem:
            print(f"\nThe environment {work.name} could not be made: {work.problem}\n", file=sys.stderr)
            print("".join(work.log.read_text().splitlines(keepends=True)[-15:]), file=sys.stderr)
            print(f"All of pip's output: {os.path.relpath(work.log)}", file=sys.stderr)
    return int(any(work.problem for work in missing))


def install(missing: list[Installation]) -> None:
    """Runs the installations side by side and shows how far they are."""
    began = said = time.monotonic()
    on_screen = sys.stdout.isatty()
    print(f"Installing into {os.path.relpath(ENVIRONMENTS)} (once; a minute or two)", flush=True)
    for work in missing:
        work.start()
    try:
        while any(work.is_alive() for work in missing):
            time.sleep(0.2)
            if not on_screen and time.monotonic() < said + SECONDS_BETWEEN_LINES:
                continue
            said = time.monotonic()
            line = "   ".join(work.progress() for work in missing)
            print(f"\r  {line:<70}" if on_screen else f"  {line}", end="" if on_screen else "\n", flush=True)
    finally:
        for work in missing:
            if work.process and work.process.poll() is None:
                work.process.terminate()
    print(f"{chr(10) if on_screen else ''}  installed in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
