"""What was blocked is delivered by itself when that comes which it waited for, and never over anything newer."""

from dataclasses import replace
from typing import Any

import pytest

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.refusals import Refused
from dokstamp_sync.messages import run_of
from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.meeting.conftest import SCHOOL, Post
from tests.support.pipeline import Pipeline
from tests.support.sis import Json, Sis, example, live, pdf

PLACE = (Step.INSTITUTION, Step.COURSE)


def brief(results: list[Json]) -> list[tuple[str, dict[str, str]]]:
    """Of each result the run that it heals, and the outcomes by step."""
    return [(each["heals"], {row["step"]: row["outcome"] for row in each["records"]}) for each in results]


def test_a_record_that_came_long_before_its_parent_is_delivered_when_that_comes(
    sis: Sis, pipeline: Pipeline, sandbox: Sandbox
) -> None:
    # Given an enrollment that was blocked, for nobody had told of its student
    sis.has_said(*PLACE)
    early = sis.message({Step.ENROLLMENT: [example(Step.ENROLLMENT)]})
    assert pipeline.send(early)["counts"] == {"blocked": 1}
    # When the student comes
    sis.has_said(Step.STUDENT)
    # Then the enrollment is delivered, the result names the run that it heals, and nothing is left to be done
    (told,) = pipeline.take_inbox()
    assert brief([told]) == [(run_of(early["id"]), {"enrollment": "created"})]
    assert (told["status"], told["run"] != told["heals"]) == ("completed", True)
    assert len(live(sandbox, "enrollments")) == 1
    assert pipeline.refusals.kept == {}
    # And when the student is told of again, nothing happens twice
    sis.say(Step.STUDENT, example(Step.STUDENT, name="Ana Lima"))
    assert pipeline.take_inbox() == []


def test_a_chain_is_healed_to_its_end(sis: Sis, pipeline: Pipeline, sandbox: Sandbox, tmp_path: Any) -> None:
    # Given an enrollment and its certificate that came before the student
    sis.has_said(*PLACE)
    certificate = example(Step.CERTIFICATE, pdf=pdf(tmp_path, "ana.pdf"))
    early = sis.message({Step.ENROLLMENT: [example(Step.ENROLLMENT)], Step.CERTIFICATE: [certificate]})
    assert pipeline.send(early)["counts"] == {"blocked": 2}
    # When the student comes
    sis.has_said(Step.STUDENT)
    # Then the enrollment follows, and the certificate follows that
    run = run_of(early["id"])
    assert brief(pipeline.take_inbox()) == [(run, {"enrollment": "created"}), (run, {"certificate": "created"})]
    assert len(sandbox.state["notifications"]) == 1


def test_what_waits_for_two_is_delivered_when_both_are_there(sis: Sis, pipeline: Pipeline) -> None:
    # Given an enrollment whose student and course are both missing
    early = sis.message({Step.ENROLLMENT: [example(Step.ENROLLMENT)]})
    pipeline.send(early)
    # When one of them comes, Then it is blocked by the other one
    sis.has_said(Step.STUDENT)
    (first,) = pipeline.take_inbox()
    assert brief([first]) == [(run_of(early["id"]), {"enrollment": "blocked"})]
    # And when that comes, it is delivered
    sis.has_said(*PLACE)
    assert brief(pipeline.take_inbox()) == [(first["run"], {"enrollment": "created"})]


