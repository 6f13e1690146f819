"""A step's Lambda handler from end to end: a real SQS event, emulated AWS, and the sandbox."""

import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from dokstamp_sync.dokstamp import tokens
from dokstamp_sync.order import Step
from dokstamp_sync.worker.entry import Handler, serve
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import CREDENTIALS, rules
from tests.worker.lambda_world import FakeContext, World
from tests.worker.school import ANA, BIA, names, students

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture
def handler(world: World) -> Handler:
    """A new environment of the student step."""
    return serve(rules(Step.STUDENT))


def failed(answer: Any) -> list[str]:
    assert set(answer) == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_the_sample_event_is_delivered_and_leaves_nothing_in_the_queue(
    world: World, handler: Handler, sandbox: Sandbox
) -> None:
    # Given the event that `sam local invoke` takes
    event = json.loads((EVENTS / "student.json").read_text(encoding="utf-8"))
    said = json.loads(event["Records"][0]["body"])["records"]
    # When the function gets it
    answer = handler(event, FakeContext())
    # Then no message has to come back, DokStamp holds the students, and the mapping knows them
    assert answer == {"batchItemFailures": []}
    assert names(sandbox) == sorted(each["name"] for each in said)
    uuids = {each["uuid"] for each in sandbox.state["students"]["live"]}
    assert {item["uuid"]["S"] for item in world.kept("mapping").values() if "uuid" in item} == uuids


