"""The sample school keeps the message contract, and its expected outcomes follow from it."""

import hashlib
import re
from datetime import datetime

from .samples import (
    EVENTS,
    MOST_BYTES,
    MOST_RECORDS,
    STEPS,
    Record,
    expected,
    lines,
    messages,
    records,
    references,
    sis_id,
)

REFUSALS = {"rejected", "blocked"}


def rows() -> list[Record]:
    """All expected outcomes, of all messages."""
    return [row for result in expected().values() for row in result["records"]]


def test_every_message_keeps_the_contract_of_the_inbox() -> None:
    # Given the sample school
    for line, message in zip(lines(), messages(), strict=True):
        # When a message is measured
        told = [(step, sis_id(step, record)) for step, record in records(message)]
        # Then it has an id, a time, at most 500 records in 256 KiB, and says nothing of one record twice
        assert message["id"]
        assert datetime.fromisoformat(message["occurred_at"]).tzinfo
        assert 1 <= len(told) <= MOST_RECORDS
        assert len(line.encode()) <= MOST_BYTES
        assert set(message) <= {"id", "occurred_at", "options", *STEPS.values()}
        assert len(set(told)) == len(told)
    # And no other one has its id
    assert len({message["id"] for message in messages()}) == len(messages())


def test_one_message_mixes_both_spellings_of_keys() -> None:
    # Given the messages as they are written
    # When their keys are read
    keys = [set(re.findall(r'"(\w+)":', line)) for line in lines()]
    # Then at least one message has the same field in snake_case and in camelCase
    assert any({"course_id", "courseId"} <= found for found in keys)


def test_every_reference_leads_to_a_record_of_the_same_or_an_earlier_message() -> None:
    # Given what the school has told so far
    known: set[tuple[str, str]] = set()
    for message in messages():
        # When the next message comes
        known |= {(step, sis_id(step, record)) for step, record in records(message)}
        # Then all that it refers to has been told
        assert {pair for step, record in records(message) for pair in references(step, record)} <= known


def test_every_course_and_module_names_its_institution() -> None:
    # Given the courses and modules of the school
    told = [record for message in messages() for step, record in records(message) if step in ("course", "module")]
    # When their institution is read, Then it is always the same one
    assert {record.get("institution_id") for record in told} == {"UFP"}


def test_every_list_of_course_modules_leaves_something_to_the_course_itself() -> None:
    # Given the modules that the groups of a message claim
    for message in messages():
        groups = message.get("module_groups", [])
        claimed = {(group["course_id"], module["module_id"]) for group in groups for module in group["modules"]}
        for record in message.get("course_modules", []):
            # When they are taken out of the course's list, Then a module remains
            assert {(record["course_id"], module["module_id"]) for module in record["modules"]} - claimed


def test_every_record_has_exactly_one_expected_outcome() -> None:
    # Given the expected outcomes
    outcomes = expected()
    # When they are laid beside the messages, Then both name the same records in the same order
    assert list(outcomes) == [message["id"] for message in messages()]
    for message in messages():
        told = [(step, sis_id(step, record)) for step, record in records(message)]
        assert [(row["step"], row["sis_id"]) for row in outcomes[message["id"]]["records"]] == told


def test_a_message_completes_with_rejections_only_if_a_record_is_rejected_or_blocked() -> None:
    # Given the expected outcomes of each message
    for result in expected().values():
        # When one of them is a refusal
        refused = any(row["outcome"] in REFUSALS for row in result["records"])
        # Then the status says so, and else not
        assert result["status"] == ("completed_with_rejections" if refused else "completed")


def test_the_school_shows_every_outcome() -> None:
    # Given all expected outcomes, When they are collected, Then none of the six is missing
    assert {row["outcome"] for row in rows()} == {"created", "updated", "unchanged", "stale"} | REFUSALS


def test_the_one_rejected_record_is_a_cohort_with_the_code_of_another_courses_cohort() -> None:
    # Given the record that is expected to be rejected
    ((step, wrong_id),) = [(row["step"], row["sis_id"]) for row in rows() if row["outcome"] == "rejected"]
    cohorts = [record for message in messages() for record in message.get("cohorts", [])]
    (wrong,) = [cohort for cohort in cohorts if sis_id("cohort", cohort) == wrong_id]
    # When the other cohorts are searched for its code
    others = [cohort for cohort in cohorts if cohort["code"] == wrong["code"] and cohort != wrong]
    # Then it is taken, by another course
    assert step == "cohort"
    assert {cohort["course_id"] for cohort in others} - {wrong["course_id"]}


def test_only_what_hangs_on_a_refused_record_is_blocked() -> None:
    # Given the records that are refused so far
    refused: set[tuple[str, str]] = set()
    for message in messages():
        for (step, record), row in zip(records(message), expected()[message["id"]]["records"], strict=True):
            # When a record refers to one of them, Then it is blocked, and else not
            assert (row["outcome"] == "blocked") == bool(refused & set(references(step, record)))
            refused |= {(step, row["sis_id"])} if row["outcome"] in REFUSALS else set()


def test_each_outcome_follows_from_what_was_told_before() -> None:
    # Given the newest version of each record, none at first
    newest: dict[tuple[str, str], tuple[str, Record]] = {}
    for message in messages():
        at = message["occurred_at"]
        for (step, record), row in zip(records(message), expected()[message["id"]]["records"], strict=True):
            key = (step, row["sis_id"])
            # When it is told for the first time, Then it is created, or else refused
            if key not in newest:
                assert row["outcome"] in {"created"} | REFUSALS
            # When it is older than what is known, Then it is stale
            elif at < newest[key][0]:
                assert row["outcome"] == "stale"
                continue
            # When it is newer, Then it is unchanged or updated, as its content says
            else:
                assert row["outcome"] == ("unchanged" if record == newest[key][1] else "updated")
            newest[key] = (at, record)


def test_every_certificate_has_a_pdf_of_its_own() -> None:
    # Given the PDFs that the school names
    told = [record for message in messages() for record in message.get("certificates", []) if "pdf" in record]
    paths = {record["pdf"].removeprefix("s3://school-pdfs/") for record in told}
    # When they are read
    contents = [(EVENTS / "pdfs" / path).read_bytes() for path in paths]
    # Then each is a PDF, no two are alike, and no file is left over
    assert all(content.startswith(b"%PDF-") for content in contents)
    assert len({hashlib.sha256(content).digest() for content in contents}) == len(contents)
    assert {file.relative_to(EVENTS / "pdfs").as_posix() for file in (EVENTS / "pdfs").rglob("*.pdf")} == paths


def test_a_certificate_is_revoked_after_it_was_issued() -> None:
    # Given the certificates that were issued so far
    issued: set[str] = set()
    revoked: list[str] = []
    for message in messages():
        told = message.get("certificates", [])
        # When one is revoked
        revoked += [sis_id("certificate", record) for record in told if record.get("revoke")]
        # Then it is one of those, and its message gives the reason
        assert set(revoked) <= issued
        assert all(record["revocation_reason"] for record in told if record.get("revoke"))
        issued |= {sis_id("certificate", record) for record in told if "pdf" in record}
    assert len(revoked) == 1
