"""From a request body to the values of a record, or to the 422 that names every field at fault. [errors]"""

from dataclasses import dataclass, field
from typing import Any, Literal

from local.sandbox.errors import Errors, invalid
from local.sandbox.fields import Field, checked
from local.sandbox.shapes import Resource, Unique
from local.sandbox.store import Record, Scope

Mode = Literal["create", "patch", "put"]
Values = dict[str, Any]


def validated(
    scope: Scope, resource: Resource, body: Values, record: Record | None = None, put: bool = False
) -> Values:
    """The values to store, each in the form in which it is answered.

    Without `record` all fields, defaults filled in; with it only those that the body changes.
    Raises the 422 with all errors at once.
    """
    mode: Mode = "create" if record is None else "put" if put and scope.switches.put == "full" else "patch"
    draft = _Draft(scope, resource, record)
    draft.read(body, mode)
    if not draft.errors:
        draft.settle_parents()
        draft.check_references()
        draft.check_uniqueness()
    if draft.errors:
        raise invalid(draft.errors)
    return draft.values


@dataclass(slots=True)
class _Draft:
    """A record to be, or the changes to one."""

    scope: Scope
    resource: Resource
    record: Record | None
    values: Values = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    @property
    def whole(self) -> Values:
        return (self.record.values if self.record else {}) | self.values

    def read(self, body: Values, mode: Mode) -> None:
        """Takes each field by itself."""
        for each in self.resource.fields:
            try:
                if self._is_taken_up(each, body, mode):
                    self.values[each.name] = self._value(each, body.get(each.name))
            except ValueError as problem:
                self.errors[each.name] = [str(problem)]
        if self.scope.switches.unknown_body_field == "refused":
            unknown = body.keys() - {each.name for each in self.resource.fields}
            self.errors |= {name: [f"The {name} field is unknown."] for name in unknown}

    def settle_parents(self) -> None:
        """Another parent for an existing record: taken, dropped or refused."""
        if self.record is None or self.scope.switches.parent_change == "allowed":
            return
        for each in self.resource.fields:
            is_parent = each.required and each.refers_to and each.name in self.values
            if not is_parent or self.values[each.name] == self.record.values[each.name]:
                continue
            if self.scope.switches.parent_change == "refused":
                self.errors[each.name] = [f"The {each.name} cannot be changed."]
            else:
                del self.values[each.name]

    def check_references(self) -> None:
        """What the records referred to say about each other."""
        references = [each for each in self.resource.fields if each.refers_to]
        moved = any(each.name in self.values for each in references)
        whole = self.whole
        for each in references:
            if each.needed_with and whole.get(each.needed_with) and whole.get(each.name) is None:
                self.errors[each.name] = [f"The {each.name} field is required when {each.needed_with} is true."]
            other = self.scope.find(each.refers_to or "", whole.get(each.name))
            closed = other and each.name in self.values and self._takes_no_more(each, other)
            if other and (closed or (moved and self._disagrees(other))):
                self.errors[each.name] = [f"The selected {each.name} is invalid."]

    def check_uniqueness(self) -> None:
        for unique in self.resource.unique:
            if self._is_taken(unique):
                self.errors[unique.field] = [f"The {unique.field} has already been taken."]

    def _is_taken_up(self, each: Field, body: Values, mode: Mode) -> bool:
        if mode != "patch":
            return True
        if each.name not in body:
            return False
        if body[each.name] is None and not each.required:
            if self.scope.switches.patch_null == "refused":
                raise ValueError(f"The {each.name} field must have a value.")
            return self.scope.switches.patch_null == "clears"
        return True

    def _value(self, each: Field, value: Any) -> Any:
        # The vendor runs on Laravel, which takes a blank string for null. [auth]
        if value is None or (isinstance(value, str) and not value.strip()):
            if each.required:
                raise ValueError(f"The {each.name} field is required.")
            return each.default
        value = checked(each, value)
        if each.refers_to and self.scope.find(each.refers_to, value) is None:
            raise ValueError(f"The selected {each.name} is invalid.")
        if each.name == "grade" and value > 10 and self.scope.switches.grade_above_ten == "refused":
            raise ValueError("The grade may not be greater than 10.")
        return value

    def _takes_no_more(self, each: Field, other: Record) -> bool:
        refused = self.scope.switches.course_not_active == "refused"
        entered = self.resource.name in ("enrollments", "certificates") and each.refers_to == "courses"
        return refused and entered and other.values["status"] != "active"

    def _disagrees(self, other: Record) -> bool:
        """Whether this record and one that it refers to name different parents of the same kind."""
        if self.scope.switches.consistency == "unchecked":
            return False
        here, there = self.whole, other.values
        shared = [name for name in there if name.endswith("_uuid") and name != "badge_image_uuid" and name in here]
        return any(there[name] and here[name] and there[name] != here[name] for name in shared)

    def _is_taken(self, unique: Unique) -> bool:
        extent = unique.within or getattr(self.scope.switches, unique.switch or "")
        blind = unique.field == "email" and self.scope.switches.email_case == "insensitive"

        def comparable(values: Values) -> Any:
            value = values.get(unique.field)
            return value.casefold() if value and blind else value

        whole = self.whole
        wanted = comparable(whole)
        if extent == "none" or wanted is None:
            return False
        place = self._place(extent, whole)
        trashed = self.scope.switches.trashed_blocks_unique
        return any(
            comparable(other.values) == wanted
            and self._place(extent, other.values) == place
            and other is not self.record
            for other in self.scope.store.all(self.resource.name, self.scope.tenant, trashed=trashed)
        )

    def _place(self, extent: str, values: Values) -> object:
        """The part of the tenant in which a value must be unique."""
        if extent == "tenant":
            return None
        if extent == "institution":
            course = self.scope.store.tables["courses"].get(values.get("course_uuid", ""))
            return values.get("institution_uuid") or (course and course.values["institution_uuid"])
        return (values["course_uuid"], values.get("cohort_uuid") if extent == "cohort" else None)
