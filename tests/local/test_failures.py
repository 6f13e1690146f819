"""Parents that never come, and functions that overstep: on the deployed template. Other troubles: troubled.py."""

import pytest
from botocore.exceptions import ClientError

from local.gaps import function_of
from tests.local.troubled import student
from tests.local.world import World, outcomes


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


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("course", lambda world, call: call("s3").get_object(Bucket=world.info.pdf_bucket, Key="any.pdf")),
        ("course", lambda world, call: call("sqs").receive_message(QueueUrl=world.info.queues["module"]["url"])),
        ("course", lambda world, call: call("sqs").purge_queue(QueueUrl=world.info.results_queue_url)),
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
