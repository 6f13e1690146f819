"""`python -m local.sandbox`, the context manager, and calls at the same time."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from local.sandbox import Account, Fault, Sandbox, running_sandbox
from tests.sandbox.caller import Caller

ROOT = Path(__file__).parents[2]


@contextmanager
def program(ready: Path, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The program, once its ready file is there."""
    command = [sys.executable, "-m", "local.sandbox", "--ready-file", str(ready), *options]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, text=True, stderr=subprocess.PIPE)
    try:
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_where_it_listens_and_stops_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    # Given
    ready = tmp_path / "ready.json"
    options = ("--generation", "g1", "--switch", "max_per_page=3", "--tenant", "school", "--password", "s3cret")
    with program(ready, *options, SANDBOX_EMAIL="sis@school.example") as process:
        # When
        announced = json.loads(ready.read_text())
        with httpx.Client(base_url=announced["url"]) as client:
            switches = client.get("/_sandbox/switches").json()
            token = client.post("/auth/login", json={"email": "sis@school.example", "password": "s3cret"}).json()
            me = client.get("/auth/me", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
            process.send_signal(stop)
            _, complaints = process.communicate(timeout=5)
    # Then
    assert announced["pid"] == process.pid
    assert announced["url"].startswith("http://127.0.0.1:")
    assert (switches["generation"], switches["max_per_page"]) == ("g1", 3)
    assert me["data"]["tenant"]["domain"] == "school"
    assert (process.returncode, complaints) == (0, "")
    assert not ready.exists()


@pytest.mark.parametrize(
    "options", [("--host", "0.0.0.0"), ("--switch", "nonsense=1"), ("--switch", "put"), ("--generation", "g3")]
)
def test_a_wrong_option_is_told_and_ends_the_program(options: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "local.sandbox", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    assert ended.returncode == 2
    assert "error:" in ended.stderr


def test_a_sandbox_of_one_s_own_starts_with_its_switches_and_returns_to_them() -> None:
    # Given
    account = Account(tenant="school", client_id="id", client_secret="secret")
    with running_sandbox(account, generation="g2", max_per_page=5) as sandbox, Caller(sandbox, account) as caller:
        # When
        sandbox.switch(max_per_page=2)
        sandbox.reset()
        # Then
        assert caller.get("/courses").json()["meta"]["per_page"] == 5
        url = sandbox.url
    # And it is gone after the block
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_switch_that_does_not_exist_stops_a_sandbox_from_starting() -> None:
    with pytest.raises(ValidationError), running_sandbox(nonsense=1):
        pass


def test_a_sandbox_stops_in_silence_while_a_call_still_waits(capfd: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor() as pool:
        # Given
        with running_sandbox() as sandbox:
            sandbox.add_faults(Fault(kind="delay", seconds=60))
            pool.submit(httpx.get, f"{sandbox.url}/courses", timeout=30)
            while not sandbox.calls:
                time.sleep(0.01)
            # When
            start = time.monotonic()
        # Then
        assert time.monotonic() - start < 5
    assert capfd.readouterr() == ("", "")


def test_one_of_many_simultaneous_creations_wins_a_unique_value(sandbox: Sandbox, api: Caller) -> None:
    # Given
    body = {"name": "Ana", "email": "ana@x.example", "date_of_birth": "2000-01-31"}
    # When
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.post("/students", body).status_code, range(48)))
    # Then
    assert sorted(answers) == [201] + [422] * 47
    assert len(sandbox.state["students"]["live"]) == 1
    assert [call.n for call in sandbox.calls] == list(range(1, 49))


def test_one_of_many_simultaneous_certificates_gets_the_file(sandbox: Sandbox, api: Caller) -> None:
    body = api.certificate_body(finish=True)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.post("/certificates", body).status_code, range(32)))
    assert sorted(answers) == [201] + [422] * 31
    assert len(sandbox.state["notifications"]) == 1


def test_a_plain_call_is_fast(api: Caller) -> None:
    # Given
    api.institution()
    seconds = []
    # When
    for _ in range(100):
        start = time.perf_counter()
        api.get("/institutions")
        seconds.append(time.perf_counter() - start)
    # Then the caller's own share is in it, and a slow machine must not fail the test
    assert statistics.median(seconds) < 0.01
