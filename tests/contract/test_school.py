"""The sample school through the whole order: what is expected comes of it, once, however DokStamp behaves."""

import json
from collections.abc import Iterator

import pytest

from dokstamp_sync.settings import Settings
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import EVENTS, Pipeline, school
from tests.support.sis import Json, live

TABLES = ("institutions", "courses", "modules", "module_groups", "cohorts", "students", "enrollments", "certificates")
NAMES = ("name", "code", "email", "status", "modality", "completion_status", "grade", "order", "workload")
RESULT = json.loads((EVENTS / "school.expected.json").read_text())


@pytest.fixture
def pipeline(given: Settings) -> Iterator[Pipeline]:
    pipeline = Pipeline(given)
    yield pipeline
    pipeline.dokstamp.close()


def told(result: Json) -> Json:
    rows = [{name: row[name] for name in ("step", "sis_id", "outcome")} for row in result["records"]]
    return {"status": result["status"], "records": rows}


def held(sandbox: Sandbox) -> Json:
    """All that DokStamp holds, without uuids and times."""
    state = sandbox.state
    codes = {each["uuid"]: each.get("code") or each.get("name") for table in TABLES for each in live(sandbox, table)}
    found: Json = {
        table: sorted(json.dumps({name: each.get(name) for name in NAMES}) for each in live(sandbox, table))
        for table in TABLES
    }
    found["attachments"] = {
        codes[course]: sorted(
            (
                codes[each["module_uuid"]],
                each["order"],
                codes.get(each["course_module_group_uuid"]),
                each["is_required"],
            )
            for each in attachments
        )
        for course, attachments in state["attachments"].items()
    }
    found["notified"] = sorted(each["email"] for each in state["notifications"])
    found["files"] = sorted(each["sha256"] for each in live(sandbox, "files"))
    return found


def sent(pipeline: Pipeline) -> dict[str, Json]:
    return {message["id"]: told(pipeline.send(message)) for message in school()}


@pytest.fixture(scope="module")
def ends() -> dict[str, Json]:
    """What DokStamp holds after the school on a calm day, by generation."""
    return {}


@pytest.fixture
def end(ends: dict[str, Json], pipeline: Pipeline, sandbox: Sandbox) -> Json:
    """That of this generation; the sandbox is as new again."""
    generation = sandbox.switches.generation
    if generation not in ends:
        calm = Pipeline(pipeline.settings)
        sent(calm)
        calm.dokstamp.close()
        ends[generation] = held(sandbox)
        sandbox.reset()
    return ends[generation]


def test_every_record_comes_to_its_expected_end(pipeline: Pipeline, sandbox: Sandbox) -> None:
    # Given the sample school
    # When its messages are sent one after another
    results = sent(pipeline)
    # Then every record of every message ends as the school expects, in the order of the steps
    assert results == RESULT
    assert len(live(sandbox, "certificates")) == len(sandbox.state["notifications"])


@pytest.mark.parametrize(
    "switches",
    [
        {"filter_match": "contains"},
        {"filter_match": "case_insensitive", "default_order": "newest"},
        {"filter_fields": "documented", "unknown_filter": "refused"},
        {"filter_fields": "documented", "unknown_filter": "ignored"},
        {"attach_refusal": "partial"},
        {"attach_answer": "empty", "attachable_paginated": False},
        {"attach_answer": "message", "course_embeds_modules": True},
        {"unknown_body_field": "refused", "patch_null": "refused", "parent_change": "refused", "put": "full"},
        {"course_not_active": "refused", "course_code_scope": "tenant", "enrollment_scope": "cohort"},
        {"issue_after_reads": 2},
        {"new_token_ends_others": True, "token_seconds": 1},
        {"duplicate_file_status": 200, "missing_tenant": "404", "filter_match": "prefix"},
    ],
    ids=lambda switches: "-".join(map(str, switches.values())),
)
def test_the_end_is_the_same_whatever_the_documentation_leaves_open(
    switches: dict[str, object], pipeline: Pipeline, sandbox: Sandbox, end: Json
) -> None:
    # Given a DokStamp that answers an open question in another way
    sandbox.switch(**switches)
    # When the school is sent
    results = sent(pipeline)
    # Then every record ends as expected, and DokStamp holds the same
    assert results == RESULT
    assert held(sandbox) == end


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_after", "method": "POST", "skip": 2, "times": 4},
        {"kind": "status", "status": 503, "times": 12},
        {"kind": "status", "status": 429, "headers": {"Retry-After": "3"}, "skip": 5, "times": 3},
        {"kind": "truncated", "skip": 9, "times": 5},
    ],
    ids=["lost answers", "an outage", "a rate limit", "rubbish"],
)
def test_the_end_is_the_same_after_a_fault(
    fault: dict[str, object], pipeline: Pipeline, sandbox: Sandbox, end: Json
) -> None:
    # Given a DokStamp that fails at every kind of call in turn
    paths = (
        "^/(institutions|courses|modules)$",
        "/attach/",
        "/groups",
        "^/(cohorts|students)",
        "^/enr",
        "^/(files|cert)",
    )
    sandbox.add_faults(*[Fault.model_validate({"path": path} | fault) for path in paths])
    # When the school is sent
    results = sent(pipeline)
    # Then everything is there once, and each student was notified once
    assert {key: value["status"] for key, value in results.items()} == {k: v["status"] for k, v in RESULT.items()}
    assert held(sandbox) == end
