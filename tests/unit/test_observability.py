"""Logs of what goes wrong: nothing personal is in them. Those of the whole school are searched by tests/canary."""

import json
import logging
from collections.abc import Iterator

import pytest

from dokstamp_sync.observability import digest, logger
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.pipeline import Pipeline
from tests.support.sis import Sis, example


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


@pytest.mark.parametrize("status", [400, 409, 422, 403, 500])
def test_a_refusal_that_quotes_the_student_is_told_to_the_sis_and_not_to_the_logs(
    status: int, sis: Sis, sandbox: Sandbox, lines: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a DokStamp whose answers quote what they were sent, also in place of a field
    quoted = "ana@x.example of Ana Souza"
    errors = {"email": [f"{quoted} is taken"], "phones[0].number": ["is missing"], quoted: ["is taken"]}
    body = {"message": f"{quoted} is taken", "errors": errors}
    sandbox.add_faults(Fault(kind="status", method="POST", path="^/students$", status=status, body=body))
    # When the student is sent
    row = sis.say(Step.STUDENT)
    # Then the SIS may read it, and the logs name the fields only
    written = everything(lines, capsys)
    is_refusal = status in (400, 409, 422)
    assert (f"email: {quoted} is taken" in row["reason"]) is is_refusal
    assert ('"fields": ["email", "phones[0].number"]' in written) is is_refusal
    assert "Ana Souza" not in written
    assert "ana@x.example" not in written
    assert digest(Step.STUDENT, "S1") in written


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
