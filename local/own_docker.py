"""A Docker for `make sam-test`: the user's, or where there is none, one of our own, for root on Debian or Ubuntu.

Our own listens on a socket of its own and touches neither firewall nor forwarding. It begins with nothing, and nothing
of it is left at the end but the packages that were installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local import own_image
from local.places import LOCAL
from local.processes import Failed, run, running, tail
from local.sam_invoke import Docker, ask_docker, docker_of_user, gateway_of

FOLDER = LOCAL / "docker"
IMAGE = "dokstamp-sync/python"
# Newer Debians have the client in a package of its own.
PACKAGES = {"dockerd": "docker.io", "docker": "docker-cli", "busybox": "busybox-static", "ip": "iproute2"}
# Where Debian keeps some of them, and not every user's PATH leads.
FURTHER_PATH = f"{os.pathsep}/usr/sbin{os.pathsep}/sbin"
BRIDGE = Path("/sys/class/net/docker0")
WITHOUT_TRACES = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")
SECONDS_TO_START = 60


@contextmanager
def found_or_started(say: Callable[[str], None]) -> Iterator[Docker]:
    """The user's Docker if one answers, else our own for as long as the block lasts."""
    try:
        docker = docker_of_user()
    except Failed as failure:
        missing = failure
    else:
        say(f"Docker answers at {docker.host}")
        yield docker
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Failed(f"{missing}\nOnly as root on Debian or Ubuntu, make sam-test gets a Docker by itself.")
    os.environ["PATH"] += FURTHER_PATH
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    _install(say)
    say("Starting a Docker of our own")
    with _started() as host:
        say("Making the base image from this machine's Python")
        own_image.make(FOLDER / "root")
        _import(host, FOLDER / "root")
        yield Docker(host, gateway_of(host), IMAGE)


def _install(say: Callable[[str], None]) -> None:
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            say(f"Installing {package} (apt)")
            environment, log = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, FOLDER / "apt.log"
            run(("apt-get", "update", "-qq"), environment=environment, log=log, what="apt-get update")
            command = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)
            run(command, environment=environment, log=log, what=f"installing {package}")


@contextmanager
def _started() -> Iterator[str]:
    log, had_bridge = FOLDER / "dockerd.log", BRIDGE.exists()
    # Not below the project: a socket's path holds 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="docker-", ignore_cleanup_errors=True) as short:
        host = f"unix://{short}/docker.sock"
        command = ["dockerd", "--host", host, "--exec-root", f"{short}/run", "--pidfile", f"{short}/pid"]
        command += ["--data-root", str(FOLDER / "data"), *WITHOUT_TRACES]
        try:
            with running(command, environment=os.environ, log=log) as process:
                give_up = time.monotonic() + SECONDS_TO_START
                while not _answers(host):
                    if process.poll() is not None or time.monotonic() > give_up:
                        raise Failed(f"dockerd did not start:\n{tail(log)}")
                    time.sleep(0.25)
                yield host
        finally:
            # It leaves its network namespace mounted, and its bridge behind.
            subprocess.run(("umount", f"{short}/run/netns/default"), stderr=subprocess.DEVNULL, check=False)
            if BRIDGE.exists() and not had_bridge:
                subprocess.run(("ip", "link", "delete", BRIDGE.name), check=False)
            shutil.rmtree(FOLDER / "data", ignore_errors=True)


def _answers(host: str) -> bool:
    with suppress(Failed):
        ask_docker("info", host=host)
        return True
    return False


def _import(host: str, root: Path) -> None:
    changes = [part for setting in own_image.SETTINGS for part in ("--change", setting)]
    packing = ("tar", "-C", root, "--owner=0", "--group=0", "--numeric-owner", "-c", ".")
    with subprocess.Popen(packing, stdout=subprocess.PIPE) as archive:
        command = ("docker", "--host", host, "import", *changes, "-", IMAGE)
        subprocess.run(command, stdin=archive.stdout, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(root)
