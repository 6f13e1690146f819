"""`make sam-invoke`: what it tells the container, what it says where there is no Docker, and how it ends."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import invoke, own_docker, sam_invoke, stack_file
from local.door import opened
from local.emulator import HOST
from local.processes import Failed
from tests.sam.__main__ import is_as_wanted

OTHER_LOOPBACK = "127.0.0.2"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def said(monkeypatch: pytest.MonkeyPatch) -> str:
    """What `make sam-invoke STEP=course` says instead of invoking, while a stack runs."""
    monkeypatch.setattr(sys, "argv", ["sam_invoke", "course"])
    monkeypatch.setattr(stack_file, "read", SimpleNamespace)
    with pytest.raises(Failed) as failure:
        sam_invoke.main()
    return str(failure.value)


def test_without_docker_it_says_so_and_names_the_command_that_needs_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a machine without Docker
    monkeypatch.setenv("PATH", str(tmp_path))
    # When a function is to be invoked, Then it is said what is missing, and what works without it
    assert "There is no Docker here" in (text := said(monkeypatch))
    assert "make invoke STEP=course" in text


@pytest.mark.parametrize("code", [0, 1])
def test_where_docker_does_not_answer_it_says_what_docker_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    # Given a `docker` without a daemon; some versions end with 0 even then
    program(tmp_path, "docker", f"echo 'Cannot connect to the Docker daemon at x' >&2; exit {code}")
    monkeypatch.setenv("PATH", str(tmp_path))
    # When a function is to be invoked, Then Docker's own words come with it
    assert "Docker is installed but does not work: Cannot connect to the Docker daemon at x" in said(monkeypatch)


def test_a_user_s_docker_is_found_as_their_own_commands_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a Docker at an address of its own, which does not tell its gateway
    told = """case $1 in
      context) echo unix:///home/ana/docker.sock ;;
      network) echo '[{"Subnet": "172.20.0.0/16"}]' ;;
      image) test -z "$AWS_IMAGE" || echo "$AWS_IMAGE" ;;
    esac"""
    program(tmp_path, "docker", told)
    monkeypatch.setenv("PATH", str(tmp_path))
    # When it is looked for, Then address and gateway are known, and SAM is to pull AWS's image
    found = sam_invoke.docker_of_user()
    assert found == sam_invoke.Docker("unix:///home/ana/docker.sock", "172.20.0.1")
    # And not if it was pulled before
    monkeypatch.setenv("AWS_IMAGE", "registry.example/lambda/python:3.13-x86_64")
    assert sam_invoke.docker_of_user().image == "registry.example/lambda/python:3.13-x86_64"


def test_who_is_not_root_is_told_that_sam_test_can_get_no_docker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Failed, match="Only as root on Debian"), own_docker.found_or_started(print):
        pass


def test_a_container_is_told_the_deployed_variables_with_its_own_name_for_this_machine() -> None:
    # Given a deployed function's variables
    given = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "DOKSTAMP_BASE_URL": "http://localhost:8080/v1",
        "QUEUE_URL": "http://127.0.0.1:4566/000000000000/dokstamp-sync-course",
        "PDF_BUCKET": "school-pdfs",
    }
    # When they are written for a container
    told = sam_invoke.variables({"Environment": {"Variables": given}})
    # Then the two addresses name this machine as a container knows it, and the names of queues are left alone
    assert told == given | {
        "AWS_ENDPOINT_URL": "http://host.docker.internal:4566",
        "DOKSTAMP_BASE_URL": "http://host.docker.internal:8080/v1",
    }
    assert sam_invoke.from_within("https://api.dokstamp.com") == "https://api.dokstamp.com"


@pytest.mark.parametrize(
    ("written", "failed"),
    [
        ('{"batchItemFailures": []}\n', False),
        ("null\n", False),
        ('a line\n{"status": "failed", "run": "4f1d"}', False),
        ('{"errorMessage": "no module named x", "errorType": "ImportModuleError"}\n', True),
        # SAM ends the container when the function's time is up, and writes nothing.
        ("\n", True),
        ("", True),
        ("Killed", True),
    ],
)
def test_it_fails_when_the_function_fails(written: str, failed: bool) -> None:
    assert invoke.show(sam_invoke.answer_in(written)) == failed


@pytest.fixture
def sam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], object]:
    """Invokes the course function with a shell script in place of the SAM CLI; gives its answer."""
    configuration = {"Role": "arn:course", "Environment": {"Variables": {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}}}
    monkeypatch.setattr(invoke, "deployed", lambda _, function: configuration)
    monkeypatch.setattr(invoke, "lent", lambda _, role: {"AWS_SESSION_TOKEN": f"lent-by-{role}"})
    monkeypatch.setattr(sam_invoke, "OWN", tmp_path)
    monkeypatch.setattr(sam_invoke, "python_of", lambda _: tmp_path / "python")
    info = SimpleNamespace(endpoint_url="https://aws.example", dokstamp_base_url="", dokstamp_tenant="school.example")

    def run(script: str) -> object:
        program(tmp_path, "python", script)
        docker = sam_invoke.Docker("unix:///ana/docker.sock", "192.0.2.1")
        return sam_invoke.sam_invoke(info, docker, "course", Path("event.json"))  # type: ignore[arg-type]

    return run


def test_sam_gets_the_role_of_the_function_and_the_users_docker(sam: Callable[[str], Any], tmp_path: Path) -> None:
    # When a function is invoked
    answer = sam(
        'echo "{\\"token\\": \\"$AWS_SESSION_TOKEN\\", \\"docker\\": \\"$DOCKER_HOST\\", \\"args\\": \\"$*\\"}"'
    )
    # Then the SAM CLI runs with the function's own role, on the user's Docker
    assert (answer["token"], answer["docker"]) == ("lent-by-arn:course", "unix:///ana/docker.sock")
    # And knows the way back to this machine, and the variables of all functions
    assert "local invoke CourseFunction " in answer["args"]
    assert " --add-host host.docker.internal:host-gateway " in answer["args"]
    told = json.loads((tmp_path / "variables.json").read_text())
    assert len(told) == len(invoke.FUNCTIONS)
    assert told["CourseFunction"] == {"AWS_ENDPOINT_URL": "http://host.docker.internal:9"}


def test_a_sam_that_fails_is_a_failure(sam: Callable[[str], object]) -> None:
    with pytest.raises(Failed, match="exit code 3"):
        sam("exit 3")


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server on loopback that answers in capitals when it has heard all."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            # Nobody calls in some tests; then it ends with them.
            with suppress(OSError):
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as heard:
                    connection.sendall(heard.read().upper())

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_what_comes_to_the_gateway_is_handed_on_to_loopback(echo: int) -> None:
    # Given something that listens on loopback only, and a door on another address
    with (
        opened(OTHER_LOOPBACK, [echo]),
        socket.create_connection((OTHER_LOOPBACK, echo), 5) as caller,
        caller.makefile("rb") as answered,
    ):
        # When more is sent there than fits into one packet
        caller.sendall(b"a" * 200_000)
        caller.shutdown(socket.SHUT_WR)
        # Then it arrives, and the answer comes back
        assert answered.read() == b"A" * 200_000
    # And nobody listens there any more
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((OTHER_LOOPBACK, echo), 5)


def test_a_gateway_that_is_not_on_this_machine_needs_no_door() -> None:
    # Given the gateway of a Docker in a machine of its own, When the door is to open, Then nothing has to be done
    with opened("192.0.2.1", [8080]):
        pass


def test_a_taken_port_is_told(echo: int) -> None:
    with pytest.raises(Failed, match="Nothing can listen on"), opened(HOST, [echo]):
        pass


DONE = {"message": "message done", "counts": {"created": 1}}


@pytest.mark.parametrize(
    ("name", "answer", "line", "good"),
    [
        ("course", {"batchItemFailures": []}, DONE, True),
        ("course", {"batchItemFailures": [{"itemIdentifier": "x"}]}, DONE, False),
        ("course", {"batchItemFailures": []}, DONE | {"counts": {"unchanged": 1}}, False),
        ("course", {"errorMessage": "x"}, DONE, False),
        ("student", {"batchItemFailures": []}, DONE, False),
        ("intake", {"batchItemFailures": []}, {"message": "run started"}, True),
        ("intake", {"batchItemFailures": []}, {"message": "the message was taken before"}, False),
        ("results", {"status": "failed"}, {"message": "run ended", "counts": {}}, True),
    ],
)
def test_sam_test_wants_every_record_created(name: str, answer: object, line: dict[str, object], good: bool) -> None:
    assert is_as_wanted(name, answer, [line]) is good
    assert not is_as_wanted(name, answer, [])
