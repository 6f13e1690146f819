"""What the sandbox holds, by names instead of uuids and without times: equal for two ways that came to the same."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

# What differs from one way to another without meaning anything.
_TIMES = {"created_at", "updated_at", "deleted_at", "used_at", "issued_at", "revoked_at", "issue_time_asked_for"}
_OWN = _TIMES | {"uuid", "tenant", "file", "short_id", "public_verification_url", "reads_until_issued"}
_STRUCTURE = ("institutions", "courses", "modules", "module_groups", "cohorts")
_IN_ORDER = (*_STRUCTURE, "students", "enrollments", "files", "certificates")

Held = Mapping[str, Any]


class Names:
    """Natural keys of all records of a sandbox state, by uuid."""

    def __init__(self, state: Held) -> None:
        self.state = state
        self.by_uuid: dict[str, str] = {}
        for table in _IN_ORDER:
            for record in state[table]["live"]:
                self.by_uuid[record["uuid"]] = self._name(table, record)

    def _name(self, table: str, record: Held) -> str:
        parent = {name: self.by_uuid.get(uuid, "-") for name, uuid in record.items() if isinstance(uuid, str)}
        match table:
            case "institutions":
                return str(record["name"])
            case "courses" | "modules":
                return f"{parent['institution_uuid']}/{record['code']}"
            case "module_groups":
                return f"{parent['course_uuid']}/{record['name']}"
            case "cohorts":
                return str(record["code"])
            case "students":
                return str(record["email"]).casefold()
            case "enrollments":
                return "/".join(parent.get(key, "-") for key in ("student_uuid", "course_uuid", "cohort_uuid"))
            case "files":
                return str(record["original_name"])
        return parent["file_uuid"]

    def doubled(self) -> list[str]:
        """Every thing that is there twice."""
        twice = [
            f"{table}: {count} times {name}"
            for table in _IN_ORDER
            for name, count in Counter(self.by_uuid[each["uuid"]] for each in self.state[table]["live"]).items()
            if count > 1
        ]
        told = Counter(each["certificate_uuid"] for each in self.state["notifications"])
        twice += [f"notifications: {count} times {self.by_uuid[uuid]}" for uuid, count in told.items() if count > 1]
        for course, attached in self.state["attachments"].items():
            modules = Counter(each["module_uuid"] for each in attached)
            twice += [f"attachments: {self.by_uuid[course]}" for count in modules.values() if count > 1]
        return twice


def natural(state: Held) -> dict[str, dict[str, Any]]:
    """Table -> natural key -> what the record says, and likewise the attachments and notifications."""
    names = Names(state)

    def said(record: Held) -> dict[str, Any]:
        return {key: names.by_uuid.get(str(value), value) for key, value in record.items() if key not in _OWN}

    told: dict[str, dict[str, Any]] = {
        table: {names.by_uuid[each["uuid"]]: said(each) for each in state[table]["live"]} for table in _IN_ORDER
    }
    told["attachments"] = {
        f"{names.by_uuid[course]}: {names.by_uuid[each['module_uuid']]}": said(each)
        for course, attached in state["attachments"].items()
        for each in attached
    }
    told["notifications"] = dict(Counter(names.by_uuid[each["certificate_uuid"]] for each in state["notifications"]))
    return told
