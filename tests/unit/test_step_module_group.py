"""Step 5 by itself: groups are looked up by name, changed, and told apart from those of other courses."""

import pytest

from dokstamp_sync.mapping.row import Row
from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.sis import Json, Sis, calls, example, live, writes

pytestmark = pytest.mark.usefixtures("catalogue")


def group(**changes: object) -> Json:
    return example(Step.MODULE_GROUP, **changes)


def groups_path(sandbox: Sandbox) -> str:
    return f"/courses/{live(sandbox, 'courses')[0]['uuid']}/modules/groups"


def test_a_group_is_looked_up_created_and_its_modules_attached_with_it(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group with an order and a module
    # When it is sent
    row = sis.say(Step.MODULE_GROUP, group(order=4))
    # Then it is made before the module is attached, for the group must be named then
    (made,) = live(sandbox, "module_groups")
    assert (row["outcome"], row["uuid"]) == ("created", made["uuid"])
    assert (made["name"], made["order"]) == ("Term 1", 4)
    path = groups_path(sandbox)
    attach = path.replace("modules/groups", "attach/modules")
    assert calls(sandbox) == [("GET", path), ("POST", path), ("GET", attach), ("POST", attach)]
    (module,) = sandbox.calls[-1].body["modules"]
    assert module["course_module_group_uuid"] == made["uuid"]


def test_a_group_that_exists_is_found_by_its_name_on_any_page(sis: Sis, sandbox: Sandbox, rows: dict[str, Row]) -> None:
    # Given twenty groups of a course, which the mapping does not know
    names = [f"Term {n}" for n in range(20)]
    sis.send({Step.MODULE_GROUP: [group(name=name, modules=[]) for name in names]})
    for key in [key for key in rows if key.startswith("module_group#")]:
        del rows[key]
    # When the last one is sent with a module
    row = sis.say(Step.MODULE_GROUP, group(name="Term 19"))
    # Then no second one is made
    assert len(live(sandbox, "module_groups")) == 20
    assert (row["outcome"], row["reason"]) == ("updated", "1 attached, 0 detached")


def test_a_group_of_that_name_in_another_course_is_another_group(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group of the first course
    sis.say(Step.MODULE_GROUP)
    sis.say(Step.COURSE, example(Step.COURSE, code="LAW", name="Law"))
    # When the second course has one of that name
    row = sis.say(Step.MODULE_GROUP, group(course_id="LAW"))
    # Then each has its own, and the module is in both courses
    assert (row["outcome"], row["sis_id"]) == ("created", "LAW/Term 1")
    assert len({each["course_uuid"] for each in live(sandbox, "module_groups")}) == 2
    assert len(sandbox.state["attachments"]) == 2


def test_a_group_s_new_order_leaves_its_modules_attached(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group
    made = sis.say(Step.MODULE_GROUP)
    sandbox.calls.clear()
    # When only its order changes
    row = sis.say(Step.MODULE_GROUP, group(order=2))
    # Then one PATCH says so
    assert row["outcome"] == "updated"
    assert writes(sandbox) == [("PATCH", f"{groups_path(sandbox)}/{made['uuid']}")]
    assert live(sandbox, "module_groups")[0]["order"] == 2


def test_a_group_whose_creation_was_not_answered_is_made_once(sis: Sis, sandbox: Sandbox) -> None:
    # Given a create that is carried out and not answered
    sandbox.add_faults(Fault(kind="reset_after", method="POST", path="modules/groups$"))
    # When the group is sent
    row = sis.say(Step.MODULE_GROUP)
    # Then there is one, with its module
    (made,) = live(sandbox, "module_groups")
    assert (row["outcome"], row["uuid"]) == ("created", made["uuid"])
    (attachments,) = sandbox.state["attachments"].values()
    assert [each["course_module_group_uuid"] for each in attachments] == [made["uuid"]]


def test_a_refused_attachment_does_not_make_a_second_group_later(sis: Sis, sandbox: Sandbox) -> None:
    # Given a DokStamp that refuses to attach
    sandbox.add_faults(Fault(kind="status", method="POST", path="attach/modules$", status=422))
    # When the group is sent, and sent again after it was mended
    first = sis.say(Step.MODULE_GROUP)
    second = sis.say(Step.MODULE_GROUP)
    # Then it is rejected, then delivered, and exists once
    assert (first["outcome"], second["outcome"]) == ("rejected", "updated")
    assert len(live(sandbox, "module_groups")) == 1
    assert len(sandbox.state["attachments"]) == 1


def test_a_changed_group_that_was_deleted_in_dokstamp_is_made_anew(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group that somebody deleted
    sis.say(Step.MODULE_GROUP)
    sandbox.store.tables["module_groups"].clear()
    # When it changes, Then there is one again
    assert sis.say(Step.MODULE_GROUP, group(order=2))["outcome"] == "created"
    assert len(live(sandbox, "module_groups")) == 1


def test_a_group_without_modules_is_a_group_all_the_same(sis: Sis, sandbox: Sandbox) -> None:
    # Given a group of which the SIS names no modules
    # When it is sent
    row = sis.say(Step.MODULE_GROUP, group(modules=None))
    # Then it is created, and nothing is attached
    assert row["outcome"] == "created"
    assert len(writes(sandbox)) == 1
