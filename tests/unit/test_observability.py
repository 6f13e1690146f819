"""Logs and metrics of the whole school, and of everything that goes wrong: nothing personal is in them."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from dokstamp_sync.observability import digest, logger
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.events import samples
from tests.support.pipeline import CREDENTIALS, Pipeline, school, settings
from tests.support.sis import Sis, example

HARMLESS = {"step", "sis_id", "status", "modality", "level", "country", "completion_status", "is_active", "order"}


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that any logger says, from DEBUG on."""
    before = logger.log_level
    logger.setLevel("DEBUG")
    caplog.set_level(logging.DEBUG)
    yield caplog
    logger.setLevel(before)


def everything(lines: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> str:
    """Whatever was written: the records with all their extras, and both streams."""
    said = "".join(json.dumps(vars(record), default=str, ensure_ascii=False) for record in lines.records)
    streams = capsys.readouterr()
    return said + streams.out + streams.err


def texts(value: Any) -> Iterator[str]:
    """Every text in a value that is long enough to be told from other words."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in HARMLESS:
                yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str) and len(value) >= 6:
        yield value


def personal() -> set[str]:
    """What the school says of its people: names, e-mails, days of birth, and ids that it gave them."""
    found: set[str] = set()
    for message in samples.messages():
        for step, record in samples.records(message):
            if step in ("student", "enrollment", "certificate"):
                found |= set(texts(record)) | {samples.sis_id(step, record)}
    days = {text for text in found if text[:4].isdigit() and text[4:5] == "-"}
    courses = {samples.sis_id("course", record) for m in samples.messages() for record in m.get("courses", [])}
    return (found - days - courses) | {
        record["date_of_birth"] for m in samples.messages() for record in m.get("students", [])
    }


def test_the_whole_school_leaves_nothing_personal_in_the_logs(
    sandbox: Sandbox, lines: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given the school, and a DokStamp at which every kind of call fails at times
    kinds = ("reset_after", "html", "status", "truncated")
    for path in ("^/students", "^/enrollments", "^/certificates", "^/files", "^/cohorts"):
        faults = [{"kind": kind, "path": path, "skip": skip} for skip, kind in enumerate(kinds)]
        sandbox.add_faults(*map(Fault.model_validate, faults))
    pipeline = Pipeline(settings(sandbox.url))
    # When it is sent
    for message in school():
        pipeline.send(message)
    pipeline.dokstamp.close()
    # Then the logs say much, but nothing about anybody
    written = everything(lines, capsys)
    canaries = personal() | {quote(canary, safe="") for canary in personal()}
    assert len(canaries) > 60
    assert "record is retried" in written
    assert [canary for canary in canaries if canary in written] == []
    assert [secret for secret in CREDENTIALS.values() if secret in written] == []
    assert "eyJ" not in written, "a token"


@pytest.mark.parametrize("status", [400, 409, 422, 403, 500])
def test_a_refusal_that_quotes_the_student_is_told_to_the_sis_and_not_to_the_logs(
    status: int, sis: Sis, sandbox: Sandbox, lines: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a DokStamp whose answers quote what they were sent
    quoted = "ana@x.example of Ana Souza is taken"
    body = {"message": quoted, "errors": {"email": [quoted]}}
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/students$", status=status, body=body))
    # When the student is sent
    row = sis.say(Step.STUDENT)
    # Then the SIS may read it, and the logs name the field only
    written = everything(lines, capsys)
    assert (quoted in row["reason"]) is (status in (400, 409, 422))
    assert "Ana Souza" not in written
    assert "ana@x.example" not in written
    assert digest(Step.STUDENT, "S1") in written


def test_a_refusal_that_quotes_the_student_in_place_of_a_field_is_not_logged(
    sis: Sis, sandbox: Sandbox, lines: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a DokStamp whose refusal names fields, and among them what it was sent
    errors = {"email": ["is taken"], "phones[0].number": ["is missing"], "ana@x.example of Ana Souza": ["is taken"]}
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/students$", status=422, body={"errors": errors}))
    # When the student is sent
    row = sis.say(Step.STUDENT)
    # Then the SIS may read it all, and the logs name the fields only
    assert "ana@x.example of Ana Souza: is taken" in row["reason"]
    written = everything(lines, capsys)
    assert '"fields": ["email", "phones[0].number"]' in written
    assert "Ana Souza" not in written


def test_rubbish_of_a_person_is_not_logged(
    sis: Sis, pipeline: Pipeline, lines: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given records and messages in bad form that hold a name
    bad = example(Step.STUDENT, name=["Ana Souza"], email="Ana Souza", date_of_birth="Ana Souza", gender={"x": "Ana"})
    # When they are sent
    sis.say(Step.STUDENT, bad)
    pipeline.send('{"name": "Ana Souza", ')
    pipeline.send('{"id": "Ana Souza", "occurred_at": "Ana Souza"}')
    pipeline.send('"Ana Souza"')
    # Then they are mentioned without it
    written = everything(lines, capsys)
    assert "record rejected" in written
    assert "message refused" in written
    assert "Ana" not in written


def test_a_digest_names_a_record_the_same_every_time_and_no_other() -> None:
    # Given the same id in two steps, When they are named in logs, Then they differ and tell nothing
    one, other = digest(Step.STUDENT, "ana@x.example"), digest(Step.ENROLLMENT, "ana@x.example")
    assert one == digest(Step.STUDENT, "ana@x.example") != other
    assert len(one) == 12
    assert set(one) <= set("0123456789abcdef")


def test_the_http_library_does_not_log_addresses() -> None:
    # Given the loggers of the HTTP library, When they are asked, Then a look-up's address is not theirs to tell
    for name in ("httpx", "httpcore"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
