"""What the six plain steps have in common: look up, then create, update or adopt; every trap for each of them."""

from collections.abc import Iterator

import pytest

from dokstamp_sync.mapping.row import Row, row_id
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.sis import Json, Sis, calls, example, live, writes
from tests.unit.plain_cases import PLAIN, Plain


@pytest.fixture(params=PLAIN, ids=lambda case: case.step.value)
def case(request: pytest.FixtureRequest, sandbox: Sandbox, sis: Sis) -> Iterator[Plain]:
    """The parents are in DokStamp, and the call log is empty."""
    plain: Plain = request.param
    sandbox.switch(**plain.switches)
    if plain.needs:
        sis.has_said(*plain.needs)
    sandbox.calls.clear()
    yield plain


def mapped(rows: dict[str, Row], case: Plain) -> Row:
    return rows[row_id(case.step, example(case.step).get("sis_id") or example(case.step)["code"])]


def forget(rows: dict[str, Row], case: Plain) -> None:
    del rows[mapped(rows, case).id]


def test_a_new_record_is_looked_up_and_then_created_with_all_that_the_sis_gave(
    case: Plain, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a record with every field
    # When it is sent
    row = sis.say(case.step, case.full)
    # Then it is looked up once and created once, with these fields and its references
    (entity,) = live(sandbox, case.step.section)
    assert (row["outcome"], row["uuid"]) == ("created", entity["uuid"])
    assert calls(sandbox) == [("GET", case.path), ("POST", case.path)]
    owners = {name: live(sandbox, resource)[0]["uuid"] for name, resource in case.owners.items()}
    assert sandbox.calls[-1].body == case.sent | owners


def test_a_field_that_the_sis_leaves_out_is_not_sent(case: Plain, sis: Sis, sandbox: Sandbox) -> None:
    # Given a record with what is required and nothing else
    # When it is sent
    sis.say(case.step)
    # Then no field is sent empty
    assert None not in sandbox.calls[-1].body.values()
    assert len(sandbox.calls[-1].body) <= len(example(case.step)) + 1


def test_a_change_is_one_patch_without_the_references(case: Plain, sis: Sis, sandbox: Sandbox) -> None:
    # Given a record that was delivered
    created = sis.say(case.step)
    sandbox.calls.clear()
    # When the SIS says something else about it
    row = sis.say(case.step, example(case.step, **case.change))
    # Then DokStamp is told once, and holds it
    assert (row["outcome"], row["uuid"]) == ("updated", created["uuid"])
    assert calls(sandbox) == [("PATCH", f"{case.path}/{created['uuid']}")]
    assert not sandbox.calls[0].body.keys() & case.owners.keys()
    assert live(sandbox, case.step.section)[0].items() >= case.changed.items()


def test_a_record_that_says_the_same_again_makes_no_call(case: Plain, sis: Sis, sandbox: Sandbox) -> None:
    # Given a record that was delivered
    created = sis.say(case.step)
    sandbox.calls.clear()
    # When the SIS says the same later
    row = sis.say(case.step)
    # Then it is unchanged and DokStamp is left alone
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert calls(sandbox) == []


def test_an_older_record_is_stale_and_makes_no_call(case: Plain, sis: Sis, sandbox: Sandbox) -> None:
    # Given a record that was delivered
    sis.say(case.step)
    sandbox.calls.clear()
    # When another one arrives that is older
    row = sis.say(case.step, example(case.step, **case.change), occurred_at="2020-01-01T00:00:00Z")
    # Then it is stale
    assert row["outcome"] == "stale"
    assert calls(sandbox) == []


def test_what_dokstamp_already_holds_is_adopted_without_a_write(
    case: Plain, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given an entity in DokStamp that the mapping does not know, with all that the record says
    created = sis.say(case.step, case.full)
    forget(rows, case)
    sandbox.calls.clear()
    # When the record is sent
    row = sis.say(case.step, case.full)
    # Then the entity is adopted as it is
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert "found in DokStamp" in row["reason"]
    assert writes(sandbox) == []


def test_what_dokstamp_holds_in_another_form_is_adopted_and_changed(
    case: Plain, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given an entity in DokStamp that the mapping does not know
    created = sis.say(case.step)
    forget(rows, case)
    sandbox.calls.clear()
    # When a record with the same natural key says something else
    row = sis.say(case.step, example(case.step, **case.change))
    # Then the entity is looked up once, adopted and told so
    assert (row["outcome"], row["uuid"]) == ("updated", created["uuid"])
    assert calls(sandbox) == [("GET", case.path), ("PATCH", f"{case.path}/{created['uuid']}")]
    assert live(sandbox, case.step.section)[0].items() >= case.changed.items()


def test_what_is_adopted_in_two_tries_is_not_called_created(
    case: Plain, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given an entity in DokStamp that the mapping does not know, and a DokStamp that puts its first change off
    created = sis.say(case.step)
    forget(rows, case)
    sandbox.add_faults(Fault(kind="status", method="PATCH", path=f"^{case.path}/", status=503))
    sandbox.calls.clear()
    # When a record with the same natural key says something else
    row = sis.say(case.step, example(case.step, **case.change))
    # Then it was updated in the end, and looked up only once
    assert (row["outcome"], row["uuid"]) == ("updated", created["uuid"])
    assert [each for each in calls(sandbox) if each[1] == case.path] == [("GET", case.path)]


@pytest.mark.parametrize("case", [case for case in PLAIN if case.is_unique], indirect=True, ids=lambda c: c.step.value)
def test_a_422_on_a_unique_field_adopts_what_is_there(
    case: Plain, sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given an entity that the first look-up does not show
    created = sis.say(case.step)
    forget(rows, case)
    empty = {"data": [], "meta": {"current_page": 1, "per_page": 15, "total": 0}}
    sandbox.add_faults(Fault(kind="status", method="GET", path=f"^{case.path}$", status=200, body=empty))
    # When its record is sent
    row = sis.say(case.step)
    # Then the refused create leads to a second look, and to the entity
    assert (row["outcome"], row["uuid"]) == ("unchanged", created["uuid"])
    assert len(live(sandbox, case.step.section)) == 1


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "html", "status"])
def test_a_create_whose_answer_is_lost_makes_one_entity(case: Plain, kind: str, sis: Sis, sandbox: Sandbox) -> None:
    # Given a create that is carried out and not answered as it should be
    lost = {"kind": kind, "method": "POST", "path": f"^{case.path}$"}
    sandbox.add_faults(Fault.model_validate(lost | ({"carry_out": True} if kind in ("html", "status") else {})))
    # When the record is sent
    before = sis.pipeline.clock()
    row = sis.say(case.step)
    # Then the entity is found again after the lease, and was created by one call
    (entity,) = live(sandbox, case.step.section)
    assert (row["outcome"], row["uuid"]) == ("created", entity["uuid"])
    assert row["reason"] == "created by an earlier try whose answer was lost"
    assert writes(sandbox) == [("POST", case.path)]
    assert sis.pipeline.clock() - before >= sis.pipeline.settings.lease_seconds - 1


@pytest.mark.parametrize(
    "fault", [{"kind": "reset_before"}, {"kind": "html"}, {"status": 503}, {"status": 429}], ids=str
)
def test_a_create_that_was_not_carried_out_is_repeated(case: Plain, fault: Json, sis: Sis, sandbox: Sandbox) -> None:
    # Given a create that is not carried out
    sandbox.add_faults(Fault.model_validate({"kind": "status", "method": "POST", "path": f"^{case.path}$"} | fault))
    # When the record is sent, Then it is created in the end, by a second call
    assert sis.say(case.step)["outcome"] == "created"
    assert len(live(sandbox, case.step.section)) == 1
    assert writes(sandbox) == [("POST", case.path)] * 2


def test_a_mapped_uuid_that_dokstamp_does_not_know_is_forgotten_and_synced_afresh(
    case: Plain, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a delivered record whose entity is gone from DokStamp
    gone = sis.say(case.step)
    sandbox.store.tables[case.step.section].clear()
    sandbox.calls.clear()
    # When the SIS changes it
    row = sis.say(case.step, example(case.step, **case.change))
    # Then DokStamp is asked for it twice, and it is created again
    (entity,) = live(sandbox, case.step.section)
    assert (row["outcome"], row["uuid"]) == ("created", entity["uuid"])
    assert entity["uuid"] != gone["uuid"]
    assert writes(sandbox) == [("PATCH", f"{case.path}/{gone['uuid']}")] * 2 + [("POST", case.path)]


def test_a_404_that_does_not_go_away_is_tried_afresh_only_once(case: Plain, sis: Sis, sandbox: Sandbox) -> None:
    # Given a delivered record, and a DokStamp that denies every uuid
    sis.say(case.step)
    sandbox.add_faults(Fault(kind="status", method="PATCH", path=f"^{case.path}/", status=404, times=None))
    sandbox.calls.clear()
    # When the SIS changes it
    row = sis.say(case.step, example(case.step, **case.change))
    # Then the record is rejected: it was asked for twice, and tried afresh once
    assert row["outcome"] == "rejected"
    assert len(writes(sandbox)) == 3


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refusal_is_recorded_with_the_vendors_words_and_dropped(
    case: Plain, status: int, sis: Sis, sandbox: Sandbox
) -> None:
    # Given a DokStamp that refuses the create
    body = {"message": "The given data was invalid.", "errors": {"country": ["We do not like it."]}}
    refusal = Fault(kind="status", method="POST", path=f"^{case.path}$", status=status, body=body, times=None)
    sandbox.add_faults(refusal)
    # When the record is sent
    row = sis.say(case.step)
    # Then it is rejected at once, with the reason, and kept for a person to see; no second look could help
    assert row["outcome"] == "rejected"
    assert "We do not like it." in row["reason"]
    assert calls(sandbox) == [("GET", case.path), ("POST", case.path)]
    assert [kept.reason for kept in sis.pipeline.refusals.kept.values()] == [row["reason"]]
    assert live(sandbox, case.step.section) == []


def test_a_cohort_of_another_course_that_no_record_is_is_neither_waited_for_nor_taken(
    sis: Sis, sandbox: Sandbox, rows: dict[str, Row]
) -> None:
    # Given a cohort of that code in another course, which somebody made by hand
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    sis.say(Step.COURSE, example(Step.COURSE, code="LAW", name="Law"))
    sis.say(Step.COHORT, example(Step.COHORT, sis_id="theirs", course_id="LAW"))
    for id_ in [each for each in rows if "cohort" in each or each.startswith("uuid#")]:
        del rows[id_]
    before = sis.pipeline.clock()
    # When our cohort is sent, Then it is rejected at once in DokStamp's words
    ours = sis.say(Step.COHORT)
    assert (ours["outcome"], ours["uuid"]) == ("rejected", None)
    assert "The code has already been taken." in ours["reason"]
    assert sis.pipeline.clock() == before
