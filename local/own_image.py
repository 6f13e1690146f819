"""The base image that `sam local invoke` builds upon, made from this machine: no registry of images is asked.

It has this machine's Python (the one that the functions were built for), what AWS's own image has beside it (boto3 and
the runtime's client, as `requirements-dev.txt` pins them), and a shell. Directories are as on AWS.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
FOLDERS = "tmp proc sys dev root opt usr/bin var/task var/rapid var/lang/bin"
LEFT_OUT = ("site-packages", "dist-packages", "test", "idlelib", "ensurepip", "lib2to3", "config-*", "__pycache__")
# The packages of the layers name parts of the C library that the interpreter itself does not.
OF_LIBC = (
    "librt.so.1 libpthread.so.0 libdl.so.2 libm.so.6 libutil.so.1 libresolv.so.2 libnss_files.so.2 libnss_dns.so.2"
)
SETTINGS = (
    "WORKDIR /var/task",
    "ENV PATH=/var/lang/bin:/usr/bin:/bin LD_LIBRARY_PATH=/var/lang/lib LANG=C.UTF-8 "
    "LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime",
)
BOOTSTRAP = f"""#!/bin/sh
export PYTHONPATH=/var/task:/opt/python/lib/{VERSION}/site-packages:/opt/python:/var/runtime
cd /var/task && exec /var/lang/bin/{VERSION} -m awslambdaric "$_HANDLER"
"""


def make(root: Path) -> None:
    """Lays out below `root` what the containers see as `/`."""
    for folder in FOLDERS.split():
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    _add_shell(root)
    python = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    _copy(python, root / "var/lang/bin" / VERSION)
    ignore = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(sysconfig.get_path("stdlib"), root / "var/lang/lib" / VERSION, ignore=ignore)
    _add_packages(root / "var/runtime", "awslambdaric", "boto3")
    _add_libraries(root, python)
    bootstrap = root / "var/runtime/bootstrap"
    bootstrap.write_text(BOOTSTRAP)
    bootstrap.chmod(0o755)
    # Every invocation has a new container: without this, each would compile all that it imports.
    compiling = (sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    subprocess.run((*compiling, "-s", root, "-p", "/", root / "var"), check=False, stdout=subprocess.DEVNULL)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _add_shell(root: Path) -> None:
    busybox = root / "bin/busybox"
    _copy(Path(shutil.which("busybox") or "/bin/busybox"), busybox)
    for applet in subprocess.check_output((busybox, "--list"), text=True).split():
        if not (root / "bin" / applet).exists():
            (root / "bin" / applet).symlink_to("busybox")
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n")


def _add_packages(target: Path, *names: str) -> None:
    """Copies installed packages and all that they need."""
    wanted, done = [*names], set[str]()
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        package = distribution(name)
        needed = [each for each in package.requires or () if "extra ==" not in each]
        wanted += [re.split(r"[^\w.-]", each, maxsplit=1)[0].lower() for each in needed]
        for file in package.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                _copy(Path(str(package.locate_file(file))), target / file)


def _linked(files: Iterable[Path]) -> set[Path]:
    """The shared libraries that any of these is linked with."""
    told = subprocess.run(("ldd", *files), capture_output=True, text=True, check=False).stdout
    return {Path(each) for each in re.findall(r"(/[^ :\n]+\.so[^ :\n]*) \(", told)}


def _add_libraries(root: Path, python: Path) -> None:
    """Copies them to the same path as here."""
    own = [path for path in (root / "var").rglob("*.so*") if path.is_file()]
    libraries = {path for path in _linked([*own, python]) if not path.is_relative_to(root)}
    libc = next(path for path in libraries if path.name == "libc.so.6")
    libraries |= {path for name in OF_LIBC.split() if (path := libc.with_name(name)).exists()}
    for library in libraries:
        _copy(library, root / library.relative_to("/"))
        # Also where the interpreter looks, now that it is elsewhere.
        if library.name.startswith("libpython"):
            _copy(library, root / "var/lang/lib" / library.name)
