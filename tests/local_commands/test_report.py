"""What `make run` and `make send` show: every outcome, nothing of anybody."""

import json
from typing import Any

import pytest

from local.follow import Ending
from local.report import show_outcomes, to_verify
from local.school import Message
from local.veil import Veil, digest

URL = "http://127.0.0.1:9/verify/1"
ANA = {"sis_id": "ana@x.example", "name": "Ana D'Ávila", "email": "Ana@x.example", "date_of_birth": "2001-02-03"}


def record(step: str, sis_id: str, outcome: str, reason: str = "", url: str = "") -> dict[str, Any]:
    found = {"step": step, "sis_id": sis_id, "outcome": outcome, "uuid": None, "reason": reason}
    return found | ({"public_verification_url": url} if url else {})


def ending(*records: dict[str, Any], **said: Any) -> Ending:
    return Ending(Message.of(json.dumps({"id": "sis/1", **said})), "completed", list(records))


def issued(sis_id: str = "E1", outcome: str = "created", url: str = URL, **said: Any) -> Ending:
    return ending(record("certificate", sis_id, outcome, url=url), **said)


def revoked(outcome: str = "updated", **certificate: Any) -> Ending:
    given = {"enrollment_id": "E1"} | certificate
    return issued(outcome=outcome, certificates=[{**given, "revoke": True}])


def shown(capsys: pytest.CaptureFixture[str], *endings: Ending) -> str:
    show_outcomes(list(endings))
    return capsys.readouterr().out


def test_an_issued_certificate_is_to_be_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"certificate {digest('certificate', 'E1')}  {URL}" in shown(capsys, issued())


@pytest.mark.parametrize(
    "endings",
    [
        [issued(), revoked()],
        [revoked()],
        [issued(), revoked(), revoked(outcome="unchanged")],
        [issued(), revoked(sis_id="E1", enrollment_id="else")],
        [issued(sis_id="S/C/G"), issued("S/C/G", "updated", certificates=[
            {"studentId": "S", "courseId": "C", "cohortId": "G", "revoke": True}
        ])],
        [issued(outcome="stale")],
        [issued(outcome="rejected")],
        [issued(options={"dryRun": True})],
    ],
    ids=["issued, then revoked", "issued long ago", "revoked twice", "by its own id", "by its student", "stale",
         "rejected", "dry run"],
)  # fmt: skip
def test_a_certificate_that_is_revoked_or_was_not_delivered_is_not(
    capsys: pytest.CaptureFixture[str], endings: list[Ending]
) -> None:
    assert URL not in shown(capsys, *endings)


def test_a_second_certificate_is_to_be_verified_where_the_first_was_revoked() -> None:
    # Given a message that revokes a certificate and issues another one of the same enrollment
    said = [{"enrollment_id": "E1", "revoke": True}, {"sis_id": "E1/2", "enrollment_id": "E1", "pdf": "s3://b/2.pdf"}]
    outcomes = [
        record("certificate", "E1", "updated", url=URL),
        record("certificate", "E1/2", "created", url=URL + "2"),
    ]
    # When it is asked what to verify, Then it is the other one
    assert to_verify([issued(), ending(*outcomes, certificates=said)]) == [
        (f"certificate {digest('certificate', 'E1/2')}", URL + "2")
    ]


@pytest.mark.parametrize("options", [{"dry_run": True}, {"dryRun": True}, {"dry_run": "true"}])
def test_a_dry_run_stands_by_itself_and_says_so(capsys: pytest.CaptureFixture[str], options: Any) -> None:
    # Given a real course, and one that would be created
    real = ending(record("course", "CS", "created"))
    dry = ending(record("cohort", "G", "created", "dry run: would be created"), options=options)
    # When they are shown
    first, second = shown(capsys, real, dry).split("Dry run: what would become of the records")
    # Then each is in its own table
    assert ("course" in first, "cohort" in first) == (True, False)
    assert ("course" in second, "cohort" in second) == (False, True)
    # And without a dry run nobody speaks of one
    assert "ry run" not in shown(capsys, real)


def test_a_reason_that_quotes_a_student_is_shown_without_the_quotation(capsys: pytest.CaptureFixture[str]) -> None:
    # Given a vendor who answers with what it was sent, and more
    reason = "email: ANA@x.example of Ana D'Ávila, born 2001-02-03, is bea@y.example's"
    blocked = record("certificate", "ana@x.example/CS", "blocked", "student 'ana@x.example' was rejected")
    refused = ending(record("student", "ana@x.example", "rejected", reason), blocked, students=[ANA])
    # When it is shown
    text = shown(capsys, refused)
    # Then it says what is wrong, and of whom only by the digest that is in the logs
    student = digest("student", "ana@x.example")
    assert f"student {student}  email: {student} of <name>, born <date_of_birth>, is <email>'s" in text
    assert f"student '{student}' was rejected" in text
    assert "ana" not in text.lower().replace("unchanged", "")


def test_what_tells_of_nobody_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    # Given a course that is refused, in a message with an enrollment in it
    enrollments = [{"student_id": "S1", "course_id": "CS", "grade": 9.25, "completion_status": "completed"}]
    reason = "course 'CS': POST /courses answered 422: code: is taken, status completed"
    # When it is shown, Then its id and all of the reason can be read
    text = shown(capsys, ending(record("course", "CS", "rejected", reason), enrollments=enrollments))
    assert f"course CS  {reason}" in text


def test_rubbish_hides_what_it_holds() -> None:
    # Given records that are none, a key that is a name, and an institution that is a person
    veil = Veil(
        ending(
            students=["Ana Souza", {"Bea Silva": 1, "name": ["Cem Öz"]}],
            institutions=[{"legal_name": "Dia Reis", "taxId": "123.456.789-00", "name": "UFP"}],
        )
    )
    # When a text holds all of it, Then it is hidden, but for what an institution is called
    hidden = veil.hide("Ana Souza; Bea Silva: Cem Öz; Dia Reis 123.456.789-00; UFP")
    assert hidden == "<students>; <key>: <name>; <legal_name> <taxId>; UFP"
