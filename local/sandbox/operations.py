"""Every resource call of the API: method, path, what it does, and what its documentation page says."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from local.sandbox import attachments, certificates, files, resources
from local.sandbox.answers import Answer, Call
from local.sandbox.catalogue import CERTIFICATES, COURSES, FILES, GROUPS, MODULES, PLAIN
from local.sandbox.shapes import Resource

Run = Callable[[Call], Answer]
Body = Literal["none", "create", "change", "uuids", "attach", "detach", "revoke", "upload"]
Gives = Literal["nothing", "one", "list", "attached", "revocation", "uploaded"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call; `body` and `gives` name the shapes of request and answer."""

    method: str
    path: str
    run: Run
    resource: Resource
    summary: str
    body: Body = "none"
    gives: Gives = "one"
    status: int = 200


def _readers(resource: Resource, index: Run, show: Run) -> list[Operation]:
    return [
        Operation("GET", resource.path, index, resource, "List", gives="list"),
        Operation("GET", f"{resource.path}/{{uuid}}", show, resource, "Get"),
    ]


def _changers(resource: Resource, patch: Run, put: Run) -> list[Operation]:
    path = f"{resource.path}/{{uuid}}"
    return [
        Operation("PATCH", path, patch, resource, "Change the fields sent", body="change"),
        Operation("PUT", path, put, resource, "Change; see the switch `put`", body="change"),
    ]


def _destroyers(resource: Resource) -> list[Operation]:
    one, batch = partial(resources.destroy, resource), partial(resources.destroy_batch, resource)
    return [
        Operation("DELETE", f"{resource.path}/{{uuid}}", one, resource, "Soft delete", gives="nothing", status=204),
        Operation(
            "DELETE",
            f"{resource.path}/batch/destroy",
            batch,
            resource,
            "Soft delete several, or none",
            body="uuids",
            gives="nothing",
            status=204,
        ),
    ]


def _creator(resource: Resource, create: Run) -> Operation:
    return Operation("POST", resource.path, create, resource, "Create", "create", status=201)


def _plain(resource: Resource) -> list[Operation]:
    """The general rule for resources. [organizations] [bulk]"""
    show = attachments.show_course if resource is COURSES else partial(resources.show, resource)
    return [
        *_readers(resource, partial(resources.index, resource), show),
        _creator(resource, partial(resources.create, resource)),
        *_changers(resource, partial(resources.patch, resource), partial(resources.put, resource)),
        *_destroyers(resource),
    ]


def _course_modules() -> list[Operation]:
    attach, detach = "/courses/{course_uuid}/attach/modules", "/courses/{course_uuid}/detach/modules"
    group = f"{GROUPS.path}/{{group_uuid}}"
    change = attachments.change_group
    return [
        Operation("GET", attach, attachments.attachable, MODULES, "List modules not yet attached", gives="list"),
        Operation("POST", attach, attachments.attach, COURSES, "Attach modules", "attach", "attached"),
        Operation("DELETE", detach, attachments.detach, COURSES, "Detach modules", "detach", "attached"),
        Operation("GET", GROUPS.path, attachments.groups, GROUPS, "List", gives="list"),
        _creator(GROUPS, attachments.create_group),
        Operation("GET", group, attachments.show_group, GROUPS, "Get"),
        Operation("PATCH", group, change, GROUPS, "Change the fields sent", "change"),
        Operation("PUT", group, change, GROUPS, "Change the fields sent", "change"),
        Operation("DELETE", group, attachments.delete_group, GROUPS, "Soft delete", gives="nothing", status=204),
    ]


def _certificates() -> list[Operation]:
    revoke = Operation(
        "PUT",
        "/certificates/{uuid}/revoke",
        certificates.revoke,
        CERTIFICATES,
        "Revoke an issued certificate",
        body="revoke",
        gives="revocation",
    )
    return [
        *_readers(CERTIFICATES, certificates.index, certificates.show),
        _creator(CERTIFICATES, certificates.create),
        *_changers(CERTIFICATES, certificates.change, certificates.change),
        revoke,
        *_destroyers(CERTIFICATES),
    ]


def _files() -> list[Operation]:
    upload = Operation("POST", "/files", files.upload, FILES, "Upload files", "upload", "uploaded", 201)
    return [
        *_readers(FILES, partial(resources.index, FILES), partial(resources.show, FILES)),
        upload,
        *_changers(FILES, partial(resources.patch, FILES), partial(resources.put, FILES)),
        *_destroyers(FILES),
    ]


OPERATIONS: tuple[Operation, ...] = (
    *(operation for resource in PLAIN for operation in _plain(resource)),
    *_course_modules(),
    *_files(),
    *_certificates(),
)
