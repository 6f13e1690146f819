"""The local stack: emulated AWS, DokStamp sandbox, the template deployed on it.

    with LocalStack("e2e", parameters={"PatienceSeconds": "3"}) as stack:
        stack.client("sqs").send_message(QueueUrl=stack.info.inbox_queue_url, MessageBody=...)

Leaving the block, by whatever way, stops all that it started. Stacks with different names can run side by side.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local import deploy, emulator, sandbox_server, stack_folder
from local.aws import CLIENT, session
from local.dokstamp import DokStamp
from local.emulator import Emulator
from local.locks import hold
from local.parameters import LOCAL_VALUES
from local.places import LOCAL, python_of
from local.processes import Failed, stop
from local.sandbox_server import Sandbox
from local.school import upload_pdfs
from local.stack_file import StackFile, describe


def say_nothing(_: str) -> None:
    """For tests: no progress on the screen."""


class LocalStack:
    """A stack of its own, running for as long as the `with` block lasts."""

    info: StackFile

    def __init__(
        self,
        name: str = "stack",
        *,
        target: DokStamp | None = None,
        port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        sandbox_arguments: Sequence[str] = (),
        emulator_program: Sequence[str | Path] = emulator.MINISTACK,
        say: Callable[[str], None] = say_nothing,
    ) -> None:
        self.name = name
        self.target = target or DokStamp()
        self.port = port
        self.parameters = dict(parameters or {})
        self.sandbox_arguments = sandbox_arguments
        self.emulator_program = emulator_program
        self.say = say
        self._exits = ExitStack()
        self._emulator: Emulator | None = None
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Self:
        for environment in ("sam", "emulator"):
            if not python_of(environment).exists():
                raise Failed(f"The environment {environment} is missing. Make it: python3 -m local.environments")
        with ExitStack() as exits:
            self._start(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def client(self, service: str) -> Any:
        """A boto3 client for the emulated AWS."""
        # boto3's own type of this is a union over every service's name; callers know which one they asked for.
        make: Any = session().client
        return make(service, endpoint_url=self.info.endpoint_url, config=CLIENT)

    def is_alive(self) -> bool:
        """Whether the emulated AWS still runs; what it held is lost with it."""
        return self._emulator is not None and self._emulator.process.poll() is None

    def revive(self) -> bool:
        """Starts the sandbox again, if there was one and it has ended. Tells whether it did."""
        dead = self._sandbox
        if dead is None or dead.process.poll() is None:
            return False
        stop(dead.process)
        sandbox = self._start_sandbox(self._exits, Path(self.info.logs), dead.port)
        sandbox.wait()
        self.info = replace(self.info, pids=self.info.pids | {"sandbox": sandbox.process.pid})
        return True

    def _start_sandbox(self, exits: ExitStack, folder: Path, port: int | None = None) -> Sandbox:
        generation = "g1" if self.target.auth == "password" else "g2"
        started = sandbox_server.started(folder, generation, self.sandbox_arguments, port)
        self._sandbox = exits.enter_context(started)
        return self._sandbox

    def _start(self, exits: ExitStack) -> None:
        folder = exits.enter_context(stack_folder.claimed(self.name))
        target, sandbox = self.target, None
        # Both start up while the build goes on.
        aws = exits.enter_context(emulator.started(folder, self.port, target.network(), self.emulator_program))
        self._emulator = aws
        if target.is_sandbox:
            sandbox = self._start_sandbox(exits, folder)
            target = replace(target, base_url=sandbox.base_url)
        outputs = self._build_and_deploy(folder / "sam.log", aws, target)
        if sandbox:
            self.say("Waiting for the DokStamp sandbox")
            sandbox.wait()
        self.info = describe(
            outputs,
            endpoint_url=aws.endpoint_url,
            dokstamp=target,
            is_sandbox=self.target.is_sandbox,
            pids={"owner": os.getpid(), "emulator": aws.process.pid}
            | ({"sandbox": sandbox.process.pid} if sandbox else {}),
            logs=str(folder),
        )
        secret = json.dumps(target.secret())
        self.client("secretsmanager").put_secret_value(SecretId=self.info.secret_arn, SecretString=secret)
        upload_pdfs(self.client("s3"), self.info.pdf_bucket)

    def _build_and_deploy(self, log: Path, aws: Emulator, target: DokStamp) -> dict[str, str]:
        # Every stack deploys the one build: nobody may build while another deploys.
        with hold(deploy.LOCK, wait=True):
            self.say("Building the functions (sam build)")
            if not deploy.build(LOCAL, log):
                self.say("Nothing changed since the last build")
            self.say("Waiting for the emulated AWS")
            aws.wait()
            self.say("Deploying (sam deploy)")
            return deploy.deploy(LOCAL, log, aws.endpoint_url, self._values(target, aws.endpoint_url))

    def _values(self, target: DokStamp, endpoint_url: str) -> dict[str, str]:
        return {
            **LOCAL_VALUES,
            "DokStampBaseUrl": target.base_url,
            "DokStampTenant": target.tenant,
            "DokStampAuth": target.auth,
            "DokStampIssue": target.issue,
            "AwsEndpointUrl": endpoint_url,
            **self.parameters,
        }
