"""Attaching modules to courses, and module groups. [course-modules] [module-groups] [sync]"""

from typing import Any

import httpx
import pytest

from local.sandbox import Sandbox
from tests.sandbox.caller import Caller, Json, errors


@pytest.fixture
def institution(api: Caller) -> Json:
    return api.institution()


@pytest.fixture
def course(api: Caller, institution: Json) -> Json:
    return api.course(institution)


def attach(api: Caller, course: Json, *modules: Any) -> httpx.Response:
    return api.post(f"/courses/{course['uuid']}/attach/modules", {"modules": list(modules)})


def detach(api: Caller, course: Json, *uuids: str) -> httpx.Response:
    return api.delete(f"/courses/{course['uuid']}/detach/modules", {"modules": list(uuids)})


def attachable(api: Caller, course: Json) -> list[str]:
    answer = api.get(f"/courses/{course['uuid']}/attach/modules")
    return [module["uuid"] for module in answer.json()["data"]]


def group(api: Caller, course: Json, **fields: Any) -> Json:
    return api.created(f"/courses/{course['uuid']}/modules/groups", {"name": "Core"} | fields)


def test_attached_modules_are_kept_with_order_overrides_and_group(
    sandbox: Sandbox, api: Caller, institution: Json, course: Json
) -> None:
    # Given
    first, second = api.module(institution), api.module(institution)
    core = group(api, course)
    entry = {"order": 1, "is_required": True, "workload": 40, "course_module_group_uuid": core["uuid"]}
    # When
    answer = attach(api, course, {"uuid": second["uuid"], "order": 2}, {"uuid": first["uuid"]} | entry)
    # Then
    assert answer.status_code == 200
    assert [each["uuid"] for each in answer.json()["data"]] == [first["uuid"], second["uuid"]]
    kept = sandbox.state["attachments"][course["uuid"]]
    assert kept[0] == entry | {"course_uuid": course["uuid"], "module_uuid": first["uuid"]}
    assert (kept[1]["order"], kept[1]["is_required"], kept[1]["workload"]) == (2, None, None)


def test_the_attachable_list_has_the_institution_s_modules_not_yet_attached(
    api: Caller, institution: Json, course: Json
) -> None:
    # Given
    attached, free = api.module(institution), api.module(institution, is_active=False)
    api.module(api.institution())
    # When
    attach(api, course, {"uuid": attached["uuid"]})
    # Then
    assert attachable(api, course) == [free["uuid"]]
    assert attachable(api, api.course(institution)) == [attached["uuid"], free["uuid"]]


def test_the_attachable_list_has_pages_and_inactive_modules_as_switched(
    sandbox: Sandbox, api: Caller, institution: Json, course: Json
) -> None:
    for n in range(16):
        api.module(institution, is_active=n > 0)
    assert len(attachable(api, course)) == 15
    sandbox.switch(attachable_paginated=False)
    assert len(attachable(api, course)) == 16
    sandbox.switch(attachable_inactive=False)
    assert len(attachable(api, course)) == 15


def test_a_module_that_is_attached_already_is_422_on_its_position(
    sandbox: Sandbox, api: Caller, institution: Json, course: Json
) -> None:
    # Given
    old, new = api.module(institution), api.module(institution)
    attach(api, course, {"uuid": old["uuid"]})
    # When
    answer = attach(api, course, {"uuid": new["uuid"]}, {"uuid": old["uuid"]})
    # Then nothing was attached
    assert errors(answer) == {"modules.1.uuid"}
    assert attachable(api, course) == [new["uuid"]]
    # And with the switch the faultless one was
    sandbox.switch(attach_refusal="partial")
    assert errors(attach(api, course, {"uuid": new["uuid"]}, {"uuid": old["uuid"]})) == {"modules.1.uuid"}
    assert attachable(api, course) == []


def test_each_fault_of_an_entry_is_named(api: Caller, neighbour: Caller, institution: Json, course: Json) -> None:
    # Given
    module = api.module(institution)
    foreign_group = group(api, api.course(institution))
    # When
    answer = attach(
        api,
        course,
        {"order": 1},
        {"uuid": 7},
        {"uuid": neighbour.module(neighbour.institution())["uuid"]},
        {"uuid": api.module(api.institution())["uuid"]},
        {"uuid": module["uuid"], "order": "x", "is_required": 1, "workload": -1},
        {"uuid": module["uuid"], "course_module_group_uuid": foreign_group["uuid"]},
        "text",
    )
    # Then
    fields = {f"{place}.uuid" for place in (0, 1, 2, 3, 6)} | {"4.order", "4.is_required", "4.workload"}
    assert errors(answer) == {f"modules.{field}" for field in (*fields, "5.course_module_group_uuid")}
    assert errors(attach(api, course)) == {"modules"}


