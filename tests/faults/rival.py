"""Whoever else works on the school's DokStamp: somebody who is faster, and somebody who removes things."""

import json
from typing import Any

import httpx

from local.sandbox import Account, Sandbox
from tests.faults.calls import Call, Rival

_TABLES = {"own": None, "parent": "courses", "hand": "institutions"}


def outdo(sandbox: Sandbox, rival: Rival, request: httpx.Request) -> None:
    """Sends the same POST as ``request`` under somebody else's name, with the rival's values."""
    body = json.loads(request.read())
    account = Account()
    headers = {"Accept": "application/json", "X-Tenant": account.tenant, "User-Agent": "somebody-else"}
    with httpx.Client(base_url=sandbox.url, headers=headers, verify=False, timeout=10) as http:
        http.headers["Authorization"] = request.headers["Authorization"]
        answer = http.post(request.url.path, json=_changed(sandbox, body, dict(rival.with_)))
        answer.raise_for_status()


def _changed(sandbox: Sandbox, body: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    if "modules" in body:
        return {"modules": [{**body["modules"][0], **values}]}
    email = values.pop("student", None)
    if email is None:
        return {**body, **values}
    students = sandbox.state["students"]["live"]
    (other,) = (each["uuid"] for each in students if each["email"] == email)
    kept = {name: value for name, value in body.items() if name not in ("enrollment_uuid", "cohort_uuid")}
    return {**kept, "student_uuid": other}


def remove(sandbox: Sandbox, call: Call) -> None:
    """Takes away what the uuid in the call's path names, as an administrator could."""
    table = _TABLES[call.whose or "own"] or call.step.section
    with sandbox.lock:
        for record in sandbox.store.tables[table].values():
            record.deleted_at = record.created_at
        if table == "module_groups":
            for attachment in sandbox.store.tables["attachments"].values():
                attachment.values["course_module_group_uuid"] = None