@pytest.mark.parametrize("step", list(Step))
def test_every_step_brings_its_sample_event_to_an_outcome(
    world: World, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    # Given an empty DokStamp, and a queue whose first receive is the last
    monkeypatch.setenv("MAXIMUM_RECEIVES", "1")
    monkeypatch.setenv("PATIENCE_SECONDS", "0")
    event = json.loads((EVENTS / f"{step}.json").read_text(encoding="utf-8"))
    # When the step's function gets its event
    answer = serve(rules(step))(event, FakeContext())
    # Then every record is delivered, or kept with its reason, and no message has to come back
    assert answer == {"batchItemFailures": []}
    ids = {f"{step}#{record['sis_id']}" for record in json.loads(event["Records"][0]["body"])["records"]}
    assert ids <= {*world.kept("mapping")}


@pytest.mark.parametrize("bucket", ["", "PdfBucket"])
def test_the_certificate_step_does_nothing_while_nobody_has_told_it_its_bucket(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, bucket: str
) -> None:
    # Given a function without its bucket, or with the resource's name, which the SAM CLI gives in place of it
    monkeypatch.setenv("PDF_BUCKET", bucket)
    # And nothing that the records could wait for
    monkeypatch.setenv("MAXIMUM_RECEIVES", "1")
    monkeypatch.setenv("PATIENCE_SECONDS", "0")
    event = json.loads((EVENTS / "certificate.json").read_text(encoding="utf-8"))
    # When it gets certificates
    answer = serve(rules(Step.CERTIFICATE))(event, FakeContext())
    # Then their message stays, nothing is written down, and the log names the variable
    assert failed(answer) == [each["messageId"] for each in event["Records"]]
    assert world.kept("mapping") == world.kept("outcomes") == {}
    assert any("PDF_BUCKET" in getattr(line, "reason", "") for line in caplog.records)


def test_only_the_message_that_is_not_done_comes_back(world: World, handler: Handler, sandbox: Sandbox) -> None:
    # Given two messages, and a DokStamp that cannot take one of the students
    sandbox.add_faults(Fault(kind="status", status=503, method="POST", where="bia@school.example"))
    world.send(students(ANA), students(BIA))
    event = world.receive()
    # When the function gets both
    answer = handler(event, FakeContext())
    # Then the one is named for return, and the other one is delivered
    assert failed(answer) == [each["messageId"] for each in event["Records"] if "bia@" in each["body"]]
    assert names(sandbox) == ["Ana Souza"]


def test_a_batch_of_which_nothing_is_done_comes_back_whole_and_without_an_error(
    world: World, handler: Handler, sandbox: Sandbox
) -> None:
    sandbox.add_faults(Fault(kind="status", status=403, path="^/students", times=None))
    world.send(students(ANA), students(BIA), students(ANA, run="run-2"))
    event = world.receive()
    answer = handler(event, FakeContext())
    assert sorted(failed(answer)) == sorted(each["messageId"] for each in event["Records"])
    assert world.kept("outcomes") == {}


def test_a_worker_without_time_hands_its_messages_back_at_once(
    world: World, handler: Handler, sandbox: Sandbox
) -> None:
    # Given a function that has too little time for one more call
    world.send(students(ANA))
    event = world.receive()
    assert world.receive() == {"Records": []}
    # When it gets a message
    answer = handler(event, FakeContext(seconds=20))
    # Then it makes no call, and the message can be received again at once
    assert failed(answer) == [event["Records"][0]["messageId"]]
    assert sandbox.calls == []
    assert world.kept("mapping") == {}
    (again,) = world.receive()["Records"]
    assert again["attributes"]["ApproximateReceiveCount"] == "2"
    # And an environment with time delivers it
    assert failed(handler({"Records": [again]}, FakeContext())) == []
    assert names(sandbox) == ["Ana Souza"]


def test_a_message_that_is_none_and_a_record_that_is_invalid_are_kept_whole(world: World, handler: Handler) -> None:
    # Given a message that is none, and one with an invalid record
    invalid = BIA | {"email": "nobody"}
    world.send({"hello": "world"}, students(ANA, invalid))
    event = world.receive()
    # When the function gets them
    assert failed(handler(event, FakeContext())) == []
    # Then both are kept with what they said, until they expire
    kept = world.kept("outcomes")
    (message,) = [item for id_, item in kept.items() if id_.startswith("message#")]
    assert json.loads(json.loads(message["record"]["S"])) == {"hello": "world"}
    assert json.loads(kept["student#bia"]["record"]["S"]) == invalid
    assert all(int(item["expires_at"]["N"]) > 0 for item in kept.values())


def test_a_secret_without_credentials_keeps_the_message(world: World, handler: Handler, sandbox: Sandbox) -> None:
    # Given a secret that nobody has filled in
    boto3.client("secretsmanager").put_secret_value(SecretId="dokstamp", SecretString="{}")
    world.send(students(ANA))
    event = world.receive()
    # Then the message stays, and nothing is rejected
    assert failed(handler(event, FakeContext())) == [event["Records"][0]["messageId"]]
    assert world.kept("outcomes") == {}


def test_new_credentials_are_used_by_the_next_message(
    world: World, handler: Handler, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a secret that somebody has mistyped, and a message that came back for it a few seconds ago
    monkeypatch.setattr(tokens, "READ_ANEW_SECONDS", 0)
    secrets = boto3.client("secretsmanager")
    secrets.put_secret_value(SecretId="dokstamp", SecretString=json.dumps(CREDENTIALS | {"client_secret": "mistyped"}))
    world.send(students(ANA))
    event = world.receive()
    assert failed(handler(event, FakeContext()))
    # When the right one is put, and the same environment gets the message again
    secrets.put_secret_value(SecretId="dokstamp", SecretString=json.dumps(CREDENTIALS))
    # Then it is delivered, though the wrong one is kept for minutes
    assert failed(handler(event, FakeContext())) == []
    assert names(sandbox) == ["Ana Souza"]


def test_a_message_of_a_run_that_is_no_step_message_stays_and_rings(
    world: World, handler: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a state machine that sends rubbish, and waits for its answer
    world.send({"hello": "world", "task_token": "token-1"})
    event = world.receive()
    # When the function gets it, Then it stays, nothing is dropped, and the alarm for a wrong set-up rings
    assert failed(handler(event, FakeContext())) == [event["Records"][0]["messageId"]]
    assert world.kept("outcomes") == {}
    assert '"Misconfigured":[1.0]' in capsys.readouterr().out


def test_an_environment_that_lacks_a_variable_keeps_the_batch_and_names_it(
    world: World, handler: Handler, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    # Given a function without the tenant
    monkeypatch.delenv("DOKSTAMP_TENANT")
    world.send(students(ANA), students(BIA))
    event = world.receive()
    # When it gets messages, Then all stay, and each is told of
    assert failed(handler(event, FakeContext())) == [each["messageId"] for each in event["Records"]]
    told = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [each["message_id"] for each in told] == [each["messageId"] for each in event["Records"]]
    assert all("DOKSTAMP_TENANT" in each["reason"] for each in told)