@pytest.mark.parametrize("dies", [True, False], ids=["dies", "goes on"])
def test_a_slow_worker_does_not_hide_what_another_one_found_out(
    dies: bool, sis: Sis, post: Post, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an enrollment that is blocked, because its student was rejected, by a worker that is slow to keep that
    sis.has_said(Step.INSTITUTION)
    assert sis.say(Step.STUDENT, example(Step.STUDENT, email="nobody"))["outcome"] == "rejected"
    letter = post.letter(Step.ENROLLMENT, 9, example(Step.ENROLLMENT))
    keep = pipeline.refusals.keep

    def slow(refused: Refused) -> None:
        # When meanwhile the student is corrected, and another worker takes the message, for there is no course
        monkeypatch.setattr(pipeline.refusals, "keep", keep)
        sis.has_said(Step.STUDENT)
        assert [each["outcome"] for each in letter.comes_until_answered()] == ["blocked"]
        keep(refused)
        if dies:
            raise Retry("the worker is gone")

    monkeypatch.setattr(pipeline.refusals, "keep", slow)
    letter.comes()
    # Then the enrollment follows when the course comes
    sis.has_said(Step.COURSE)
    assert [each["counts"] for each in pipeline.take_inbox()] == [{"created": 1}]


def test_a_rejected_record_that_is_corrected_brings_its_children_along(sis: Sis, pipeline: Pipeline) -> None:
    # Given a student who was rejected, and an enrollment that was blocked by that at once
    sis.has_said(*PLACE)
    bad = sis.message(
        {Step.STUDENT: [example(Step.STUDENT, email="nobody")], Step.ENROLLMENT: [example(Step.ENROLLMENT)]}
    )
    assert pipeline.send(bad)["counts"] == {"rejected": 1, "blocked": 1}
    # When the student is corrected
    sis.has_said(Step.STUDENT)
    # Then the enrollment is delivered
    assert brief(pipeline.take_inbox()) == [(run_of(bad["id"]), {"enrollment": "created"})]


def test_a_correction_that_changes_nothing_brings_the_children_along_as_well(sis: Sis, pipeline: Pipeline) -> None:
    # Given a student whom DokStamp has, a change of whom was rejected together with what depends on it
    sis.has_said(*SCHOOL[:3])
    bad = sis.message(
        {Step.STUDENT: [example(Step.STUDENT, email="nobody")], Step.ENROLLMENT: [example(Step.ENROLLMENT)]}
    )
    assert pipeline.send(bad)["counts"] == {"rejected": 1, "blocked": 1}
    # When an older change of the student comes, Then nothing happens: the newer one is still to be corrected
    older = sis.message({Step.STUDENT: [example(Step.STUDENT, name="Ana Lima")]}, occurred_at="2026-11-01T01:30:00Z")
    assert pipeline.send(older)["counts"] == {"updated": 1}
    assert pipeline.take_inbox() == []
    # And when the correction takes the change back, the enrollment is delivered
    assert sis.say(Step.STUDENT, example(Step.STUDENT, name="Ana Lima"))["outcome"] == "unchanged"
    assert brief(pipeline.take_inbox()) == [(run_of(bad["id"]), {"enrollment": "created"})]


def test_nothing_newer_is_overwritten(sis: Sis, pipeline: Pipeline, sandbox: Sandbox) -> None:
    # Given an enrollment that was blocked and is on its way again
    sis.has_said(*PLACE)
    sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, grade=5))
    sis.has_said(Step.STUDENT)
    assert len(pipeline.inbox.bodies) == 1
    # When something newer about it is faster
    assert sis.say(Step.ENROLLMENT, example(Step.ENROLLMENT, grade=9))["outcome"] == "created"
    # Then what was said before is stale
    (told,) = pipeline.take_inbox()
    assert told["counts"] == {"stale": 1}
    assert [each["grade"] for each in live(sandbox, "enrollments")] == [9]


def test_what_was_delivered_meanwhile_is_not_sent_again(sis: Sis, pipeline: Pipeline) -> None:
    # Given two enrollments that are blocked, though one of them is known as delivered when their student comes
    sis.has_said(*PLACE)
    sis.say(Step.ENROLLMENT)
    (kept,) = pipeline.refusals.items.values()
    sis.has_said(Step.STUDENT)
    pipeline.take_inbox()
    pipeline.refusals.keep(Refused("enrollment#E1", "late", kept.occurred_at, kept.outcome, {}, "student#S1"))
    # When the student's row is marked again, and the student delivered
    row = pipeline.store.read(["student#S1"])["student#S1"]
    pipeline.store.write(replace(row, awaited=1.0), row)
    sis.say(Step.STUDENT, example(Step.STUDENT, name="Ana Lima"))
    # Then nothing is sent, and what was kept is gone
    assert (pipeline.inbox.bodies, pipeline.refusals.kept) == ([], {})


def test_a_revocation_that_was_blocked_is_made_when_its_certificate_comes(
    sis: Sis, pipeline: Pipeline, sandbox: Sandbox, tmp_path: Any
) -> None:
    # Given a revocation that waited in vain for its certificate
    sis.has_said(*SCHOOL)
    issue = sis.message({Step.CERTIFICATE: [example(Step.CERTIFICATE, pdf=pdf(tmp_path, "ana.pdf"))]})
    revocation = {"enrollment_id": "E1", "revoke": True}
    assert sis.say(Step.CERTIFICATE, revocation)["outcome"] == "blocked"
    # When the certificate comes at last
    assert pipeline.send(issue)["counts"] == {"created": 1}
    # Then it is revoked
    assert [result["counts"] for result in pipeline.take_inbox()] == [{"updated": 1}]
    assert [each["status"] for each in live(sandbox, "certificates")] == ["revoked"]


def test_a_dry_run_heals_nothing_and_is_not_healed(sis: Sis, pipeline: Pipeline) -> None:
    # Given an enrollment that a dry run would block
    sis.has_said(*PLACE)
    planned = {"options": {"dry_run": True}}
    assert sis.say(Step.ENROLLMENT, **planned)["outcome"] == "blocked"
    # When its student comes, Then nobody waits
    assert "student#S1" not in pipeline.store.read(["student#S1"])
    # And given one that was blocked indeed, when its student comes in a dry run, then it stays so
    assert sis.say(Step.ENROLLMENT)["outcome"] == "blocked"
    assert sis.say(Step.STUDENT, **planned)["outcome"] == "created"
    assert pipeline.take_inbox() == []
    assert list(pipeline.refusals.kept) == ["enrollment#E1"]
