"""A school that goes through all that a role is for: refused, tried again, delivered, unchanged, given up, stopped."""

import json
import time
from collections.abc import Callable

from local.follow import run_of
from local.gaps import function_of
from tests.local.world import SECONDS, Json, World, outcomes

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


def school(world: World, name: str) -> dict[str, list[Json]]:
    """One record for each step, but two modules."""
    return {
        "institutions": [{"sis_id": f"{name}-U", "name": f"{name} University", "country": "Brazil"}],
        "courses": [{"code": name, "name": "Recording", "institution_id": f"{name}-U"}],
        "modules": [{"code": f"{name}{n}", "name": f"Tapes {n}", "institution_id": f"{name}-U"} for n in (1, 2)],
        "course_modules": [{"course_id": name, "modules": [{"module_id": f"{name}1"}]}],
        "module_groups": [{"course_id": name, "name": "Term 1", "modules": [{"module_id": f"{name}2"}]}],
        "cohorts": [{"code": f"{name}-1", "course_id": name}],
        "students": [student(name.lower())],
        "enrollments": [
            {"sis_id": f"{name}-E", "student_id": name.lower(), "course_id": name, "enrolled_at": "2026-01-01"}
        ],
        "certificates": [{"enrollment_id": f"{name}-E", "pdf": upload(world, f"{name}-E")}],
    }


def go_through(world: World) -> str:
    """Everything but what cuts a run off; answers the run that delivered every record."""
    refused = refuse(world)
    # Delivered, each at the second try
    for method, path in ASKS:
        world.fail(method=method, path=path, kind="status", status=503)
    records = school(world, "REC")
    delivery = world.message(**records)
    assert set(outcomes(world.send(delivery)).values()) == {"created"}
    # Nothing new
    assert set(outcomes(world.send(world.message(**records))).values()) == {"unchanged"}
    # Delivered by themselves, when what they were blocked by is corrected
    corrected = world.message(institutions=refused["institutions"], students=refused["students"])
    assert set(outcomes(world.send(corrected)).values()) == {"created"}
    wait_for(lambda: "REF-E.pdf" in certified(world))
    come_late(world)
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


def refuse(world: World) -> dict[str, list[Json]]:
    """A school that is refused by the vendor, by the steps for the parents' sake, and by the intake."""
    records = school(world, "REF")
    for path, where in (("^/institutions$", "REF"), ("^/students$", "ref@")):
        world.fail(method="POST", path=path, where=where, kind="status", status=400)
    malformed = {"sis_id": "REF-BAD"}
    refused = world.send(world.message(**{**records, "students": [*records["students"], malformed]}))
    assert set(outcomes(refused).values()) == {"rejected", "blocked"}
    return records


def come_late(world: World) -> None:
    """What was blocked, because a module, a cohort and a certificate came after what needs them, follows by itself."""
    named = {"sis_id": "REC-Q", "enrollment_id": "REC-E"}
    issue = world.message(certificates=[named | {"pdf": upload(world, "REC-Q")}])
    late = {"student_id": "rec", "course_id": "REC", "cohort_id": "REC-2", "enrolled_at": "2026-01-01"}
    listed = {"course_id": "REC", "modules": [{"module_id": each} for each in ("REC1", "REC3")]}
    early = world.message(course_modules=[listed], enrollments=[late], certificates=[named | {"revoke": True}])
    assert set(outcomes(world.send(early)).values()) == {"blocked"}
    module = {"code": "REC3", "name": "Tapes 3", "institution_id": "REC-U"}
    parents = world.message(modules=[module], cohorts=[{"code": "REC-2", "course_id": "REC"}])
    for message in (issue, parents):
        assert set(outcomes(world.send(message)).values()) == {"created"}
    healed = [each for _ in range(3) for each in outcomes(world.healing(early)).items()]
    assert sorted(healed) == [
        (("certificate", "REC-Q"), "updated"),
        (("course_modules", "REC"), "updated"),
        (("enrollment", "rec/REC/REC-2"), "created"),
    ]


def upload(world: World, name: str) -> str:
    """Puts a PDF of its own into the bucket; answers its address."""
    bucket, key = world.info.pdf_bucket, f"recorded/{name}.pdf"
    world.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=f"%PDF-1.7\n{name}".encode())
    return f"s3://{bucket}/{key}"


def certified(world: World) -> set[str]:
    """The names of the PDFs of all certificates."""
    # In this order: a file is there before its certificate.
    certificates = world.live("certificates")
    names = {each["uuid"]: each["original_name"] for each in world.live("files")}
    return {names[each["file_uuid"]] for each in certificates}


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
