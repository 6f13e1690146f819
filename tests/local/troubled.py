"""A school that goes through all that a role is for: refused, tried again, delivered, unchanged, given up, stopped."""

import json
import time
from collections.abc import Callable

from local.follow import run_of
from local.gaps import function_of
from tests.local.world import SECONDS, Json, World, outcomes

PDF = "recorded/REC-S.pdf"
# What each step asks for first. A call that may have created something would be waited for, as long as a lease.
ASKS = (
    ("GET", "^/institutions$"),
    ("GET", "^/courses$"),
    ("GET", "^/modules$"),
    ("GET", "^/courses/[^/]+/attach/modules$"),
    ("GET", "^/courses/[^/]+/modules/groups$"),
    ("GET", "^/cohorts$"),
    ("GET", "^/students$"),
    ("GET", "^/enrollments$"),
    # By then its PDF has been opened.
    ("POST", "^/files$"),
)


def wait_for(happened: Callable[[], object], seconds: float = 3 * SECONDS) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.2)


def student(name: str) -> dict[str, str]:
    return {"sis_id": name, "name": name.title(), "email": f"{name}@example.edu", "date_of_birth": "2001-01-01"}


def school(bucket: str) -> dict[str, list[Json]]:
    """One record for each step."""
    return {
        "institutions": [{"sis_id": "REC-U", "name": "Recorded University", "country": "Brazil"}],
        "courses": [{"code": "REC", "name": "Recording", "institution_id": "REC-U"}],
        "modules": [{"code": f"REC{n}", "name": f"Tapes {n}", "institution_id": "REC-U"} for n in (1, 2)],
        "course_modules": [{"course_id": "REC", "modules": [{"module_id": "REC1"}]}],
        "module_groups": [{"course_id": "REC", "name": "Term 1", "modules": [{"module_id": "REC2"}]}],
        "cohorts": [{"code": "REC-1", "course_id": "REC"}],
        "students": [student("rec")],
        "enrollments": [{"sis_id": "REC-E", "student_id": "rec", "course_id": "REC", "enrolled_at": "2026-01-01"}],
        "certificates": [{"enrollment_id": "REC-E", "pdf": f"s3://{bucket}/{PDF}"}],
    }


def go_through(world: World) -> str:
    """Everything but what cuts a run off; answers the run that delivered every record."""
    records = school(world.info.pdf_bucket)
    world.stack.client("s3").put_object(Bucket=world.info.pdf_bucket, Key=PDF, Body=b"%PDF-1.7\nrecorded")
    # Refused by the vendor, by a step for its parent's sake, and by the intake
    for path, where in (("^/institutions$", "Recorded"), ("^/students$", "rec@")):
        world.fail(method="POST", path=path, where=where, kind="status", status=400)
    malformed = {"sis_id": "REC-BAD"}
    refused = world.send(world.message(**{**records, "students": [*records["students"], malformed]}))
    assert set(outcomes(refused).values()) == {"rejected", "blocked"}
    # Delivered, each at the second try
    for method, path in ASKS:
        world.fail(method=method, path=path, kind="status", status=503)
    delivery = world.message(**records)
    assert set(outcomes(world.send(delivery)).values()) == {"created"}
    # Nothing new
    assert set(outcomes(world.send(world.message(**records))).values()) == {"unchanged"}
    return run_of(delivery["id"])


def exhausted_at_the_intake(world: World) -> None:
    """A message that the intake, with wrong settings, hands back until it is in the inbox's dead letters."""
    functions, name = world.functions, function_of("intake")
    right = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    wrong = right | {"LEASE_SECONDS": "no number"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": wrong})
    try:
        world.put(world.message(students=[]))
        letters = world.sqs.get_queue_url(QueueName=f"{function_of('inbox')}-dead-letters")["QueueUrl"]
        wait_for(lambda: not world.is_empty(letters))
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": right})


def stopped(world: World) -> str:
    """A run that somebody stops; answers its ARN."""
    world.fail(path="^/students", kind="status", status=503, times=None)
    message = world.message(students=[student("kim")])
    world.put(message)
    wait_for(lambda: world.status(message) == "RUNNING")
    arn = str(world.execution(run_of(message["id"]))["executionArn"])
    world.states.stop_execution(executionArn=arn)
    world.heal()
    assert world.result(message)["status"] == "failed"
    return arn


def given_up(world: World) -> str:
    """A run whose step somebody gives up, by the token in its dead letter; answers its ARN."""
    world.fail(path="^/students", kind="status", status=503, times=None)
    message = world.message(students=[student("lou")])
    world.put(message)
    url = world.info.queues["student"]["dead_letter_url"]
    wait_for(lambda: not world.is_empty(url))
    world.heal()
    (letter,) = world.dead_letters("student")
    world.states.send_task_failure(taskToken=json.loads(letter["Body"])["task_token"], error="GivenUp")
    world.sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    assert world.result(message)["status"] == "failed"
    assert world.ended(message) == "FAILED"
    return str(world.execution(run_of(message["id"]))["executionArn"])
