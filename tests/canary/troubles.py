"""The whole school through the real stack, by the real commands, and then everything that goes wrong."""

import json
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dokstamp_sync.dokstamp.tokens import READ_ANEW_SECONDS
from local import dead_letters, redrive, run
from local.gaps import function_of
from local.stack import LocalStack
from tests.canary.places import input_of_runs, places
from tests.canary.planting import CLIENT_ID, CLIENT_SECRET, MARK, Planted
from tests.canary.screen import SECONDS, Screen
from tests.local.world import World

TOKEN = f"{MARK}-task-token"
WRONG = json.dumps({"client_id": f"{MARK}-wrong", "client_secret": f"{MARK}-wrong"})


def student(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "sis_id": f"{MARK}.s{n}@sis.example",
        "name": f"Zqcanaryé{n} Zqcanaryö",
        "email": f"{MARK}.{n}@late.example",
        "date_of_birth": f"1908-01-{n + 1:02}",
        **changes,
    }


ECHO = f"{MARK}.1@late.example of Zqcanaryé1 Zqcanaryö, born 1908-01-02, token {CLIENT_SECRET}"
REFUSAL = {"message": ECHO, "errors": {"email": [ECHO], ECHO: [ECHO]}}


@dataclass
class Seen:
    """What was said and where; ``allowed``: what belongs to the SIS, who said it."""

    canaries: list[str]
    secrets: list[str]
    school: int
    places: dict[str, str]
    allowed: dict[str, str]


def go_through(stack: LocalStack, folder: Path) -> Seen:
    """The school, then all the troubles; and what was to be seen of it."""
    planted = Planted()
    planted.upload(stack.client("s3"))
    troubles = Troubles(stack, Screen(stack, planted, folder))
    school = troubles.school()
    troubles.refused()
    troubles.rubbish_for_a_step()
    troubles.exhausted()
    troubles.wrong_secret()
    troubles.bad_events()
    held = httpx.get(f"{stack.info.dokstamp_base_url}/_sandbox/state").json()
    files = [each["uuid"] for each in held["files"]["live"]]
    late = [str(value) for n in range(1, 8) for value in student(n).values()]
    said = {"the screen": troubles.screen.said.getvalue(), "the functions' errors": "\n".join(troubles.errors)}
    allowed = {
        "DokStamp": json.dumps(held),
        "the results queue": json.dumps(troubles.results()),
        "the outcomes table": json.dumps(stack.client("dynamodb").scan(TableName=stack.info.outcomes_table)),
        "the runs' input": input_of_runs(stack),
    }
    return Seen([*planted.canaries, *late], [*troubles.tokens, *files], school, places(stack) | said, allowed)


