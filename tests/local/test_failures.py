"""DokStamp failing, queues running dry, runs cut off: on the deployed template."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from local.follow import run_of
from local.gaps import function_of
from tests.local.troubled import student
from tests.local.world import SECONDS, World, outcomes


def test_a_503_heals_by_itself(world: World) -> None:
    # Given a DokStamp that answers 503 twice
    world.fail(method="POST", path="^/students$", where="ana@", kind="status", status=503, times=2)
    # When two students come
    result = world.send(world.message(students=[student("ana"), student("bea")]))
    # Then both are created, each once
    assert set(outcomes(result).values()) == {"created"}
    emails = [each["email"] for each in world.live("students")]
    assert emails.count("ana@example.edu") == emails.count("bea@example.edu") == 1


def test_an_exhausted_message_waits_in_the_dead_letters_and_its_run_goes_on_when_it_is_moved_back(world: World) -> None:
    # Given a DokStamp that cannot take a student however often it is tried
    world.fail(method="POST", path="^/students$", where="cem@", kind="status", status=503, times=None)
    message = world.message(students=[student("cem"), student("dia")])
    world.put(message)
    # When the queue is exhausted
    letters: list[dict[str, str]] = []
    until = time.monotonic() + 3 * SECONDS
    while not letters and time.monotonic() < until:
        letters = world.dead_letters("student")
    # Then one message waits in the dead letters, its run is still open, and the other student was delivered
    assert len(letters) == 1
    assert world.execution(run_of(message["id"]))["status"] == "RUNNING"
    assert "dia@example.edu" in [each["email"] for each in world.live("students")]
    # And when DokStamp is well again and the message is moved back
    world.heal()
    world.move_back("student", letters[0])
    # Then the run completes where it stood
    assert outcomes(world.result(message)) == {("student", "cem"): "created", ("student", "dia"): "created"}
    assert world.ended(message) == "SUCCEEDED"


def test_a_record_whose_parent_never_comes_is_blocked_and_names_it(world: World) -> None:
    # Given an enrollment in a course that nobody knows
    enrollment = {"student_id": "ghost@example.edu", "course_id": "NOWHERE", "enrolled_at": "2026-01-01"}
    # When it comes with a student who is in good form
    result = world.send(world.message(students=[student("eva")], enrollments=[enrollment]))
    # Then it is blocked, and the student is not held up
    blocked = next(each for each in result["records"] if each["step"] == "enrollment")
    assert (blocked["outcome"], result["status"]) == ("blocked", "completed_with_rejections")
    assert "ghost@example.edu" in blocked["reason"] or "NOWHERE" in blocked["reason"]
    assert outcomes(result)["student", "eva"] == "created"


def test_a_run_that_is_aborted_has_a_result_all_the_same(world: World) -> None:
    # Given a run that waits for DokStamp
    world.fail(method="POST", path="^/students$", where="fay@", kind="status", status=503, times=None)
    message = world.message(students=[student("fay")])
    world.put(message)
    run = run_of(message["id"])
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            execution = world.execution(run)
            break
        except world.states.exceptions.ExecutionDoesNotExist:
            time.sleep(0.2)
    # When somebody stops it
    world.states.stop_execution(executionArn=execution["executionArn"])
    # Then the SIS is told that it failed
    assert world.result(message)["status"] == "failed"


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("course", lambda world, call: call("s3").get_object(Bucket=world.info.pdf_bucket, Key="any.pdf")),
        ("course", lambda world, call: call("sqs").receive_message(QueueUrl=world.info.queues["module"]["url"])),
        (
            "course",
            lambda world, call: call("sqs").purge_queue(QueueUrl=world.info.results_queue_url),
        ),
        ("certificate", lambda world, call: call("s3").delete_object(Bucket=world.info.pdf_bucket, Key="any.pdf")),
        ("intake", lambda world, call: call("secretsmanager").get_secret_value(SecretId=world.info.secret_arn)),
        ("student", lambda world, call: call("dynamodb").scan(TableName=world.info.mapping_table)),
    ],
    ids=[
        "a course's function reads no PDF",
        "a course's function reads no other queue",
        "a course's function writes no result",
        "the certificates' function deletes no PDF",
        "the intake reads no credentials",
        "no step reads the whole mapping",
    ],
)
def test_a_function_may_do_only_what_its_step_needs(world: World, step: str, action) -> None:  # type: ignore[no-untyped-def]
    # Given the credentials of a function's role
    configuration = world.stack.client("lambda").get_function_configuration(FunctionName=function_of(step))
    # When it does what is not its business, Then it may not
    with pytest.raises(ClientError) as refusal:
        action(world, lambda service: world.as_role(configuration["Role"], service))
    assert "AccessDenied" in refusal.value.response["Error"]["Code"] or "Forbidden" in str(refusal.value)
