"""The sample school through the deployed template."""

import json

from local.follow import run_of
from local.school import MESSAGES, read_expectations
from tests.local.world import World, outcomes


def test_the_school_comes_to_its_expected_end_and_sent_again_makes_no_call(world: World) -> None:
    # Given the sample school
    messages = [json.loads(line) for line in MESSAGES.read_text().splitlines()]
    expected = read_expectations()
    # When its messages are sent, one after another
    results = {message["id"]: world.send(message) for message in messages}
    # Then each has the result that is expected
    for id_, result in results.items():
        assert result["status"] == expected[id_]["status"], id_
        assert outcomes(result) == outcomes(expected[id_]), id_
    # And every certificate that was issued can be verified in public
    issued = [each for result in results.values() for each in result["records"] if "public_verification_url" in each]
    assert len({each["uuid"] for each in issued}) == 10
    # And when the enrollments and certificates as they stand are sent again, newer, under another id
    before = len(world.calls())
    repeat = messages[7] | {"id": "again/1", "occurredAt": "2026-11-23T00:00:00Z"}
    repeat.pop("occurred_at", None)
    result = world.send(repeat)
    # Then nothing has changed, and DokStamp was not asked
    assert set(result["counts"]) == {"unchanged"}
    assert len(world.calls()) == before


def test_a_message_in_bad_form_is_refused_with_every_field_named(world: World) -> None:
    # Given a message that is no JSON, and one with an unknown key and no time
    for body, field in (("{not json", ""), (json.dumps({"id": "bad/1", "cources": []}), "cources")):
        # When it is sent
        result = world.result(body, world.put(body))
        # Then its result says what is wrong, and no run was started
        assert result["status"] == "refused"
        assert field in [each["field"] for each in result["errors"]]


def test_the_same_id_again_starts_nothing_and_has_no_second_result(world: World) -> None:
    # Given a message that has had its run
    message = world.message(students=[{"name": "Zoé", "email": "zoe@example.edu", "date_of_birth": "2001-01-01"}])
    assert world.send(message)["counts"] == {"created": 1}
    # When it comes again, followed by another one
    world.put(message)
    last = world.message(students=[{"name": "Yan", "email": "yan@example.edu", "date_of_birth": "2001-01-01"}])
    result = world.send(last)
    # Then only the other one has a result
    assert result["counts"] == {"created": 1}
    assert [each for each in world._results if each["run"] == run_of(message["id"])] == []
