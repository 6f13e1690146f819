"""What the tests of steps 4 and 5 share: lists and groups of a course, what is attached, and what goes wrong there."""

from typing import Any

from dokstamp_sync.order import Step
from local.sandbox import Fault, Sandbox
from tests.support.sis import Json, Sis, example, live, writes

ATTACH, DETACH = "attach/modules", "detach/modules"
FORCE = {"options": {"force": True}}
NO = "Certificates need this module."


def course(*modules: str | Json) -> Json:
    return {"course_id": "CS", "modules": [{"module_id": m} if isinstance(m, str) else m for m in modules]}


def group(name: str, *modules: str | Json, **fields: Any) -> Json:
    return course(*modules) | {"name": name} | fields


def say_catalogue(sis: Sis, sandbox: Sandbox) -> None:
    """A course and five modules, M1 to M5."""
    sis.has_said(Step.INSTITUTION, Step.COURSE)
    sis.send({Step.MODULE: [example(Step.MODULE, code=f"M{n}", name=f"Module {n}") for n in range(1, 6)]})
    sandbox.calls.clear()


def say_alone(sis: Sis, *records: Json) -> None:
    """Sends lists and groups in a message each, so that a list keeps what a group claims."""
    for record in records:
        row = sis.say(Step.MODULE_GROUP if "name" in record else Step.COURSE_MODULES, record)
        assert row["outcome"] == "created", row


def uuid_of(sandbox: Sandbox, code: str) -> str:
    """The module's."""
    found: dict[str, str] = {each["code"]: each["uuid"] for each in live(sandbox, "modules")}
    return found[code]


def attached(sandbox: Sandbox) -> dict[str, Json]:
    """The attachments that DokStamp shows, by the module's code, with the group's name."""
    codes = {each["uuid"]: each["code"] for each in live(sandbox, "modules")}
    names = {each["uuid"]: each["name"] for each in live(sandbox, "module_groups")}
    found: dict[str, Json] = {}
    for each in next(iter(sandbox.state["attachments"].values()), []):
        if each["module_uuid"] not in codes:
            continue  # deleted with its attachment left behind
        code = codes[each["module_uuid"]]
        assert code not in found, "attached twice"
        found[code] = {
            "order": each["order"],
            "is_required": each["is_required"],
            "workload": each["workload"],
            "group": names.get(each["course_module_group_uuid"]),
        }
    return found


def groups_of(sandbox: Sandbox) -> dict[str, str | None]:
    return {code: each["group"] for code, each in attached(sandbox).items()}


def attach_calls(sandbox: Sandbox) -> list[str]:
    """``attach`` and ``detach``, in the order in which they were called."""
    return [path.split("/")[-2] for _, path in writes(sandbox) if path.endswith((ATTACH, DETACH))]


def refuse(sandbox: Sandbox, path: str, code: str = "", times: int | None = None) -> None:
    """From now on DokStamp refuses to attach (or to detach) anything, or just this module; so many times, or always."""
    where = uuid_of(sandbox, code) if code else None
    method = "DELETE" if path == DETACH else "POST"
    fault = Fault(kind="status", status=422, method=method, path=path, where=where, body={"message": NO}, times=times)
    sandbox.add_faults(fault)


class Person:
    """Changes the course in DokStamp by hand; these calls are not kept in the sandbox's log."""

    def __init__(self, sis: Sis, sandbox: Sandbox) -> None:
        self._api = sis.pipeline.dokstamp
        self._sandbox = sandbox
        self._path = f"/courses/{live(sandbox, 'courses')[0]['uuid']}"

    def deletes_group(self, name: str) -> None:
        """Its modules stay attached, without a group."""
        (uuid,) = [each["uuid"] for each in live(self._sandbox, "module_groups") if each["name"] == name]
        self._delete(f"{self._path}/modules/groups/{uuid}")

    def makes_group(self, name: str) -> None:
        self._api.create(f"{self._path}/modules/groups", {"name": name})
        self._sandbox.calls.clear()

    def attaches(self, code: str, **place: Any) -> None:
        self._api.attach(f"{self._path}/{ATTACH}", {"modules": [{"uuid": uuid_of(self._sandbox, code), **place}]})
        self._sandbox.calls.clear()

    def detaches(self, *codes: str) -> None:
        self._delete(f"{self._path}/{DETACH}", {"modules": [uuid_of(self._sandbox, code) for code in codes]})

    def deletes_module(self, code: str) -> None:
        self._delete(f"/modules/{uuid_of(self._sandbox, code)}")

    def _delete(self, path: str, body: Json | None = None) -> None:
        self._api.detach(path, body or {})
        self._sandbox.calls.clear()