def test_a_module_twice_in_one_call_is_422_on_the_second(api: Caller, institution: Json, course: Json) -> None:
    module = api.module(institution)
    assert errors(attach(api, course, {"uuid": module["uuid"]}, {"uuid": module["uuid"]})) == {"modules.1.uuid"}


def test_a_detached_module_stays_and_can_be_attached_again_with_a_group(
    sandbox: Sandbox, api: Caller, institution: Json, course: Json
) -> None:
    # Given
    module, core = api.module(institution), group(api, course)
    attach(api, course, {"uuid": module["uuid"]})
    # When
    answer = detach(api, course, module["uuid"])
    again = attach(api, course, {"uuid": module["uuid"], "course_module_group_uuid": core["uuid"]})
    # Then
    assert (answer.status_code, answer.json()) == (200, {"data": []})
    assert again.status_code == 200
    assert sandbox.state["attachments"][course["uuid"]][0]["course_module_group_uuid"] == core["uuid"]


def test_detaching_passes_over_what_is_not_attached_and_refuses_what_is_unknown(
    api: Caller, neighbour: Caller, institution: Json, course: Json
) -> None:
    free = api.module(institution)["uuid"]
    assert detach(api, course, free).status_code == 200
    theirs = neighbour.module(neighbour.institution())["uuid"]
    assert errors(detach(api, course, free, theirs)) == {"modules.1"}


@pytest.mark.parametrize(
    ("switch", "expected"), [("message", (200, b'{"message":"Modules attached."}')), ("empty", (204, b""))]
)
def test_the_answer_to_an_attach_is_a_switch(
    sandbox: Sandbox, api: Caller, institution: Json, switch: str, expected: tuple[int, bytes]
) -> None:
    sandbox.switch(attach_answer=switch)
    answer = attach(api, api.course(institution), {"uuid": api.module(institution)["uuid"]})
    assert (answer.status_code, answer.content) == expected


def test_a_course_shows_its_modules_only_if_switched(
    sandbox: Sandbox, api: Caller, institution: Json, course: Json
) -> None:
    module = api.module(institution)
    attach(api, course, {"uuid": module["uuid"]})
    path = f"/courses/{course['uuid']}"
    assert "modules" not in api.get(path).json()["data"]
    sandbox.switch(course_embeds_modules=True)
    assert [each["uuid"] for each in api.get(path).json()["data"]["modules"]] == [module["uuid"]]


def test_a_group_can_be_made_listed_changed_and_deleted(api: Caller, course: Json) -> None:
    # Given
    path = f"/courses/{course['uuid']}/modules/groups"
    core, twin = group(api, course, order=1), group(api, course)
    # Then
    assert core == {
        "uuid": core["uuid"],
        "name": "Core",
        "order": 1,
        "is_active": True,
        "course": {"uuid": course["uuid"], "name": "Course"},
    }
    assert [each["uuid"] for each in api.get(path).json()["data"]] == [core["uuid"], twin["uuid"]]
    assert api.patch(f"{path}/{core['uuid']}", {"order": 3}).json()["data"] == core | {"order": 3}
    assert api.put(f"{path}/{core['uuid']}", {"name": "Main"}).json()["data"]["name"] == "Main"
    assert api.delete(f"{path}/{twin['uuid']}").status_code == 204
    assert api.get(path).json()["meta"]["total"] == 1


def test_a_group_is_found_under_its_own_course_only(api: Caller, institution: Json, course: Json) -> None:
    core, other = group(api, course), api.course(institution)
    assert api.get(f"/courses/{other['uuid']}/modules/groups/{core['uuid']}").status_code == 404
    assert api.get(f"/courses/{other['uuid']}/modules/groups").json()["data"] == []


def test_the_modules_of_a_deleted_group_stay_attached(
    sandbox: Sandbox, api: Caller, institution: Json, course: Json
) -> None:
    core, module = group(api, course), api.module(institution)
    attach(api, course, {"uuid": module["uuid"], "course_module_group_uuid": core["uuid"]})
    api.delete(f"/courses/{course['uuid']}/modules/groups/{core['uuid']}")
    assert sandbox.state["attachments"][course["uuid"]][0]["course_module_group_uuid"] is None
