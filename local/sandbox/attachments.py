"""Modules of a course, and the groups they are put in. [course-modules] [module-groups]"""

from typing import Any

from local.sandbox import resources
from local.sandbox.answers import Answer, Call, many, one, shown
from local.sandbox.catalogue import COURSES, GROUPS, MODULES
from local.sandbox.errors import ApiError, Errors, invalid
from local.sandbox.fields import Field, checked
from local.sandbox.listing import listed
from local.sandbox.store import Record, Scope
from local.sandbox.validation import validated

ATTACHMENT = (
    Field("uuid", "uuid", required=True, refers_to="modules", note="A module of the course's institution."),
    Field("order", "integer", note="Position in the course, from 1."),
    Field("is_required", "boolean", note="Overrides the module's own value."),
    Field("workload", "integer", minimum=0, note="Overrides the module's own value for this course."),
    Field("course_module_group_uuid", "uuid", refers_to="module_groups", note="A group of this course."),
)


def show_course(call: Call) -> Answer:
    """A course, with its modules if the switch `course_embeds_modules` says so."""
    course = call.record(COURSES)
    answer = shown(call.scope, COURSES, course)
    if call.scope.switches.course_embeds_modules:
        answer["modules"] = _attached(call.scope, course)
    return Answer(200, {"data": answer})


def attachable(call: Call) -> Answer:
    """Modules of the course's institution that are not attached to it. [course-modules] [sync]"""
    course = call.record(COURSES, "course_uuid")
    taken = {each.values["module_uuid"] for each in call.scope.store.attached(call.scope.tenant, course.uuid)}
    modules = [
        module
        for module in call.scope.all("modules")
        if module.uuid not in taken
        and module.values["institution_uuid"] == course.values["institution_uuid"]
        and (module.values["is_active"] or call.scope.switches.attachable_inactive)
    ]
    if call.scope.switches.attachable_paginated:
        return many(call.scope, MODULES, listed(call.scope, MODULES, modules, call.query))
    return Answer(200, {"data": [shown(call.scope, MODULES, module) for module in modules]})


def attach(call: Call) -> Answer:
    """Attaches modules; 422 on `modules.N.<field>`, also for a module that is attached already. [sync]"""
    course = call.record(COURSES, "course_uuid")
    errors: Errors = {}
    accepted: list[dict[str, Any]] = []
    taken = {each.values["module_uuid"] for each in call.scope.store.attached(call.scope.tenant, course.uuid)}
    for position, item in enumerate(call.uuids("modules")):
        wrong = _wrong_with(call.scope, course, item, taken)
        errors |= {f"modules.{position}.{name}": [message] for name, message in wrong.items()}
        if not wrong:
            taken.add(item["uuid"])
            accepted.append(item)
    if errors and call.scope.switches.attach_refusal == "all_or_nothing":
        raise invalid(errors)
    for item in accepted:
        values = {field.name: item.get(field.name) for field in ATTACHMENT if field.name != "uuid"}
        call.scope.add("attachments", values | {"course_uuid": course.uuid, "module_uuid": item["uuid"]})
    if errors:
        raise invalid(errors)
    return _outcome(call.scope, course, "Modules attached.")


def detach(call: Call) -> Answer:
    """Takes modules off the course; those that are not attached to it are passed over. [course-modules]"""
    course = call.record(COURSES, "course_uuid")
    uuids = call.uuids("modules")
    unknown = {
        f"modules.{position}": [f"The selected modules.{position} is invalid."]
        for position, uuid in enumerate(uuids)
        if call.scope.find("modules", uuid) is None
    }
    if unknown:
        raise invalid(unknown)
    for attachment in call.scope.store.attached(call.scope.tenant, course.uuid):
        if attachment.values["module_uuid"] in uuids:
            call.scope.store.remove(attachment.uuid)
    return _outcome(call.scope, course, "Modules detached.")


def groups(call: Call) -> Answer:
    """The groups of a course, a page at a time. [module-groups]"""
    course = call.record(COURSES, "course_uuid")
    found = call.scope.store.referring("module_groups", call.scope.tenant, "course_uuid", course.uuid)
    return many(call.scope, GROUPS, listed(call.scope, GROUPS, found, call.query))


def create_group(call: Call) -> Answer:
    """A group of that course; names may repeat. [module-groups]"""
    course = call.record(COURSES, "course_uuid")
    values = validated(call.scope, GROUPS, call.body) | {"course_uuid": course.uuid}
    return one(call.scope, GROUPS, call.scope.add("module_groups", values), 201)


def show_group(call: Call) -> Answer:
    """A group; 404 where it is another course's. [module-groups]"""
    return one(call.scope, GROUPS, _group(call))


def change_group(call: Call) -> Answer:
    """Changes the fields that are sent. [module-groups]"""
    group = _group(call)
    group.change(validated(call.scope, GROUPS, call.body, group))
    return one(call.scope, GROUPS, group)


def delete_group(call: Call) -> Answer:
    """Deletes the group; its modules stay attached, without a group. [module-groups]"""
    resources.delete(call.scope, GROUPS, [_group(call)])
    return Answer(204)


def _group(call: Call) -> Record:
    course = call.record(COURSES, "course_uuid")
    group = call.record(GROUPS, "group_uuid")
    if group.values["course_uuid"] != course.uuid:
        raise ApiError(404, absent=(GROUPS.model, group.uuid))
    return group


def _wrong_with(scope: Scope, course: Record, item: Any, taken: set[str]) -> dict[str, str]:
    """What is wrong with one entry of `modules`, by field."""
    if not isinstance(item, dict):
        return {"uuid": "The uuid field is required."}
    wrong: dict[str, str] = {}
    for field in ATTACHMENT:
        value = item.get(field.name)
        try:
            if value is not None:
                checked(field, value)
            elif field.required:
                wrong[field.name] = f"The {field.name} field is required."
        except ValueError as problem:
            wrong[field.name] = str(problem)
    if "uuid" not in wrong:
        module = scope.find("modules", item["uuid"])
        if module is None or module.values["institution_uuid"] != course.values["institution_uuid"]:
            wrong["uuid"] = "The selected uuid is invalid."
        elif module.uuid in taken:
            wrong["uuid"] = "The module is already attached to this course."
    group = scope.find("module_groups", item.get("course_module_group_uuid"))
    if item.get("course_module_group_uuid") and (group is None or group.values["course_uuid"] != course.uuid):
        wrong.setdefault("course_module_group_uuid", "The selected course_module_group_uuid is invalid.")
    return wrong


def _outcome(scope: Scope, course: Record, message: str) -> Answer:
    if scope.switches.attach_answer == "empty":
        return Answer(204)
    if scope.switches.attach_answer == "message":
        return Answer(200, {"message": message})
    return Answer(200, {"data": _attached(scope, course)})


def _attached(scope: Scope, course: Record) -> list[dict[str, Any]]:
    return [
        {"uuid": each.values["module_uuid"]}
        | {field.name: each.values[field.name] for field in ATTACHMENT if field.name != "uuid"}
        for each in scope.store.attached(scope.tenant, course.uuid)
    ]