class Troubles:
    """Things that go wrong, one after another."""

    def __init__(self, stack: LocalStack, screen: Screen) -> None:
        self.stack, self.screen, self.world = stack, screen, World(stack)
        self.errors: list[str] = []
        self.tokens: list[str] = [TOKEN]

    def school(self) -> int:
        """`make run`, with a DokStamp that quotes what it cannot take for now."""
        for path in ("^/students$", "^/certificates$"):
            self.world.fail(method="POST", path=path, kind="status", status=500, body=REFUSAL)
        self.world.fail(method="GET", path="^/enrollments", kind="html", body=ECHO)
        return self.screen.show(run.main)

    def results(self) -> list[Any]:
        """What lies on the results queue."""
        found: list[Any] = []
        while more := self.world._receive():
            found += more
        return found

    def wait_for(self, happened: Callable[[], bool]) -> None:
        until = time.monotonic() + SECONDS
        while not happened():
            assert time.monotonic() < until, "it did not happen"
            time.sleep(0.2)

    def wait_for_log(self, text: str) -> None:
        log = Path(self.stack.info.logs, "emulator.log")
        self.wait_for(lambda: text in log.read_text())

    def refused(self) -> None:
        """Records and messages that DokStamp, a step or the intake refuses."""
        self.world.fail(method="POST", path="^/students$", where=f"{MARK}.1@", kind="status", status=422, body=REFUSAL)
        bad = student(2, name=[f"Zqcanary{MARK}"], date_of_birth=f"{MARK}-02", **{f"Zqcanaryé {MARK}": 1})
        message = {"id": f"{MARK}/José/2", "occurred_at": "2026-11-25T10:00:00Z"}
        enrollment = {"student_id": student(1)["sis_id"], "course_id": "CC-BAC", "enrolled_at": "2026-01-01"}
        self.screen.send(
            {**message, "students": [student(1), bad, f"Zqcanary{MARK}"], "enrollments": [enrollment]},
            {**message, "id": f"{MARK}/dry", "options": {"dry_run": True}, "students": [student(3)]},
            {**message, "id": f"{MARK} Zqcanaryé/3", f"Zqcanaryé {MARK}": [student(1)]},
            {**message, "id": f"{MARK}/4", "occurred_at": MARK, "students": MARK},
            f'{{"id": "{MARK}/5", "students": [{{"name": "Zqcanaryé 1908-01-02"',
            json.dumps(f"Zqcanary{MARK}"),
        )

    def rubbish_for_a_step(self) -> None:
        """Messages that no state machine wrote."""
        url = self.stack.info.queues["student"]["url"]
        step = {"run": f"{MARK}@sis", "step": "student", "occurred_at": "2026-11-25T11:00:00Z"}
        bodies = [
            json.dumps({**step, "records": [student(4, date_of_birth=MARK), student(5)], "task_token": TOKEN}),
            json.dumps({**step, "step": "course", "records": [student(4)]}),
            json.dumps({**step, "records": [student(4)], f"Zqcanaryé {MARK}": MARK}),
            f'{{"records": [{{"name": "Zqcanaryé {MARK}"',
        ]
        for body in bodies:
            self.world.sqs.send_message(QueueUrl=url, MessageBody=body)
            # One by one: of several functions that start at once, the emulator may lose what one has written.
            self.wait_for(lambda: self.world.is_empty(url))

    def wrong_secret(self) -> None:
        """A secret that is no JSON, one of the wrong kind, a wrong one, and a DokStamp that repeats it."""
        message = {"id": f"{MARK}/secret", "occurred_at": "2026-11-25T12:00:00Z", "students": [student(6)]}
        broken = (
            f"{MARK} {{",
            json.dumps({"client_secret": [MARK]}),
            json.dumps({"client_id": f"{MARK}-wrong"}),
            WRONG,
        )
        reasons = ("is not JSON", "is not a JSON object", "secret lacks", "POST /oauth/token answered 401")
        says_it = {"message": f"{CLIENT_ID} {CLIENT_SECRET} is wrong"}
        self.world.fail(path="^/oauth/token$", kind="status", status=400, body=says_it, times=None)
        self._end_tokens()
        self.world.put(message)
        self.wait_for_log("POST /oauth/token answered 400")
        self.world.heal()
        for secret, said in zip(broken, reasons, strict=True):
            self._put_secret(secret)
            # By then a function reads the secret anew.
            time.sleep(READ_ANEW_SECONDS)
            self._end_tokens()
            step = {"run": MARK, "step": "cohort", "occurred_at": "2026-11-25T12:00:00Z"}
            cohort = {"code": f"C{said[-4:]}", "course_id": "CC-BAC"}
            body = json.dumps({**step, "records": [cohort]})
            self.world.sqs.send_message(QueueUrl=self.stack.info.queues["cohort"]["url"], MessageBody=body)
            self.wait_for_log(said)
        self._put_secret(json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}))

    def exhausted(self) -> None:
        """A student whom DokStamp never takes, until it is mended and the dead letter is moved back."""
        # The look-up already: nothing is in doubt, so every retry comes soon.
        self.world.fail(path="^/students", kind="status", times=None, body=REFUSAL)
        message = {"id": f"{MARK}/7", "occurred_at": "2026-11-25T13:00:00Z", "students": [student(7)]}
        self.screen.send(message, seconds=3)
        self.wait_for(lambda: bool(self._letters("student")))
        self.tokens += [json.loads(each["Body"]).get("task_token", TOKEN) for each in self._letters("student")]
        self.screen.show(dead_letters.main)
        self.world.heal()
        self.screen.show(redrive.main, "--step", "student")
        assert self.world.result(message)["counts"] == {"created": 1}

    def bad_events(self) -> None:
        """Events that Lambda would never hand to a function."""
        records = [{"body": json.dumps(student(1))}]
        events: list[Any] = [{"Records": records, "students": {"records": [{MARK: MARK}]}, "error": MARK}, [MARK]]
        # The nine steps have one handler.
        for name in ("intake", "student", "results"):
            for event in events:
                answer = self.stack.client("lambda").invoke(
                    FunctionName=function_of(name), Payload=json.dumps(event), LogType="Tail"
                )
                said = answer["Payload"].read().decode()
                self.errors.append(b64decode(answer.get("LogResult", "")).decode(errors="replace"))
                if "FunctionError" in answer:
                    self.errors.append(said)

    def _letters(self, step: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.sqs.receive_message(
            QueueUrl=self.stack.info.queues[step]["dead_letter_url"], MaxNumberOfMessages=10, VisibilityTimeout=0
        ).get("Messages", [])
        return found

    def _end_tokens(self) -> None:
        httpx.delete(f"{self.stack.info.dokstamp_base_url}/_sandbox/tokens").raise_for_status()

    def _put_secret(self, text: str) -> None:
        secrets = self.stack.client("secretsmanager")
        secrets.put_secret_value(SecretId=self.stack.info.secret_arn, SecretString=text)
