"""What the sandbox holds, in the SIS's own names: two entities of one record come out under one name."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.school import Json
from tests.faults.world import TENANT, Found

Rows = dict[str, Json]


def seen(state: Mapping[str, Any]) -> Found:
    """Every live thing of our tenant, from the sandbox's ``state``."""
    tables: dict[str, Rows] = {}
    for name, table in state.items():
        if isinstance(table, dict) and "live" in table:
            tables[name] = {row["uuid"]: row for row in (*table["live"], *table["trashed"]) if row["tenant"] == TENANT}
    names = _Names(tables)
    found: Found = []
    for table, (kind, named) in _NAMED.items():
        for row in tables[table].values():
            if row["deleted_at"] is None:
                found.append(((kind, named(names, row)), _values(names, row)))
    found += _attachments(state["attachments"], names)
    certificates = tables["certificates"]
    for each in state["notifications"]:
        found.append((("notification", names.about(certificates[each["certificate_uuid"]])), {}))
    return found


class _Names:
    """From uuids back to the SIS's names."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self._tables = tables

    def of(self, table: str, uuid: str | None, field: str = "code") -> str | None:
        row = self._tables[table].get(uuid or "")
        return row[field] if row else None

    def entered(self, row: Json) -> str:
        """Student and course: whoever changes the cohort is still enrolled once."""
        return f"{self.of('students', row['student_uuid'], 'email')}/{self.of('courses', row['course_uuid'])}"

    def about(self, row: Json) -> str:
        """Whom and what a certificate is about: student, course and, if there is one, cohort."""
        cohort = self.of("cohorts", row["cohort_uuid"])
        return self.entered(row) + (f"/{cohort}" if cohort else "")


def _values(names: _Names, row: Json) -> Json:
    values = dict(row)
    values["institution"] = names.of("institutions", row.get("institution_uuid"), "name")
    values["course"] = names.of("courses", row.get("course_uuid"))
    values["cohort"] = names.of("cohorts", row.get("cohort_uuid"))
    values["file"] = names.of("files", row.get("file_uuid"), "original_name")
    values["used"] = bool(row.get("used_at"))
    return values


def _attachments(attachments: Mapping[str, list[Json]], names: _Names) -> Found:
    found: Found = []
    for course, rows in attachments.items():
        for row in rows:
            name = f"{names.of('courses', course)}/{names.of('modules', row['module_uuid'])}"
            group = names.of("module_groups", row["course_module_group_uuid"], "name")
            found.append((("attachment", name), {**row, "group": group}))
    return found


def _group(names: _Names, row: Json) -> str:
    return f"{names.of('courses', row['course_uuid'])}/{row['name']}"


_NAMED: dict[str, tuple[str, Callable[[_Names, Json], str]]] = {
    "institutions": ("institution", lambda _, row: row["name"]),
    "courses": ("course", lambda _, row: row["code"]),
    "modules": ("module", lambda _, row: row["code"]),
    "module_groups": ("group", _group),
    "cohorts": ("cohort", lambda _, row: row["code"]),
    "students": ("student", lambda _, row: row["email"]),
    "enrollments": ("enrollment", _Names.entered),
    "certificates": ("certificate", _Names.about),
    "files": ("file", lambda _, row: row["original_name"]),
}
