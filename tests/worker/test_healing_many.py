"""Thousands of records that wait for one are sent again in bounded time, a part at each receive, and each one once."""

from collections.abc import Sequence

import boto3
import pytest
from botocore.stub import Stubber

from dokstamp_sync.errors import Retry
from dokstamp_sync.mapping.refusals import Refused
from dokstamp_sync.messages import MOST_BYTES
from dokstamp_sync.worker.entry import InboxQueue
from tests.worker.scene import Scene, outcomes
from tests.worker.test_healing import WANTED, sent, wait_for_ana


@pytest.fixture
def together(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The messages that the inbox was given at once; each time takes a second."""
    given: list[Sequence[str]] = []
    send = scene.inbox.send

    def sending(bodies: Sequence[str]) -> None:
        given.append(bodies)
        scene.clock.sleep(1)
        send(bodies)

    monkeypatch.setattr(scene.inbox, "send", sending)
    return given


@pytest.mark.parametrize(("number", "records", "calls"), [(25, 1, 3), (3, 150, 2)])
def test_ten_messages_are_sent_at_once_or_fewer_that_are_large(
    number: int, records: int, calls: int, scene: Scene, together: list[Sequence[str]]
) -> None:
    # Given runs in which one record was blocked, or many large ones
    for place in range(number):
        wait_for_ana(scene, records, f"run-{place:02}", size=250 if records > 1 else 0)
    # When the student is delivered
    scene.take("ana")
    # Then each run has a message, and the inbox is asked a few times only
    assert len(scene.inbox.bodies) == number
    assert len(together) == calls
    assert all(len(some) <= 10 and sum(len(body.encode()) for body in some) <= MOST_BYTES for some in together)


def test_a_worker_whose_time_is_up_leaves_the_rest_to_the_next_receive(
    scene: Scene, together: list[Sequence[str]]
) -> None:
    # Given many that wait, and a worker that has time for a part of them
    for place in range(35):
        wait_for_ana(scene, 1, f"run-{place:02}")
    scene.worker.begin_before(scene.clock() + 2)
    # When the student is delivered, Then that part is sent, and the message comes again when the index shows that
    assert scene.take("ana") is None
    assert (len(scene.inbox.bodies), scene.answers.hidden) == (20, [10])
    # And then the rest is sent, and nothing twice
    scene.worker.begin_before(scene.clock() + 60)
    assert outcomes(scene.take("ana", receives=2)) == {"ana": "created"}
    assert len(scene.inbox.bodies) == len({each["id"] for each in sent(scene)}) == 35
    assert scene.row("ana").awaited is None


def test_what_was_sent_waits_no_more_unless_it_was_blocked_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given two that wait, of which one is blocked again by its new run before the worker goes on
    wait_for_ana(scene, 2)
    send = scene.inbox.send

    def sending(bodies: Sequence[str]) -> None:
        send(bodies)
        (kept,) = (each for each in scene.refusals.items.values() if each.id == "enrollment#old-000")
        scene.refusals.keep(Refused("enrollment#old-000", "new", kept.occurred_at, kept.outcome, {}, WANTED))

    monkeypatch.setattr(scene.inbox, "send", sending)
    # When the student is delivered, Then only that one still waits, but both are kept
    scene.take("ana")
    assert [each.run for each in scene.refusals.waiting_for(WANTED)] == ["new"]
    assert set(scene.refusals.kept) == {"enrollment#old-000", "enrollment#old-001"}


def test_an_inbox_that_does_not_take_one_of_the_messages_is_a_retry() -> None:
    # Given an inbox that takes one message of two
    client = boto3.client("sqs")
    with Stubber(client) as stubber:
        stubber.add_response("send_message", {"MessageId": "m", "MD5OfMessageBody": "0" * 32})
        stubber.add_client_error("send_message", "InternalError")
        # When both are sent, Then that says what failed
        with pytest.raises(Retry, match=r"could not be reached \(ClientError\)"):
            InboxQueue(client, "https://queue").send(["a", "b"])
