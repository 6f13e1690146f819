"""`make sam-invoke STEP=course [EVENT=path]`: one function in a container, by `sam local invoke`, against `make up`.

The SAM CLI knows neither the names that the resources got nor where the stack is, and a container does not reach this
machine's loopback. So it is told the deployed functions' variables, and the two ports are handed on. It runs with the
function's own role.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from local import door, invoke, stack_file
from local.aws import command_environment
from local.command import carry_out
from local.parameters import LOCAL_VALUES, pascal
from local.places import BUILD, LOCAL, SAM_CONFIG, python_of
from local.processes import Failed
from local.stack_file import StackFile

# This machine, as a container calls it.
HERE = "host.docker.internal"
LOOPBACK = ("127.0.0.1", "localhost")
# A queue's address is its name, and not where it is asked for.
ADDRESSES = ("AWS_ENDPOINT_URL", "DOKSTAMP_BASE_URL")
OWN = LOCAL / "sam-invoke"
SECONDS_TO_END = 10


@dataclass(frozen=True)
class Docker:
    """A Docker that answers: its address, its containers' gateway, and a base image, if none has to be pulled."""

    host: str
    gateway: str
    image: str = ""


def ask_docker(*arguments: str, host: str = "") -> str:
    """What the `docker` command answers. Raises Failed, in words of what is missing."""
    program = shutil.which("docker")
    if program is None:
        raise Failed("There is no Docker here (no `docker` on the PATH). Install it: https://docs.docker.com/engine")
    to = ("--host", host) if host else ()
    done = subprocess.run((program, *to, *arguments), capture_output=True, text=True, check=False)
    # Some versions of `docker info` answer 0 where no daemon does.
    if done.returncode != 0 or "Cannot connect" in done.stderr:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["it says nothing"]
        raise Failed(f"Docker is installed but does not work: {said[0]}")
    return done.stdout.strip()


def docker_of_user() -> Docker:
    """The Docker that the user's own commands reach. Raises Failed if there is none."""
    ask_docker("info")
    image = f"*/lambda/{LOCAL_VALUES['Runtime'].replace('python', 'python:')}-{LOCAL_VALUES['Architecture']}"
    # If AWS's image is here already, SAM would still ask the registry for it at every invocation.
    found = ask_docker("image", "ls", "--filter", f"reference={image}", "--format", "{{.Repository}}:{{.Tag}}")
    host = ask_docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    return Docker(host, gateway_of(), found.partition("\n")[0])


def gateway_of(host: str = "") -> str:
    """The address of this machine on the containers' network."""
    told = ask_docker("network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}", host=host)
    first = json.loads(told)[0]
    # Some versions do not tell it unless somebody chose it: then it is the network's first address.
    return str(first.get("Gateway") or next(ip_network(first["Subnet"]).hosts()))


def from_within(address: str) -> str:
    """An address of this machine as a container has to write it; any other as it is."""
    host = urlsplit(address).hostname or ""
    return address.replace(f"//{host}", f"//{HERE}", 1) if host in LOOPBACK else address


def variables(configuration: Mapping[str, Any]) -> dict[str, str]:
    """A deployed function's variables, as they have to be in a container."""
    given = configuration["Environment"]["Variables"]
    return {name: from_within(value) if name in ADDRESSES else value for name, value in given.items()}


def _command(info: StackFile, docker: Docker, function: str, event: Path) -> Sequence[str | Path]:
    values = {
        "Runtime": LOCAL_VALUES["Runtime"],
        "Architecture": LOCAL_VALUES["Architecture"],
        # Without it, the template gives the functions no variable for the address.
        "AwsEndpointUrl": from_within(info.endpoint_url),
        "DokStampTenant": info.dokstamp_tenant,
    }
    command: list[str | Path] = [python_of("sam"), "-m", "samcli", "local", "invoke", f"{pascal(function)}Function"]
    command += ["--template-file", BUILD / "template.yaml", "--config-file", SAM_CONFIG, "--event", event]
    command += ["--env-vars", OWN / "variables.json", "--layer-cache-basedir", OWN / "layers"]
    command += ["--add-host", f"{HERE}:host-gateway"]
    if docker.image:
        command += ["--invoke-image", docker.image, "--skip-pull-image"]
    return [*command, "--parameter-overrides", *(f"{name}={value}" for name, value in values.items())]


def answer_in(written: str) -> Any:
    """The function's answer: the last line. SAM ends with 0 whatever it is, and also if there is none."""
    try:
        return json.loads(written.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return {"errorMessage": "The function gave no answer. Its time may have been up: see the lines above."}


def sam_invoke(info: StackFile, docker: Docker, function: str, event: Path, log: IO[str] | None = None) -> Any:
    """What the function answers in its container. Its log goes to `log`, or to the screen."""
    OWN.mkdir(parents=True, exist_ok=True)
    found = {name: invoke.deployed(info, name) for name in invoke.FUNCTIONS}
    told = {f"{pascal(name)}Function": variables(configuration) for name, configuration in found.items()}
    (OWN / "variables.json").write_text(json.dumps(told, indent=2) + "\n")
    environment = command_environment(info.endpoint_url, OWN, python_of("sam"))
    environment |= invoke.lent(info, found[function]["Role"]) | {"DOCKER_HOST": docker.host}
    addresses = [urlsplit(address) for address in (info.endpoint_url, info.dokstamp_base_url)]
    ports = {address.port for address in addresses if address.hostname in LOOPBACK and address.port}
    command = _command(info, docker, function, event)
    with (
        door.opened(docker.gateway, ports),
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as sam,
    ):
        try:
            written, _ = sam.communicate()
        except BaseException:
            # It takes its container away first.
            sam.terminate()
            sam.wait(SECONDS_TO_END)
            raise
    if sam.returncode != 0:
        raise Failed(f"sam local invoke failed (exit code {sam.returncode}); it says above why.")
    return answer_in(written)


def main() -> int:
    function, event = invoke.chosen("sam-invoke", __doc__)
    info = stack_file.read()
    try:
        docker = docker_of_user()
    except Failed as failure:
        raise Failed(f"{failure}\nWithout Docker: make invoke STEP={function}") from None
    return invoke.show(sam_invoke(info, docker, function, event))


if __name__ == "__main__":
    carry_out(main)
