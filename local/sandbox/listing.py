"""Filters, order and pages of a list. [intro] [sync] [modules] [deletion]"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.sandbox.errors import invalid
from local.sandbox.shapes import Resource
from local.sandbox.store import Record, Scope

DEFAULT_PER_PAGE = 15
_WHERE = re.compile(r"where\[([^\]]+)\]")

_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda held, wanted: held == wanted,
    "case_insensitive": lambda held, wanted: held.casefold() == wanted.casefold(),
    "prefix": lambda held, wanted: held.casefold().startswith(wanted.casefold()),
    "contains": lambda held, wanted: wanted.casefold() in held.casefold(),
}


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one page, and `meta`: `{current_page, per_page, total}`. [intro]"""

    records: list[Record]
    meta: dict[str, int]


def listed(scope: Scope, resource: Resource, records: Iterable[Record], query: Mapping[str, str]) -> Page:
    """The page of `records` that the query asks for; 422 for a page or filter that is not to be had."""
    found = _ordered(scope, resource, _filtered(scope, resource, records, query), query)
    per_page = _number(query, "per_page", DEFAULT_PER_PAGE)
    if scope.switches.per_page_parameter == "ignored":
        per_page = DEFAULT_PER_PAGE
    if per_page > scope.switches.max_per_page and scope.switches.per_page_above_max == "refused":
        raise invalid({"per_page": [f"The per_page may not be greater than {scope.switches.max_per_page}."]})
    per_page = min(per_page, scope.switches.max_per_page)
    page = _number(query, "page", 1)
    if scope.switches.page_parameter == "ignored":
        page = 1
    first = (page - 1) * per_page
    return Page(found[first : first + per_page], {"current_page": page, "per_page": per_page, "total": len(found)})


def known_filters(scope: Scope, resource: Resource) -> set[str]:
    """The fields that a filter or a sort may name."""
    if scope.switches.filter_fields == "documented":
        return set(resource.filters)
    fields = {field.name for field in resource.fields}
    return {*fields, *resource.answered, "uuid", "created_at", "updated_at"}


def _filtered(scope: Scope, resource: Resource, records: Iterable[Record], query: Mapping[str, str]) -> list[Record]:
    wanted = {match[1]: value for key, value in query.items() if (match := _WHERE.fullmatch(key))}
    known = known_filters(scope, resource)
    unknown = wanted.keys() - known
    if unknown and scope.switches.unknown_filter == "refused":
        raise invalid({f"where.{name}": [f"The {name} filter is unknown."] for name in sorted(unknown)})
    tests = [(name, value, _match(scope, resource, name)) for name, value in wanted.items() if name in known]
    return [record for record in records if all(_holds(record.get(name), value, match) for name, value, match in tests)]


def _match(scope: Scope, resource: Resource, name: str) -> Callable[[str, str], bool]:
    """Loose matching is for text only: a uuid, a number or a choice matches as a whole."""
    field = resource.field(name)
    is_text = field is not None and field.kind in ("string", "email")
    return _MATCHES[scope.switches.filter_match if is_text else "exact"]


def _holds(held: Any, wanted: str, match: Callable[[str, str], bool]) -> bool:
    if wanted == "null" or held is None:
        return wanted == "null" and held is None
    if isinstance(held, bool):
        return wanted.lower() in (("true", "1") if held else ("false", "0"))
    return match(str(held), wanted)


def _ordered(scope: Scope, resource: Resource, records: list[Record], query: Mapping[str, str]) -> list[Record]:
    column = query.get("sort[column]")
    if column is None:
        return records if scope.switches.default_order == "oldest" else records[::-1]
    if column not in known_filters(scope, resource) | {"created_at", "name"}:
        if scope.switches.unknown_filter == "refused":
            raise invalid({"sort.column": [f"The column {column} is unknown."]})
        return records
    order = query.get("sort[order]", "asc")
    if order not in ("asc", "desc"):
        raise invalid({"sort.order": ["The selected sort.order is invalid."]})
    with_value = [record for record in records if record.get(column) is not None]
    without = [record for record in records if record.get(column) is None]
    with_value.sort(key=lambda record: _sortable(record.get(column)), reverse=order == "desc")
    return with_value + without


def _sortable(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value).casefold()


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise invalid({name: [f"The {name} must be an integer of at least 1."]})
    return int(text)
