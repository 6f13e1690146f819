"""The local stack as `make up` starts it: troubles that anybody can make there end by themselves."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.local.troubled import wait_for
from tests.local.world import World, outcomes
from tests.practice import troubles
from tests.practice.troubles import MESSAGES, STUDENTS, Seen


@pytest.fixture(scope="session")
def seen(world: World) -> Seen:
    return troubles.go_through(world)


def test_an_outage_in_the_middle_of_five_messages_ends_by_itself(world: World, seen: Seen) -> None:
    # Given that DokStamp failed when some students of five messages were delivered, and others were not
    assert 0 < seen.before < MESSAGES * STUDENTS
    assert seen.refused > 0
    # When it works again, Then every student is there, once, without anybody's doing
    assert troubles.all_outcomes(seen.five) == ["created"] * MESSAGES * STUDENTS
    emails = [each["email"] for each in world.live("students")]
    assert len(emails) == len(set(emails)) == MESSAGES * STUDENTS + 1
    # And nothing went to the dead letters
    assert seen.dead_letters == 0


def test_children_wait_for_parents_that_come_long_after_them_in_any_order(seen: Seen) -> None:
    # Given children whose runs were all open when their parents were sent
    assert set(seen.waited) == {"RUNNING"}
    # When the parents come, Then all of them are delivered
    assert set(troubles.all_outcomes(seen.parents)) == {"created"}
    assert set(troubles.all_outcomes(seen.children)) == {"created"}


@pytest.mark.usefixtures("seen")
def test_a_sandbox_that_died_is_started_again_with_what_it_held(world: World) -> None:
    # Given a sandbox that is killed
    before, address = world.live("enrollments"), world.info.dokstamp_base_url
    pid = json.loads((Path(world.info.logs) / "sandbox.json").read_text())["pid"]
    assert not world.stack.revive()
    os.kill(pid, signal.SIGKILL)
    # When whoever looks after the stack notices
    wait_for(world.stack.revive, 10)
    # Then it is where it was, with all that it held, and the emulated AWS never noticed
    assert world.stack.info.dokstamp_base_url == address
    assert world.live("enrollments") == before != []
    assert world.stack.is_alive()
    # And what is sent next finds its parents
    enrollment = {"student_id": "p0-0", "course_id": "C", "cohort_id": "K", "enrolled_at": "2026-01-01"}
    assert set(outcomes(world.send(world.message(enrollments=[enrollment]))).values()) == {"created"}
